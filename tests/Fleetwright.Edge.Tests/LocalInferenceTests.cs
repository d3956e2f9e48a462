using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;

namespace Fleetwright.Edge.Tests;

public sealed class LocalInferenceTests
{
    [Fact]
    public void A_split_reads_as_the_NPU_and_writes_as_the_CPU_of_MNNs_rows()
    {
        // L365 and L367: Qwen3-0.6B on 8 Elite, 512 prompt tokens at 2,667 tokens/s (NPU), 128 reply tokens at 94.3 (CPU). The split itself was not measured:
        // this says that its two halves are the measured ones, and the copy of the cache between them is small.
        SplitModel split = Mnn();
        double measured = (512 / 2667.0) + (128 / 94.3);
        double predicted = split.PrefillSeconds(512, 0) + (128 * split.DecodeSeconds(512 + 64));
        Assert.InRange(predicted / measured, 1 / split.BandFactor, split.BandFactor);
        Assert.InRange(split.HandOverSeconds(512, 0), 1e-4, 0.05 * split.PrefillSeconds(512, 0));
    }

    [Fact]
    public void A_split_beats_both_of_its_units_alone()
    {
        SplitModel split = Mnn();
        double npu = Turn(Half(ComputeUnitKind.Npu)), cpu = Turn(Half(ComputeUnitKind.Cpu));
        Assert.True(Turn(split) < npu && Turn(split) < cpu);

        static double Turn(ILocalInference model) => model.PrefillSeconds(512, 0) + (128 * model.DecodeSeconds(576));
    }

    [Fact]
    public void A_split_of_two_engines_holds_both()
    {
        Device device = Shipped.Device("snapdragon-8-elite-phone");
        var reader = new DeviceModel(device, Shipped.Engine("genie"), ComputeUnitKind.Npu, Shipped.Model("llama-3.2-1b"), Dtype.Int4);
        var writer = new DeviceModel(device, Shipped.Engine("executorch"), ComputeUnitKind.Cpu, Shipped.Model("llama-3.2-1b"), Dtype.Int4);
        Assert.Equal(reader.Memory(1000).Bytes + writer.Memory(1000).Bytes, new SplitModel(reader, writer).Memory(1000).Bytes, 1);
        SplitModel one = Mnn();
        Assert.True(one.Memory(1000).Bytes < 1.5 * Half(ComputeUnitKind.Cpu).Memory(1000).Bytes);
    }

    [Fact]
    public void A_splits_energy_is_the_readers_prompt_and_the_writers_reply()
    {
        SplitModel split = Mnn();
        double halves = Half(ComputeUnitKind.Npu).PrefillJoules(512) + (100 * Half(ComputeUnitKind.Cpu).TokenJoules(562));
        Assert.InRange(split.TurnJoules(512, 0, 100), halves, 1.02 * halves);
    }

    [Fact]
    public void A_split_over_one_unit_or_two_models_is_refused()
    {
        Assert.Contains("needs two units", Assert.Throws<InputException>(() => new SplitModel(Half(ComputeUnitKind.Cpu), Half(ComputeUnitKind.Cpu))).Message, StringComparison.Ordinal);
        var other = new DeviceModel(Shipped.Device("snapdragon-8-elite-phone"), Shipped.Engine("mnn"), ComputeUnitKind.Npu, Shipped.Model("llama-3.2-1b"), Dtype.Int4);
        Assert.Contains("one model on one device", Assert.Throws<InputException>(() => new SplitModel(other, Half(ComputeUnitKind.Cpu))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.8, 4, 3.3616)]
    [InlineData(0.6, 3, 2.176)]
    [InlineData(0, 5, 1)]
    public void A_round_of_drafts_yields_the_geometric_sum(double acceptance, int drafts, double tokens) =>
        // 1 + a + a² + … + a^k, summed by hand.
        Assert.Equal(tokens, new SpeculativeModel(Half(ComputeUnitKind.Cpu), acceptance, drafts, default).TokensPerRound, 1e-9);

    [Fact]
    public void A_round_takes_its_drafts_and_one_round_trip()
    {
        DeviceModel draft = Half(ComputeUnitKind.Cpu);
        var model = new SpeculativeModel(draft, 0.8, 4, new Verifier(0.039, 0.02, 0.3, 1.5));
        Assert.Equal(((4 * draft.DecodeSeconds(500)) + 0.059) / 3.3616, model.DecodeSeconds(500), 1e-12);
        Assert.Equal(Math.Max(draft.PrefillSeconds(500), 0.339), model.PrefillSeconds(500, 0), 1e-12);
        double rounds = 84.04 / 3.3616;
        double perToken = draft.TokenJoules(500 + (84.04 / 2));
        Assert.Equal(draft.PrefillJoules(500) + (rounds * ((4 * perToken) + 1.5)), model.TurnJoules(500, 0, 84.04), 1e-9);
    }

    [Fact]
    public void The_best_number_of_drafts_is_the_best_of_all_and_grows_with_the_round_trip()
    {
        int before = 0;
        foreach (double trip in (double[])[0.005, 0.02, 0.08, 0.3])
        {
            var verifier = new Verifier(trip, 0.02, 0.3);
            int best = SpeculativeModel.BestDrafts(0.8, 0.02, verifier);
            double[] speeds = [.. Enumerable.Range(1, SpeculativeModel.MostDrafts).Select(k => Sum(0.8, k) / ((k * 0.02) + trip + 0.02))];
            Assert.Equal(speeds.Max(), speeds[best - 1], 1e-12);
            Assert.True(best >= before);
            before = best;
        }

        static double Sum(double a, int k) => Enumerable.Range(0, k + 1).Sum(i => Math.Pow(a, i));
    }

    [Fact]
    public void A_capped_context_costs_what_its_cap_costs_and_nothing_changes_below_it()
    {
        DeviceModel model = Half(ComputeUnitKind.Cpu);
        var capped = new CappedModel(model, 1024);
        Assert.Equal(model.PrefillSeconds(700, 100), capped.PrefillSeconds(700, 100));
        Assert.Equal(model.PrefillSeconds(1024, 100), capped.PrefillSeconds(9000, 100));
        Assert.Equal(model.DecodeSeconds(1024), capped.DecodeSeconds(9000));
        Assert.Equal(model.Memory(1024), capped.Memory(9000));
        Assert.Equal(model.TurnJoules(1024 - 80, 0, 80), capped.TurnJoules(9000, 0, 80));
        Assert.True(double.IsInfinity(capped.MaximumContext));
    }

    // Qwen3-1.7B in Q4_0, rows L419 and L420: 1.09 and 1.00 tokens/s where 1 GB of memory is left.
    [Theory]
    [InlineData("snapdragon-8-elite-phone", 1.09, "rk3588-board", 1.00)]
    [InlineData("rk3588-board", 1.00, "snapdragon-8-elite-phone", 1.09)]
    public void Paged_weights_are_read_again_for_every_token(string name, double measured, string otherName, double otherMeasured)
    {
        // The rate that the other device's flash reached predicts this one. With a rate of 1 B/s the time above that of a device with enough memory is the bytes.
        double bytes = Small(otherName, 1).PagedDecodeSeconds(128) - Large(otherName).DecodeSeconds(128);
        double rate = bytes / ((1 / otherMeasured) - Large(otherName).DecodeSeconds(128));
        DeviceModel model = Small(name, rate);
        Assert.True(model.Memory(256).ShortBytes > 0);
        Assert.InRange(1 / model.PagedDecodeSeconds(128) / measured, 0.5, 2);
        Assert.InRange(rate, Shipped.Device(name).FlashRead!.Value.Low, Shipped.Device(name).FlashRead!.Value.High);
        Assert.Equal(Large(name).DecodeSeconds(128), Large(name).PagedDecodeSeconds(128));

        static DeviceModel Large(string device) => Of(Shipped.Device(device));

        static DeviceModel Small(string device, double bytesPerSecond) =>
            Of(Shipped.Device(device) with { AppMemoryLimit = Fact.Of(1e9, "the row"), FlashRead = Fact.Of(bytesPerSecond, "the test") });

        static DeviceModel Of(Device device) => new(device, Shipped.Engine("llama.cpp"), ComputeUnitKind.Cpu, Shipped.Model("qwen3-1.7b"), Dtype.Int4);
    }

    private static SplitModel Mnn() => new(Half(ComputeUnitKind.Npu), Half(ComputeUnitKind.Cpu));

    private static DeviceModel Half(ComputeUnitKind unit) =>
        new(Shipped.Device("snapdragon-8-elite-phone"), Shipped.Engine("mnn"), unit, Shipped.Model("qwen3-0.6b"), Dtype.Int4);
}

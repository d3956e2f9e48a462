using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class CollectiveTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private static readonly CollectiveModel H100 = ChipModel.For(Catalog, "h100-sxm").Collectives;

    [Fact]
    public void A_large_ring_moves_twice_n_minus_one_over_n_of_the_vector()
    {
        ChipModel a100 = ChipModel.For(Catalog, "a100-80gb-sxm");
        double bytes = 64e9;
        double expected = 2 * 7.0 / 8 * bytes / (a100.Chip.ScaleUpBandwidth!.Value.Value * a100.Coefficients.Collectives!.RingEfficiency);
        CollectiveCost cost = a100.Collectives.Price(OperatorKind.AllReduce, bytes, 8);
        Assert.Equal(CollectiveAlgorithm.Ring, cost.Algorithm);
        Assert.Equal(expected, cost.Seconds, expected * 0.001);
    }

    [Fact]
    public void Small_messages_take_one_shot_and_large_ones_the_switch_or_the_ring()
    {
        Assert.Equal(CollectiveAlgorithm.OneShot, H100.Price(OperatorKind.AllReduce, 16e3, 8).Algorithm);
        Assert.Contains(H100.Price(OperatorKind.AllReduce, 1e9, 8).Algorithm, new[] { CollectiveAlgorithm.InSwitch, CollectiveAlgorithm.Ring });
    }

    [Fact]
    public void Latency_grows_with_the_ranks_across_servers()
    {
        double[] seconds = [.. new[] { 16, 64, 256, 1024, 16384 }.Select(r => H100.Seconds(OperatorKind.AllReduce, 1e3, r))];
        Assert.Equal(seconds.Order(), seconds);
        Assert.True(seconds[^1] > 1.5 * seconds[0]);
    }

    [Fact]
    public void One_rank_costs_nothing() => Assert.Equal(0, H100.Seconds(OperatorKind.AllReduce, 1e9, 1));

    [Fact]
    public void The_published_curve_of_eight_H100_is_met_within_fifteen_per_cent_from_4_KiB()
    {
        string path = Repository.SharedData("training", "nccl_allreduce_8xh100_curve.csv");
        double[] errors = [.. File.ReadLines(path).Skip(1).Select(l => l.Split(','))
            .Select(f => (Bytes: double.Parse(f[4], CultureInfo.InvariantCulture), Seconds: double.Parse(f[5], CultureInfo.InvariantCulture) * 1e-6))
            .Where(r => r.Bytes >= 4096)
            .Select(r => Math.Abs((H100.Price(OperatorKind.AllReduce, r.Bytes, 8, libraryOnly: true).Seconds / r.Seconds) - 1))];
        Assert.True(errors.Average() < 0.15, $"MAPE {errors.Average():P1}");
    }

    [Theory]
    [InlineData("h100-sxm", 2, 4e6, CollectiveAlgorithm.OneShot)]
    [InlineData("a100-80gb-sxm", 8, 4e6, CollectiveAlgorithm.TwoShot)]
    [InlineData("a100-80gb-sxm", 4, 16e6, CollectiveAlgorithm.Ring)]
    [InlineData("h100-sxm", 8, 1e6, CollectiveAlgorithm.Symmetric)]
    [InlineData("b200-sxm", 8, 1.5e6, CollectiveAlgorithm.Symmetric)]
    [InlineData("b200-sxm", 2, 1e6, CollectiveAlgorithm.OneShot)]
    public void A_serving_engine_chooses_by_size_ranks_and_chip_as_vLLM_does(string chip, int ranks, double bytes, CollectiveAlgorithm algorithm) =>
        Assert.Equal(algorithm, ChipModel.For(Catalog, chip).Collectives.Price(OperatorKind.AllReduce, bytes, ranks).Algorithm);

    [Theory]
    [InlineData("l40s")]
    [InlineData("rtx-pro-6000")]
    public void Cards_without_a_fabric_reduce_over_PCIe(string chip)
    {
        // 1 GiB over two cards moves 1 GiB each way: at least the link's time, at most twice it.
        ChipModel model = ChipModel.For(Catalog, chip);
        double link = (1 << 30) / model.Chip.HostBandwidth!.Value.Value;
        (double seconds, Bound bound) = AllReduceRowPricer.Price(model, "bfloat16", 2, 1 << 29, "vllm_graph");
        Assert.InRange(seconds, link, 2 * link);
        Assert.Equal(Bound.Network, bound);

        // Small ones take microseconds in a graph, and the host's pace outside of it.
        double graph = AllReduceRowPricer.Price(model, "bfloat16", 2, 256, "vllm_graph").Seconds;
        double eager = AllReduceRowPricer.Price(model, "bfloat16", 2, 256, "vllm_eager").Seconds;
        Assert.InRange(graph, 3e-6, 15e-6);
        Assert.InRange(eager, 15e-6, 60e-6);

        // More than two cards without a fabric have the library's ring.
        Assert.Equal(CollectiveAlgorithm.LowLatencyRing, model.Collectives.Price(OperatorKind.AllReduce, 8192, 8).Algorithm);
    }
}

using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Published;
using Fleetwright.Models;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

public class SplitwiseTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    // The bar is 10 % on time and on watts.
    [Theory]
    [InlineData("a100-80gb-sxm", "a100-80gb")]
    [InlineData("h100-sxm", "h100-80gb")]
    public void Prefill_and_iterations_of_a_model_and_layout_left_out_of_the_fit_take_what_was_measured(string name, string hardware)
    {
        (EagerEngineCoefficients host, List<EagerLeftOut> leftOut) = Fitted(name, hardware);
        output.WriteLine($"{host}");
        foreach (IGrouping<string, EagerLeftOut> group in leftOut.GroupBy(e => e.Run.Group))
        {
            output.WriteLine(FormattableString.Invariant($"{group.Key}: n {group.Count()}, prefill {group.Average(e => Math.Abs(e.PrefillError)):P1} (bias {group.Average(e => e.PrefillError):P1}), decode {group.Average(e => Math.Abs(e.DecodeError)):P1} (bias {group.Average(e => e.DecodeError):P1})"));
        }

        Assert.InRange(host.DecodeQuality.Error, 0, 0.1);
        Assert.InRange(host.PrefillQuality.Error, 0, 0.1);
    }

    [Fact]
    public void Watts_of_a_model_and_layout_left_out_of_the_fit_are_what_was_measured_on_A100()
    {
        (_, List<EagerLeftOut> leftOut) = Fitted("a100-80gb-sxm", "a100-80gb");
        (PowerShares shares, FitQuality average, FitQuality prefill, List<(PowerRun Run, double Average, double Prefill)> runs) =
            PowerFit.Run(PowerFit.Runs(ChipModel.For(Catalog, "a100-80gb-sxm"), leftOut));
        output.WriteLine($"{shares} average {average} prefill {prefill}");
        foreach ((PowerRun run, double mean, double peak) in runs)
        {
            SplitwiseSetting s = run.Run.Setting;
            output.WriteLine(FormattableString.Invariant($"{run.Run.Group} {s.Prompt} x {s.Batch}: mean {s.AveragePower:F3}, ours {mean:F3}; peak {s.PeakPower:F3}, ours {peak:F3} prefill {s.PrefillSeconds * 1e3:F0} ms"));
        }

        Assert.InRange(average.Error, 0, 0.1);
        Assert.InRange(prefill.Error, 0, 0.1);
    }

    [Fact]
    public void The_capped_H100_of_the_table_is_derived_from_the_uncapped_one()
    {
        string path = Repository.SharedData("traces", "splitwise-sim", "perf_model.csv.gz");
        var uncapped = Splitwise.Read(path, "h100-80gb").ToDictionary(s => (s.Model, s.TensorParallel, s.Prompt, s.Batch, s.Tokens));
        IReadOnlyList<SplitwiseSetting> capped = Splitwise.Read(path, Splitwise.CappedHardware);
        Assert.NotEmpty(capped);
        Assert.All(capped.Where(s => uncapped.ContainsKey((s.Model, s.TensorParallel, s.Prompt, s.Batch, s.Tokens))), s =>
        {
            SplitwiseSetting full = uncapped[(s.Model, s.TensorParallel, s.Prompt, s.Batch, s.Tokens)];
            Assert.Equal(1.3 * full.PrefillSeconds, s.PrefillSeconds, 1e-6);
            Assert.Equal(full.DecodeSeconds, s.DecodeSeconds, 1e-9);
        });
    }

    [Fact]
    public void Half_the_power_limit_lengthens_prefill_by_about_what_the_capped_H100_states_and_leaves_iterations_alone()
    {
        // Splitwise caps its H100 at half of the limit and states 1.3 for every prefill and 1 for every iteration. The power shares are A100's, the host is
        // of fits that did not see the model and layout.
        string path = Repository.SharedData("traces", "splitwise-sim", "perf_model.csv.gz");
        (PowerShares shares, _, _, _) = PowerFit.Run(PowerFit.Runs(ChipModel.For(Catalog, "a100-80gb-sxm"), Fitted("a100-80gb-sxm", "a100-80gb").LeftOut));
        ChipModel chip = PowerFit.With(ChipModel.For(Catalog, "h100-sxm"), shares);
        List<EagerLeftOut> leftOut = Fitted("h100-sxm", "h100-80gb").LeftOut;
        foreach (double share in new[] { 0.4, 0.5, 0.6, 0.7 })
        {
            var capped = new ChipModel(chip.Chip, chip.Coefficients, share * chip.Chip.Tdp);
            List<EagerRun> runs = EagerEngineFit.Runs(Catalog, capped, leftOut.Select(e => e.Run.Setting));
            double prefill = runs.Zip(leftOut).Average(p => p.First.PrefillSeconds(p.Second.Host) / p.Second.Run.PrefillSeconds(p.Second.Host));
            double decode = runs.Zip(leftOut).Average(p => p.First.DecodeSeconds(p.Second.Host) / p.Second.Run.DecodeSeconds(p.Second.Host));
            double prefillError = runs.Zip(leftOut).Average(p => Math.Abs((p.First.PrefillSeconds(p.Second.Host) / (1.3 * p.First.Setting.PrefillSeconds)) - 1));
            double decodeError = runs.Zip(leftOut).Average(p => Math.Abs((p.First.DecodeSeconds(p.Second.Host) / p.First.Setting.DecodeSeconds) - 1));
            output.WriteLine(FormattableString.Invariant($"cap {share:P0}: clock {capped.Clock:F3}, prefill x {prefill:F2}, decode x {decode:F3}; against the capped rows: prefill {prefillError:P1}, decode {decodeError:P1}"));
            if (share == 0.5)
            {
                Assert.InRange(prefill, 1.15, 1.45);
                Assert.InRange(decode, 1, 1.02);
                Assert.InRange(prefillError, 0, 0.16);
                Assert.InRange(decodeError, 0, 0.1);
            }
        }
    }

    private static (EagerEngineCoefficients Host, List<EagerLeftOut> LeftOut) Fitted(string name, string hardware)
    {
        bool ampere = name.StartsWith("a100", StringComparison.Ordinal);
        return EagerEngineFit.Run(Runs(name, hardware), "vLLM of 2023", ampere ? Runs("h100-sxm", "h100-80gb") : Runs("a100-80gb-sxm", "a100-80gb"));
    }

    private static List<EagerRun> Runs(string name, string hardware) =>
        EagerEngineFit.Runs(Catalog, ChipModel.For(Catalog, name), Splitwise.Read(Repository.SharedData("traces", "splitwise-sim", "perf_model.csv.gz"), hardware));
}

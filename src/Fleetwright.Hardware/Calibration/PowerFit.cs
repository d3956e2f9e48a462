using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Published;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Calibration;

/// <summary>Shares of the power limit (docs/hardware.md, "Energy").</summary>
/// <param name="Rest">At rest, while kernels run one after another.</param>
/// <param name="Memory">Further at full sustained bandwidth.</param>
/// <param name="Matrix">Further at full sustained matrix rate.</param>
internal readonly record struct PowerShares(double Rest, double Memory, double Matrix);

/// <summary>A setting's work as the power shares count it.</summary>
/// <param name="Run">The setting.</param>
/// <param name="Host">What prices its times: a fit that did not see it.</param>
/// <param name="PrefillWork">Seconds of memory and matrix at their full rates, of the prefill.</param>
/// <param name="DecodeWork">The same of an iteration.</param>
internal sealed record PowerRun(EagerRun Run, EagerEngineCoefficients Host, (double Memory, double Matrix) PrefillWork, (double Memory, double Matrix) DecodeWork)
{
    /// <summary>Mean power of the run as a share of the limit.</summary>
    public double Average(PowerShares shares)
    {
        double prefill = Run.PrefillSeconds(Host);
        double decode = Run.DecodeSeconds(Host) * (Run.Setting.Generated - 1);
        return ((prefill * Prefill(shares)) + (decode * Decode(shares))) / (prefill + decode);
    }

    /// <summary>Power of the prefill as a share of the limit.</summary>
    public double Prefill(PowerShares shares) => Share(shares, PrefillWork, Run.PrefillSeconds(Host));

    /// <summary>Power of an iteration as a share of the limit.</summary>
    public double Decode(PowerShares shares) => Share(shares, DecodeWork, Run.DecodeSeconds(Host));

    private static double Share(PowerShares shares, (double Memory, double Matrix) work, double seconds) =>
        Math.Min(1, shares.Rest + (((shares.Memory * work.Memory) + (shares.Matrix * work.Matrix)) / seconds));
}

/// <summary>Fits the power shares of a chip to the mean power of runs and to the highest sample of those with a short prefill; every model and layout is scored by a fit without it.</summary>
internal static class PowerFit
{
    private const int Evaluations = 900;

    // Power is sampled about every 100 ms (DCGM's shortest period), so the highest sample of a run is the mean of its prefill where the
    // prefill takes about one sample; in longer ones it is a single stretch of matrix products that meets the limit.
    private const double LongestSeenWhole = 0.2;

    private static readonly Parameter[] Parameters =
    [
        new(0.25, 0.02, 0.6), // rest
        new(0.5, 0.05, 2), // memory
        new(0.6, 0.05, 2), // matrix
    ];

    public static List<PowerRun> Runs(ChipModel chip, IEnumerable<EagerLeftOut> leftOut)
    {
        // With one share at 1 and the others at 0, active joules over the limit are seconds at the full rate.
        ChipModel memory = With(chip, new PowerShares(0, 1, 0)), matrix = With(chip, new PowerShares(0, 0, 1));
        return [.. leftOut.Where(e => e.Run.Setting.HasPower).Select(e => new PowerRun(
            e.Run, e.Host, Work(e.Run, StepOf(e.Run.Setting, true)), Work(e.Run, StepOf(e.Run.Setting, false))))];

        (double Memory, double Matrix) Work(EagerRun run, Models.StepShape shape) =>
            (EagerEngine.Work(memory, run.Graph, shape).ActiveJoules / chip.Chip.Tdp, EagerEngine.Work(matrix, run.Graph, shape).ActiveJoules / chip.Chip.Tdp);
    }

    /// <summary>A chip with other power shares.</summary>
    public static ChipModel With(ChipModel chip, PowerShares shares) => new(chip.Chip, chip.Coefficients with
    {
        IdlePowerShare = Fact.Of(shares.Rest, "splitwise"),
        MemoryPowerShare = Fact.Of(shares.Memory, "splitwise"),
        MatrixPowerShare = Fact.Of(shares.Matrix, "splitwise"),
    });

    /// <summary>Fits all runs, and scores the mean power of the runs and the power of short prefills of each group by a fit to the others.</summary>
    public static (PowerShares Shares, FitQuality Average, FitQuality Prefill, List<(PowerRun Run, double Average, double Prefill)> LeftOut) Run(IReadOnlyList<PowerRun> runs)
    {
        var leftOut = new List<(PowerRun Run, double Average, double Prefill)>();
        foreach (string group in runs.Select(r => r.Run.Group).Distinct())
        {
            PowerShares others = Fitted([.. runs.Where(r => r.Run.Group != group)]);
            leftOut.AddRange(runs.Where(r => r.Run.Group == group).Select(r => (r, r.Average(others), r.Prefill(others))));
        }

        return (
            Fitted(runs),
            Quality.OfRatios(leftOut.Select(e => e.Average / e.Run.Run.Setting.AveragePower)),
            Quality.OfRatios(leftOut.Where(e => ShowsPrefill(e.Run.Run.Setting)).Select(e => e.Prefill / Math.Min(1, e.Run.Run.Setting.PeakPower))),
            leftOut);
    }

    /// <summary>Whether the highest power sample of a run is the mean of its prefill.</summary>
    public static bool ShowsPrefill(SplitwiseSetting setting) => setting.PrefillSeconds <= LongestSeenWhole;

    private static PowerShares Fitted(IReadOnlyList<PowerRun> runs)
    {
        (PowerRun Run, bool Prefill)[] rows = [.. runs.Select(r => (r, false)), .. runs.Where(r => ShowsPrefill(r.Run.Setting)).Select(r => (r, true))];
        double[] v = Fit.Best(
            rows, Parameters, v => new PowerShares(v[0], v[1], v[2]),
            (shares, r) => r.Prefill ? r.Run.Prefill(shares) : r.Run.Average(shares),
            r => r.Prefill ? Math.Min(1, r.Run.Run.Setting.PeakPower) : r.Run.Run.Setting.AveragePower,
            Evaluations);
        return new PowerShares(v[0], v[1], v[2]);
    }

    private static Models.StepShape StepOf(SplitwiseSetting s, bool prefill) =>
        prefill ? Models.StepShape.Prefill(s.Batch, s.Prompt) : Models.StepShape.Decode(s.Batch, s.Prompt + (s.Generated / 2));
}

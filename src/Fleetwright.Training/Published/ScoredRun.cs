using System.Globalization;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Training.Layouts;
using Fleetwright.Training.Steps;

namespace Fleetwright.Training.Published;

/// <summary>Predicted against measured seconds of one run.</summary>
internal sealed record ScoredRun(PublishedRun Run, TrainingEstimate Estimate)
{
    /// <summary>Predicted over measured, less 1.</summary>
    public double Error => (Estimate.StepSeconds / Run.Seconds) - 1;

    /// <summary>Scores a run; where a source leaves the layout open, the fastest that fits is taken (the fastest of all when none fits).</summary>
    public static ScoredRun Of(FleetCatalog catalog, PublishedRun run, TrainingCoefficients coefficients)
    {
        var model = new TrainingModel(ChipModel.For(catalog, run.Chip), run.Job, coefficients);
        List<TrainingEstimate> estimates = [.. run.Layouts.Select(l => model.Estimate(l))];
        return new ScoredRun(run, estimates.OrderBy(e => e.Fits ? 0 : 1).ThenBy(e => e.StepSeconds).First());
    }

    /// <summary>Why the layout of a run cannot be priced; null when it can.</summary>
    public static string? Problem(FleetCatalog catalog, PublishedRun run, TrainingCoefficients coefficients) =>
        new TrainingModel(ChipModel.For(catalog, run.Chip), run.Job, coefficients).Problem(run.Layouts[0]);

    /// <summary>The pair of seconds.</summary>
    public ScoredRow Row => new(Run.Set, Estimate.StepSeconds, Run.Seconds);

    /// <summary>Mean absolute error.</summary>
    public static double Mape(IEnumerable<ScoredRun> runs) => ErrorScore.Of(runs.Select(r => r.Row)).Mape;

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Run.Set,-14} {Run.Name,-22} measured {Run.Seconds,8:0.000} s  predicted {Estimate.StepSeconds,8:0.000} s  {Error,7:+0.0%;-0.0%}  {Estimate.Layout,-44} compute {Estimate.ComputeSeconds:0.00} bubble {Estimate.BubbleSeconds:0.00} tp {Estimate.Exposed.TensorSeconds:0.00} cp {Estimate.Exposed.ContextSeconds:0.00} pp {Estimate.Exposed.PipelineSeconds:0.00} dp {Estimate.Exposed.DataSeconds:0.00} mem {Estimate.Memory.Total / 1e9:0} GB{(Estimate.Fits ? "" : " too large")}");
}

/// <summary>Finds the one fitted constant of an architecture, the kernel slow-down, from published runs.</summary>
/// <param name="catalog">Chips and models.</param>
/// <param name="stored">The other constants.</param>
internal sealed class SlowdownFit(FleetCatalog catalog, TrainingCoefficients stored)
{
    /// <summary>The slow-down with the least mean squared log error, by ternary search (the error is convex in its logarithm, near enough).</summary>
    public double Fit(IReadOnlyList<PublishedRun> runs)
    {
        double low = Math.Log(0.9), high = Math.Log(1.8);
        for (int i = 0; i < 9; i++)
        {
            double a = low + ((high - low) / 3), b = high - ((high - low) / 3);
            if (Loss(runs, a) < Loss(runs, b))
            {
                high = b;
            }
            else
            {
                low = a;
            }
        }

        return Math.Exp((low + high) / 2);
    }

    /// <summary>The mean error of runs with a slow-down fitted to others.</summary>
    public double Mape(IEnumerable<PublishedRun> runs, double slowdown) => ScoredRun.Mape(runs.Select(r => ScoredRun.Of(catalog, r, With(slowdown))));

    private double Loss(IReadOnlyList<PublishedRun> runs, double logarithm)
    {
        TrainingCoefficients at = With(Math.Exp(logarithm));
        return runs.Average(r => Math.Pow(Math.Log(1 + ScoredRun.Of(catalog, r, at).Error), 2));
    }

    private TrainingCoefficients With(double slowdown) => stored with { KernelSlowdown = Fact.Of(slowdown, "fit"), KernelSlowdowns = new Dictionary<string, Fact>() };
}

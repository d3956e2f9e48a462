using Fleetwright.Catalog.Reading;

namespace Fleetwright.Training.Tests;

/// <summary>How the one fitted constant, the kernel slow-down, was found, and how well it carries from one chip to the other.</summary>
public class FitTests(ITestOutputHelper output)
{
    private static readonly TrainingCoefficients Stored = TrainingCoefficients.For(PublishedRuns.Catalog);

    private static IEnumerable<PublishedRun> A100 => [.. PublishedRuns.MegatronSc21(), .. PublishedRuns.Korthikanti(), .. PublishedRuns.MegaScale()];

    private static IEnumerable<PublishedRun> H100 => [.. PublishedRuns.MegatronCoreH100(), .. PublishedRuns.Llama405B()];

    [Fact]
    public void A_slowdown_fitted_on_one_chip_predicts_the_other()
    {
        double a100 = Fit([.. A100]);
        double h100 = Fit([.. H100]);
        double h100Error = Score.Mape(H100.Select(r => Score.Of(r, With(a100))));
        double a100Error = Score.Mape(A100.Select(r => Score.Of(r, With(h100))));
        double both = Fit([.. A100, .. H100]);
        output.WriteLine(FormattableString.Invariant($"fitted on A100 {a100:0.000} -> H100 MAPE {h100Error:P1}; on H100 {h100:0.000} -> A100 MAPE {a100Error:P1}; on both {both:0.000}"));
        Assert.InRange(h100Error, 0, 0.15);
        Assert.InRange(a100Error, 0, 0.15);
    }

    // The slow-down with the least mean squared log error, by ternary search (the error is convex in its logarithm, near enough).
    private static double Fit(List<PublishedRun> runs)
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

    private static double Loss(List<PublishedRun> runs, double logarithm)
    {
        TrainingCoefficients at = With(Math.Exp(logarithm));
        return runs.Average(r => Math.Pow(Math.Log(1 + Score.Of(r, at).Error), 2));
    }

    private static TrainingCoefficients With(double slowdown) => Stored with { KernelSlowdown = Fact.Of(slowdown, "test") };
}

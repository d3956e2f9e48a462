using Fleetwright.Catalog.Reading;

namespace Fleetwright.Training.Tests;

/// <summary>How the one fitted constant of an architecture, the kernel slow-down, was found, and how well it carries to sets that were left out.</summary>
public class FitTests(ITestOutputHelper output)
{
    private static readonly TrainingCoefficients Stored = TrainingCoefficients.For(PublishedRuns.Catalog);

    [Theory]
    [InlineData("a100-80gb-sxm", "ampere")]
    [InlineData("h100-sxm", "hopper")]
    public void A_slowdown_fitted_without_a_set_predicts_that_set(string chip, string architecture)
    {
        List<PublishedRun> runs = [.. PublishedRuns.All().Where(r => r.Chip == chip)];
        double all = Fit(runs);
        output.WriteLine(FormattableString.Invariant($"{chip}: fitted on all {runs.Count}: {all:0.000}, stored {Stored.KernelSlowdowns[architecture].Value:0.000}"));
        Assert.Equal(all, Stored.KernelSlowdowns[architecture].Value, 0.02);
        foreach (IGrouping<string, PublishedRun> set in runs.GroupBy(r => r.Set))
        {
            double without = Fit([.. runs.Where(r => r.Set != set.Key)]);
            double error = Score.Mape(set.Select(r => Score.Of(r, With(without))));
            output.WriteLine(FormattableString.Invariant($"{chip}: fitted without {set.Key}: {without:0.000} -> MAPE {error:P1}, n {set.Count()}"));
            Assert.InRange(error, 0, 0.15);
        }
    }

    [Fact]
    public void One_slowdown_for_both_chips_is_reported()
    {
        List<PublishedRun> a100 = [.. PublishedRuns.All().Where(r => r.Chip == "a100-80gb-sxm")];
        List<PublishedRun> h100 = [.. PublishedRuns.All().Where(r => r.Chip == "h100-sxm")];
        double fromA100 = Fit(a100), fromH100 = Fit(h100), both = Fit([.. a100, .. h100]);
        double toH100 = Score.Mape(h100.Select(r => Score.Of(r, With(fromA100))));
        double toA100 = Score.Mape(a100.Select(r => Score.Of(r, With(fromH100))));
        output.WriteLine(FormattableString.Invariant($"fitted on A100 {fromA100:0.000} -> H100 MAPE {toH100:P1}; on H100 {fromH100:0.000} -> A100 MAPE {toA100:P1}; on both {both:0.000}"));

        // A chip without measured runs takes the common value; its error is stated as what one chip's value does on the other.
        Assert.InRange(Math.Max(toH100, toA100), 0, Stored.ErrorElsewhere);
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

    private static TrainingCoefficients With(double slowdown) => Stored with { KernelSlowdown = Fact.Of(slowdown, "test"), KernelSlowdowns = new Dictionary<string, Fact>() };
}

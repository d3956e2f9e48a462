using Fleetwright.Hardware.Calibration;
using Fleetwright.Training.Published;

namespace Fleetwright.Training.Tests;

/// <summary>Predicted step times against published runs; the same code and constants for every row.</summary>
public class ScoreboardTests(ITestOutputHelper output)
{
    private static readonly TrainingCoefficients Coefficients = TrainingCoefficients.For(Small.Catalog);

    [Theory]
    [InlineData("SC'21", 10, 0.065)]
    [InlineData("Korthikanti", 9, 0.06)]
    [InlineData("MegaScale", 8, 0.06)]
    [InlineData("Megatron-Core", 9, 0.10)]
    [InlineData("Llama 405B", 3, 0.10)]
    public void Mean_error_of_a_published_set_stays_low(string set, int rows, double bar)
    {
        List<ScoredRun> scores = Scores(set);
        Assert.Equal(rows, scores.Count);
        Assert.InRange(ScoredRun.Mape(scores), 0, bar);
    }

    [Fact]
    public void Megatron_175B_and_1T_are_within_15_percent_of_published_throughput()
    {
        List<ScoredRun> rows = [.. Scores("SC'21").Where(s => s.Run.Name is "145.6B" or "1008.0B"), .. Scores("Korthikanti").Where(s => s.Run.Name.StartsWith("175B") || s.Run.Name.StartsWith("1T"))];
        Assert.Equal(6, rows.Count);
        Assert.All(rows, r => Assert.InRange(1 / (1 + r.Error), 0.85, 1.15));
    }

    [Fact]
    public void Llama_405B_rows_are_within_15_percent_of_published_throughput() =>
        Assert.All(Scores("Llama 405B"), r => Assert.InRange(1 / (1 + r.Error), 0.85, 1.15));

    [Theory]
    [InlineData("vTrain", 0.12)]
    [InlineData("DGXC bf16", 0.17)]
    [InlineData("DGXC fp8", 0.27)]
    public void Sets_that_were_never_fitted_stay_below_a_loose_bar(string set, double bar)
    {
        var scores = new List<ScoredRun>();
        foreach (PublishedRun run in Small.Published.Of(set))
        {
            if (ScoredRun.Problem(Small.Catalog, run, Coefficients) is { } problem)
            {
                output.WriteLine($"{run.Set} {run.Name}: not priced, {problem}");
                continue;
            }

            scores.Add(ScoredRun.Of(Small.Catalog, run, Coefficients));
        }

        Report(set, scores);
        Assert.InRange(ScoredRun.Mape(scores), 0, bar);
    }

    [Fact]
    public void No_layout_that_ran_is_refused() =>
        Assert.All(Small.Published.All().Select(r => ScoredRun.Of(Small.Catalog, r, Coefficients)), s => Assert.True(s.Estimate.Fits, s.ToString()));

    private List<ScoredRun> Scores(string set)
    {
        List<ScoredRun> scores = [.. Small.Published.Of(set).Select(r => ScoredRun.Of(Small.Catalog, r, Coefficients))];
        Report(set, scores);
        return scores;
    }

    private void Report(string set, List<ScoredRun> scores)
    {
        foreach (ScoredRun s in scores)
        {
            output.WriteLine(s.ToString());
        }

        output.WriteLine($"{set}: {ErrorScore.Of(scores.Select(s => s.Row))}");
    }
}

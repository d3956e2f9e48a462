namespace Fleetwright.Training.Tests;

public class ScoreboardTests(ITestOutputHelper output)
{
    private static readonly TrainingCoefficients Coefficients = TrainingCoefficients.For(PublishedRuns.Catalog);

    [Fact]
    public void Scores()
    {
        foreach (IEnumerable<PublishedRun> set in (IEnumerable<PublishedRun>[])[PublishedRuns.MegatronSc21(), PublishedRuns.Korthikanti(), PublishedRuns.MegaScale(), PublishedRuns.MegatronCoreH100(), PublishedRuns.Llama405B()])
        {
            List<Scored> scores = [.. set.Select(r => Score.Of(r, Coefficients))];
            foreach (Scored s in scores)
            {
                output.WriteLine(s.ToString());
            }

            output.WriteLine($"   MAPE {Score.Mape(scores):P1} n {scores.Count}");
        }
    }
}

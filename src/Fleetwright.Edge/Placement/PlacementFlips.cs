namespace Fleetwright.Edge.Placement;

/// <summary>Flip points of a question: which path has the first sound (or token) soonest at p95, as one thing varies.</summary>
internal static class PlacementFlips
{
    private const double Probability = 0.95;
    private const double LongestPrompt = 32_768;

    public static IReadOnlyList<FlipPoint> Of(PlacementQuestion question, PolicyEvaluator evaluator, CancellationToken stop)
    {
        int segment = Busiest(question.Day);
        var found = new List<FlipPoint>();
        foreach (ClassTables tables in evaluator.Classes)
        {
            stop.ThrowIfCancellationRequested();
            string name = tables.Turns.Name;
            Add("prompt tokens", "", 1, LongestPrompt, prompt => Fastest(tables, segment, prompt, static (_, _) => 0));
            double mean = tables.Turns.Prompt.Mean;
            foreach (PlacementVariable variable in question.Variables)
            {
                Add(variable.Name, variable.Unit, variable.Low, variable.High, x => Fastest(tables, segment, mean, (path, prompt) => variable.ExtraSeconds(path, prompt, x)));
            }

            void Add(string variable, string unit, double low, double high, Func<double, string?> winner) =>
                found.AddRange(FlipPoints.Find(low, high, winner, 1e-6).Select(f => new FlipPoint(variable, unit, f.Value, f.Below, f.Above, name)));
        }

        // What holds for every class that has a choice is told once.
        int choosing = evaluator.Classes.Count(c => c.Open.Count > 1);
        return [.. found.GroupBy(f => (f.Variable, f.Unit, Math.Round(f.Value, 6), f.Below, f.Above))
            .SelectMany(g => g.Count() == choosing ? [g.First() with { Class = "" }] : g.AsEnumerable())];
    }

    /// <summary>Seconds at p95 of a path at one prompt; infinite when it does not hold it.</summary>
    public static double Seconds(PathTable table, double prompt, double extra = 0) =>
        prompt > table.Path.LongestPromptTokens ? double.PositiveInfinity : table.Whole.At(Probability) + table.Path.ReadSeconds(prompt) + extra;

    private static string? Fastest(ClassTables tables, int segment, double prompt, Func<AnswerPath, double, double> extra)
    {
        string? best = null;
        double least = double.PositiveInfinity;
        foreach (int p in tables.Open)
        {
            PathTable table = tables.Table(segment, p);
            double seconds = Seconds(table, prompt, extra(table.Path, prompt));
            if (seconds < least)
            {
                (best, least) = (table.Path.Title, seconds);
            }
        }

        return best;
    }

    private static int Busiest(UserDay day)
    {
        double[] turns = new double[day.Segments.Count];
        for (int hour = 0; hour < 24; hour++)
        {
            turns[day.SegmentAt(hour)] += day.TurnsByHour[hour];
        }

        return Array.IndexOf(turns, turns.Max());
    }
}

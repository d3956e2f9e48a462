using Fleetwright.Edge.Placement;

namespace Fleetwright.Edge.Population;

/// <summary>A question and a policy laid out for drawing: who takes which step, hour by hour.</summary>
internal sealed class DayPlan
{
    public DayPlan(PlacementQuestion question, Policy policy)
    {
        Question = question;
        UserDay day = question.Day;
        Segments = [.. day.Segments];
        SegmentOf = [.. Enumerable.Range(0, 24).Select(day.SegmentAt)];
        Turns = [.. day.TurnsByHour];
        Use = [.. day.UseSecondsByHour];
        int n = question.Classes.Count;
        Targets = [.. question.Classes.Select(c => c.TargetSeconds)];
        UpTo = new double[n];
        StepOf = new int[n][];
        Steps = new Step[n][];
        Tables = new PathTable[n][][];
        double share = 0;
        for (int c = 0; c < n; c++)
        {
            var tables = new ClassTables(question, c);
            UpTo[c] = share += question.Classes[c].Share;
            IReadOnlyList<(Step Step, int End)> steps = PolicyEvaluator.Steps(tables, policy.Classes[c]);
            Steps[c] = [.. steps.Select(s => s.Step)];
            StepOf[c] = new int[LengthGrid.Prompts];
            Array.Fill(StepOf[c], -1);
            int from = 0;
            for (int s = 0; s < steps.Count; s++)
            {
                for (int i = from; i < Math.Min(steps[s].End, tables.Fitting(steps[s].Step)); i++)
                {
                    StepOf[c][i] = s;
                }

                from = Math.Max(from, steps[s].End);
            }

            Tables[c] = [.. Segments.Select((_, s) => Enumerable.Range(0, tables.Paths).Select(p => tables.Table(s, p)).ToArray())];
        }
    }

    public PlacementQuestion Question { get; }

    public DaySegment[] Segments { get; }

    public int[] SegmentOf { get; }

    public double[] Turns { get; }

    public double[] Use { get; }

    public double[] Targets { get; }

    /// <summary>Shares of the classes up to and with each.</summary>
    public double[] UpTo { get; }

    /// <summary>By class and prompt of the grid: the place of its step; −1 for none.</summary>
    public int[][] StepOf { get; }

    public Step[][] Steps { get; }

    /// <summary>By class, part of the day and path.</summary>
    public PathTable[][][] Tables { get; }
}

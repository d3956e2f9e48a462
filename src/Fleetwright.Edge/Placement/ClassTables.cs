namespace Fleetwright.Edge.Placement;

/// <summary>A class of turns over a day: every path in every part of the day on the grid, and what steps over them give.</summary>
internal sealed class ClassTables
{
    private readonly double _dollarsPerJoule;
    private readonly PathTable[][] _bySegment;
    private readonly double[] _weight;

    public ClassTables(PlacementQuestion question, int place)
    {
        Turns = question.Classes[place];
        Grid = new LengthGrid(Turns);
        _dollarsPerJoule = question.DollarsPerJoule;
        UserDay day = question.Day;
        _weight = new double[day.Segments.Count];
        for (int hour = 0; hour < 24; hour++)
        {
            _weight[day.SegmentAt(hour)] += day.TurnsByHour[hour];
        }

        double all = _weight.Sum();
        _bySegment = new PathTable[day.Segments.Count][];
        for (int s = 0; s < _bySegment.Length; s++)
        {
            _weight[s] = all > 0 ? _weight[s] / all : 1.0 / _weight.Length;
            DaySegment segment = day.Segments[s];
            _bySegment[s] = [.. segment.Paths[place].Select(p => new PathTable(p, Turns, Grid, RadioTail.MeanSeconds(day, segment, p.TailSeconds)))];
        }

        // A path is open when the class's data may reach it, it holds some prompt, and its replies keep up with speech, in every part of the day.
        Open = [.. Enumerable.Range(0, Paths).Where(p => _bySegment.All(s =>
            Turns.Allowed.HasFlag(s[p].Path.Tier) && s[p].Fitting > 0 && s[p].Path.TokensPerSecond >= Turns.SpeakingRate))];
    }

    public PlacementClass Turns { get; }

    public LengthGrid Grid { get; }

    /// <summary>How many paths there are, open or not.</summary>
    public int Paths => _bySegment[0].Length;

    /// <summary>Places of the paths that the class may take.</summary>
    public IReadOnlyList<int> Open { get; }

    public PathTable Table(int segment, int path) => _bySegment[segment][path];

    /// <summary>The path at a place, as the first part of the day has it.</summary>
    public AnswerPath Path(int path) => _bySegment[0][path].Path;

    /// <summary>How many of the grid's prompts a step answers in every part of the day.</summary>
    public int Fitting(Step step) => _bySegment.Min(s => step.HasTimeout ? Math.Min(s[step.Path].Fitting, s[step.Fallback].Fitting) : s[step.Path].Fitting);

    /// <summary>What turns with the prompt at <paramref name="i"/> cost per turn of the class with that prompt, over the day.</summary>
    public Totals At(Step step, int i)
    {
        Totals sum = default;
        double heat = 0;
        for (int s = 0; s < _bySegment.Length; s++)
        {
            Totals part = At(_bySegment[s], step, i);
            heat = Math.Max(heat, part.Heat);
            sum = sum.Plus(part.Times(_weight[s]));
        }

        // The warmest part of the day decides on heat.
        return sum with { Heat = heat };
    }

    /// <summary>The share of turns with the prompt at <paramref name="i"/> that end within <paramref name="seconds"/>; models take <paramref name="slow"/> of their band longer (1: all of it, −1: faster).</summary>
    public double Within(Step step, int i, double seconds, double slow = 0)
    {
        double sum = 0;
        for (int s = 0; s < _bySegment.Length; s++)
        {
            sum += _weight[s] * Within(_bySegment[s], step, i, seconds, slow, out _);
        }

        return sum;
    }

    private static double Within(PathTable[] tables, Step step, int i, double seconds, double slow, out double fellBack)
    {
        PathTable a = tables[step.Path];
        double slowA = Factor(a, slow);
        fellBack = 0;
        if (!step.HasTimeout)
        {
            return a.Within(i, seconds, slowA);
        }

        PathTable b = tables[step.Fallback];
        double slowB = Factor(b, slow);
        double read = slowA * a.Read[i];
        double phrase = (slowA - 1) * a.Path.PhraseSeconds;
        ReadOnlySpan<double> waits = a.Wait.Seconds;
        double within = 0;
        int late = 0;
        foreach (double wait in waits)
        {
            if (wait + read <= step.Timeout)
            {
                within += a.Around.Share(seconds - wait - read - phrase);
            }
            else
            {
                late++;
            }
        }

        fellBack = (double)late / TimeTable.Points;
        return (within / TimeTable.Points) + (fellBack * b.Within(i, seconds - step.Timeout, slowB));
    }

    private Totals At(PathTable[] tables, Step step, int i)
    {
        PathTable a = tables[step.Path];
        double within = Within(tables, step, i, Turns.TargetSeconds, 0, out double fellBack);
        Totals first = Cost(a, i);
        return step.HasTimeout ? first.Plus(Cost(tables[step.Fallback], i).Times(fellBack)) with { Within = within } : first with { Within = within };
    }

    // A try that is given up has cost what it would have cost: the request is with the server, the prompt has been read.
    private Totals Cost(PathTable table, int i)
    {
        double joules = table.MeanJoules(i) + table.TailJoules;
        return new Totals(0, joules, table.MeanHeat(i), table.MeanDollars(i) + (joules * _dollarsPerJoule), table.Path.IsRemote ? 1 : 0, 0);
    }

    private static double Factor(PathTable table, double slow) => slow == 0 ? 1 : Math.Pow(table.Path.BandFactor, slow);
}

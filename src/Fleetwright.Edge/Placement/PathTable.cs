namespace Fleetwright.Edge.Placement;

/// <summary>One path for one class in one part of the day, laid out over the grid of prompts and replies.</summary>
internal sealed class PathTable
{
    private readonly LengthGrid _grid;

    public PathTable(AnswerPath path, PlacementClass turns, LengthGrid grid, double tailSeconds)
    {
        Path = path;
        _grid = grid;
        TailJoules = path.TailWatts * tailSeconds;
        Wait = new TimeTable(path.Wait);
        Around = new TimeTable(turns.EndOfTurn.Plus(path.After).Plus(path.PhraseSeconds));
        Whole = new TimeTable(turns.EndOfTurn.Plus(path.Wait).Plus(path.After).Plus(path.PhraseSeconds));
        Fitting = grid.CountUpTo(path.LongestPromptTokens);
        int cells = Fitting * LengthGrid.Replies;
        Read = new double[Fitting];
        Joules = new double[cells];
        Busy = new double[cells];
        Dollars = new double[cells];
        for (int i = 0; i < Fitting; i++)
        {
            Read[i] = path.ReadSeconds(grid.Prompt[i]);
            for (int j = 0; j < LengthGrid.Replies; j++)
            {
                int cell = (i * LengthGrid.Replies) + j;
                Joules[cell] = path.Joules(grid.Prompt[i], grid.Reply[j]);
                Busy[cell] = path.BusySeconds(grid.Prompt[i], grid.Reply[j]);
                Dollars[cell] = path.Dollars(grid.Prompt[i], grid.Reply[j]);
            }
        }
    }

    public AnswerPath Path { get; }

    /// <summary>How many of the grid's prompts the path can hold.</summary>
    public int Fitting { get; }

    /// <summary>Seconds of reading by prompt.</summary>
    public double[] Read { get; }

    /// <summary>Joules by prompt and reply, the tail apart.</summary>
    public double[] Joules { get; }

    /// <summary>Seconds that the device computes by prompt and reply.</summary>
    public double[] Busy { get; }

    /// <summary>Dollars by prompt and reply.</summary>
    public double[] Dollars { get; }

    /// <summary>Joules of a mean tail.</summary>
    public double TailJoules { get; }

    /// <summary>End of the turn to the first token besides reading.</summary>
    public TimeTable Wait { get; }

    /// <summary>Everything but wait and reading.</summary>
    public TimeTable Around { get; }

    /// <summary>Everything but reading.</summary>
    public TimeTable Whole { get; }

    /// <summary>The share of turns with the prompt at <paramref name="i"/> that end within <paramref name="seconds"/>, when the model takes <paramref name="slow"/> times as long.</summary>
    public double Within(int i, double seconds, double slow = 1) =>
        Whole.Share(seconds - (slow * Read[i]) - ((slow - 1) * Path.PhraseSeconds));

    public double MeanJoules(int i) => Mean(Joules, i);

    public double MeanBusy(int i) => Mean(Busy, i);

    public double MeanDollars(int i) => Mean(Dollars, i);

    /// <summary>Joules that warm the case: those of a model on the device itself.</summary>
    public double MeanHeat(int i) => MeanBusy(i) > 0 ? MeanJoules(i) : 0;

    private static double Mean(double[] cells, int i)
    {
        double sum = 0;
        for (int j = 0; j < LengthGrid.Replies; j++)
        {
            sum += cells[(i * LengthGrid.Replies) + j];
        }

        return sum / LengthGrid.Replies;
    }
}

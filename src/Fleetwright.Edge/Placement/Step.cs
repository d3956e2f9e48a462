namespace Fleetwright.Edge.Placement;

/// <summary>One try to answer: a path and, without a first token by the timeout, another.</summary>
/// <param name="Path">Place of the path in its list.</param>
/// <param name="Timeout">Seconds from the end of the turn; infinite for never.</param>
/// <param name="Fallback">Place of the path that answers then; −1 for none.</param>
internal readonly record struct Step(int Path, double Timeout, int Fallback)
{
    public bool HasTimeout => Fallback >= 0 && double.IsFinite(Timeout);
}

/// <summary>What turns cost and how many are in time, summed or per turn.</summary>
internal readonly record struct Totals(double Within, double Joules, double Heat, double Dollars, double Requests, double Unserved)
{
    public Totals Plus(in Totals o) =>
        new(Within + o.Within, Joules + o.Joules, Heat + o.Heat, Dollars + o.Dollars, Requests + o.Requests, Unserved + o.Unserved);

    public Totals Minus(in Totals o) =>
        new(Within - o.Within, Joules - o.Joules, Heat - o.Heat, Dollars - o.Dollars, Requests - o.Requests, Unserved - o.Unserved);

    public Totals Times(double f) => new(Within * f, Joules * f, Heat * f, Dollars * f, Requests * f, Unserved * f);
}

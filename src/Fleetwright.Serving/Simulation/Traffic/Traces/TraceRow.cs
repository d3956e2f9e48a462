namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>What one line says. The arrival may count from any time that all lines share.</summary>
internal struct TraceRow
{
    public long Arrival;
    public int Prompt;
    public int Output;
    public int Class;
    public long Session;
    public long[]? Hashes;
    public long Line;
}

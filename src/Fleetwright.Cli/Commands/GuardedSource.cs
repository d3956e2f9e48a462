using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Cli.Commands;

/// <summary>A trace that ends where a line of it is wrong or the file is cut, so that what was simulated before is kept.</summary>
internal sealed class GuardedSource : IRequestSource
{
    private readonly IRequestSource _source;
    private Request _next;

    public GuardedSource(IRequestSource source)
    {
        _source = source;
        Advance();
    }

    /// <summary>What ended it; null when nothing has.</summary>
    public InputException? Trouble { get; private set; }

    /// <inheritdoc/>
    public long NextArrival { get; private set; }

    /// <inheritdoc/>
    public int HashTokens => _source.HashTokens;

    /// <inheritdoc/>
    public Request Take()
    {
        Request request = _next;
        Advance();
        return request;
    }

    private void Advance()
    {
        NextArrival = _source.NextArrival;
        if (NextArrival == Ticks.Never)
        {
            return;
        }

        try
        {
            _next = _source.Take();
        }
        catch (InputException e)
        {
            (Trouble, NextArrival) = (e, Ticks.Never);
        }
    }
}

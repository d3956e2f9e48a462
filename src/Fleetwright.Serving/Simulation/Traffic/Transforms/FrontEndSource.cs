namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>
/// The front end of a server: one process that takes requests one after another, reads and tokenises each, and only then hands it to the
/// engine. Requests that come together leave it one by one.
/// </summary>
internal sealed class FrontEndSource : IClosedLoop
{
    private readonly IRequestSource _source;
    private readonly IClosedLoop? _loop;
    private readonly long _perRequest;
    private readonly double _secondsPerToken;
    private Request _next;
    private bool _isReady;
    private long _free;

    /// <param name="source">What the clients send.</param>
    /// <param name="secondsPerRequest">Time that it is busy with a request, at least.</param>
    /// <param name="secondsPerToken">Further time for each token of the prompt.</param>
    public FrontEndSource(IRequestSource source, double secondsPerRequest, double secondsPerToken)
    {
        (_source, _loop) = (source, source is IClosedLoop { Waits: true } loop ? loop : null);
        (_perRequest, _secondsPerToken) = (Ticks.Of(secondsPerRequest), secondsPerToken);
    }

    /// <inheritdoc/>
    public bool Waits => _loop is not null;

    /// <inheritdoc/>
    public int HashTokens => _source.HashTokens;

    /// <summary>Time that all requests together have spent in it, in ticks.</summary>
    public long Delay { get; private set; }

    /// <summary>Requests that it has handed on.</summary>
    public long Count { get; private set; }

    /// <inheritdoc/>
    public long NextArrival
    {
        get
        {
            // What comes before the first of the queue leaves is only known once it has come; a request never overtakes another, so one look ahead is enough.
            if (!_isReady && _source.NextArrival != Ticks.Never)
            {
                Request request = _source.Take();
                long sent = request.Arrival;
                _free = Math.Max(_free, sent) + _perRequest + Ticks.Of(_secondsPerToken * request.PromptTokens);
                Delay += _free - sent;
                Count++;
                (_next, _isReady) = (request with { Arrival = _free }, true);
            }

            return _isReady ? _next.Arrival : Ticks.Never;
        }
    }

    /// <inheritdoc/>
    public Request Take()
    {
        if (NextArrival == Ticks.Never)
        {
            throw new InvalidOperationException("no request is ready");
        }

        _isReady = false;
        return _next;
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served) => _loop?.Ended(id, now, served);
}

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>The requests of an open loop that fit a model's context, cut where the limit cuts; it counts what it changes.</summary>
public sealed class ContextLimitedSource : IRequestSource
{
    private readonly IRequestSource _source;
    private readonly ContextLimit _limit;
    private Request _next;

    /// <param name="source">An open loop; closed ones take the limit themselves.</param>
    /// <param name="limit">The model's context.</param>
    public ContextLimitedSource(IRequestSource source, ContextLimit limit)
    {
        (_source, _limit) = (source, limit);
        Advance();
    }

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
        while (_source.NextArrival != Ticks.Never)
        {
            Request request = _source.Take();
            int prompt = request.PromptTokens, output = request.OutputTokens;
            if (_limit.Fit(ref prompt, ref output))
            {
                _next = prompt == request.PromptTokens && output == request.OutputTokens ? request : Cut(request, prompt, output);
                NextArrival = request.Arrival;
                return;
            }
        }

        NextArrival = Ticks.Never;
    }

    private Request Cut(in Request request, int prompt, int output)
    {
        long[]? hashes = request.PrefixHashes;
        int blocks = HashTokens == 0 ? 0 : (prompt + HashTokens - 1) / HashTokens;
        return request with { PromptTokens = prompt, OutputTokens = output, PrefixHashes = hashes?.Length > blocks ? hashes[..blocks] : hashes };
    }
}

using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Transforms;

/// <summary>A source with its rate or its lengths multiplied. The rate of a closed loop is the engine's doing and stays.</summary>
public sealed class ScaledSource : IClosedLoop
{
    private readonly IRequestSource _source;
    private readonly IClosedLoop? _loop;
    private readonly double _rate;
    private readonly double _prompt;
    private readonly double _output;

    /// <param name="source">What is scaled.</param>
    /// <param name="rate">What its rate is multiplied by: 2 halves all times.</param>
    /// <param name="prompt">What prompts are multiplied by, to the nearest whole token and at least one; the tokens that a prefix hash stands for with them.</param>
    /// <param name="output">What answers are multiplied by.</param>
    /// <exception cref="InputException">A factor is not above 0, or the rate of a closed loop is to change.</exception>
    public ScaledSource(IRequestSource source, double rate = 1, double prompt = 1, double output = 1)
    {
        (_source, _loop, _rate, _prompt, _output) = (source, source is IClosedLoop { Waits: true } loop ? loop : null, rate, prompt, output);
        if (!IsFactor(rate) || !IsFactor(prompt) || !IsFactor(output) || (_loop is not null && rate != 1))
        {
            throw new InputException("scale", FormattableString.Invariant($"found factors of {rate} for the rate, {prompt} for prompts and {output} for answers; allowed: 0.000001 to 1,000,000, and 1 for the rate of a closed loop"));
        }

        HashTokens = source.HashTokens == 0 ? 0 : Scaled(source.HashTokens, prompt);
    }

    /// <inheritdoc/>
    public bool Waits => _loop is not null;

    /// <inheritdoc/>
    public int HashTokens { get; }

    /// <inheritdoc/>
    public long NextArrival => At(_source.NextArrival);

    /// <inheritdoc/>
    public Request Take()
    {
        Request request = _source.Take();
        return request with { Arrival = At(request.Arrival), PromptTokens = Scaled(request.PromptTokens, _prompt), OutputTokens = Scaled(request.OutputTokens, _output) };
    }

    /// <inheritdoc/>
    public void Ended(long id, long now, bool served) => _loop?.Ended(id, now, served);

    private static bool IsFactor(double factor) => factor is >= 1e-6 and <= 1e6;

    private static int Scaled(int tokens, double factor) => factor == 1 ? tokens : (int)Math.Clamp((tokens * factor) + 0.5, 1, 1 << 30);

    private long At(long arrival) => _rate == 1 || arrival == Ticks.Never ? arrival
        : arrival / _rate is var ticks && ticks <= Ticks.MostSeconds * Ticks.PerSecond ? (long)(ticks + 0.5) : Ticks.Never;
}

using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Devices;

/// <summary>
/// A model whose context is cut to a number of tokens: of a longer one the cached beginning (the system prompt) and the newest tokens stay,
/// the middle goes. Bounds prefill, decode, energy and memory; what the answer loses is not modelled.
/// </summary>
public sealed class CappedModel : ILocalInference
{
    private readonly ILocalInference _model;

    /// <summary>Caps a model's context.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokens">Tokens of prompt and reply that are kept; at least 1 and at most what the model was made for.</param>
    public CappedModel(ILocalInference model, double tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, model.MaximumContext);
        _model = model;
        Tokens = tokens;
    }

    /// <summary>Tokens that are kept.</summary>
    public double Tokens { get; }

    /// <inheritdoc/>
    public string Name => FormattableString.Invariant($"{_model.Name}, context cut to {Tokens:0} tokens");

    /// <inheritdoc/>
    public Device Device => _model.Device;

    /// <summary>Infinite: longer contexts are cut and not refused.</summary>
    public double MaximumContext => double.PositiveInfinity;

    /// <inheritdoc/>
    public EstimateBasis Basis => _model.Basis;

    /// <inheritdoc/>
    public double BandFactor => _model.BandFactor;

    /// <inheritdoc/>
    public double PrefillSeconds(double promptTokens, double cachedTokens) => _model.PrefillSeconds(Kept(promptTokens), Kept(cachedTokens));

    /// <inheritdoc/>
    public double DecodeSeconds(double contextTokens) => _model.DecodeSeconds(Kept(contextTokens));

    /// <summary>Joules of a turn whose prompt leaves room for the reply within the cap.</summary>
    public double TurnJoules(double promptTokens, double cachedTokens, double replyTokens)
    {
        double prompt = Math.Min(promptTokens, Math.Max(1, Tokens - replyTokens));
        return _model.TurnJoules(prompt, Math.Min(cachedTokens, prompt), replyTokens);
    }

    /// <inheritdoc/>
    public MemoryNeed Memory(double contextTokens) => _model.Memory(Kept(contextTokens));

    private double Kept(double tokens) => Math.Min(tokens, Tokens);
}

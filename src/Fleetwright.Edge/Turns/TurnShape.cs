using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Turns;

/// <summary>How a person asks.</summary>
public enum TurnKind
{
    /// <summary>Spoken, answered by voice: ends at the first sound of the answer.</summary>
    Voice,

    /// <summary>Typed, answered by text: ends at the first token of the answer.</summary>
    Text,

    /// <summary>Spoken, about what the camera sees: an image goes through a vision encoder first.</summary>
    Camera,
}

/// <summary>What a turn asks of whatever answers it.</summary>
/// <param name="Kind">How the person asks.</param>
/// <param name="Prompt">Tokens of the prompt as text, system prompt and history included, an image's left out.</param>
/// <param name="CachedShare">Share of those tokens, from the start, whose keys and values are kept where the model runs: 0 to 1.</param>
/// <param name="Reply">Tokens of the reply.</param>
/// <param name="ImageBytes">Bytes of the image as it is sent; 0 for none.</param>
/// <param name="ImageTokens">Tokens that the image adds to the prompt; 0 for none.</param>
/// <param name="ImageWorkTokens">Work of the vision encoder, as prompt tokens of the language model that take as many operations; 0 for none.</param>
public sealed record TurnShape(
    TurnKind Kind, TokenLengths Prompt, double CachedShare, TokenLengths Reply, double ImageBytes = 0, double ImageTokens = 0, double ImageWorkTokens = 0)
{
    /// <summary>The same turn about an image. The encoder is taken to run at the rate of the language model's prompts: no encoder's time on a device was published but one.</summary>
    /// <param name="encoder">The vision encoder.</param>
    /// <param name="parametersPerToken">Parameters that one token of the language model goes through.</param>
    public TurnShape WithImage(VisionEncoder encoder, double parametersPerToken) => this with
    {
        Kind = Kind == TurnKind.Voice ? TurnKind.Camera : Kind,
        ImageBytes = encoder.ImageBytes.Value,
        ImageTokens = encoder.Tokens.Value,
        ImageWorkTokens = encoder.Operations / (2 * parametersPerToken),
    };
}

/// <summary>Where the stages of a turn run; one tier each. The end of turn is always found on the device. For a text turn only <paramref name="Model"/> counts.</summary>
/// <param name="Recognise">Speech to text.</param>
/// <param name="Model">The vision encoder and the language model.</param>
/// <param name="Speak">Text to speech.</param>
public sealed record StageTiers(Tiers Recognise, Tiers Model, Tiers Speak)
{
    /// <summary>All stages on one tier.</summary>
    public static StageTiers All(Tiers tier) => new(tier, tier, tier);
}

using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Devices;

/// <summary>A way to answer on a device: one model on one unit, a model split over two units, or drafts on the device that the cloud verifies. What turns and placement ask of it.</summary>
public interface ILocalInference
{
    /// <summary>What it is, for people: model, engine and unit.</summary>
    string Name { get; }

    /// <summary>The device.</summary>
    Device Device { get; }

    /// <summary>Tokens of prompt and reply that a sequence may have.</summary>
    double MaximumContext { get; }

    /// <summary>How well its speed is known.</summary>
    EstimateBasis Basis { get; }

    /// <summary>Times may be this factor longer or shorter.</summary>
    double BandFactor { get; }

    /// <summary>Seconds from the whole prompt to the first token.</summary>
    /// <param name="promptTokens">Tokens of the prompt, those cached included.</param>
    /// <param name="cachedTokens">Tokens at its start whose keys and values are kept.</param>
    double PrefillSeconds(double promptTokens, double cachedTokens);

    /// <summary>Seconds of one further token.</summary>
    /// <param name="contextTokens">Tokens before it.</param>
    double DecodeSeconds(double contextTokens);

    /// <summary>Joules of a turn above what the device draws without it.</summary>
    double TurnJoules(double promptTokens, double cachedTokens, double replyTokens);

    /// <summary>Memory of the model with a context.</summary>
    MemoryNeed Memory(double contextTokens);
}

/// <summary>Memory that a model needs against what an app may have.</summary>
/// <param name="Bytes">What it needs.</param>
/// <param name="LimitBytes">What there is.</param>
public readonly record struct MemoryNeed(double Bytes, double LimitBytes)
{
    /// <summary>Bytes that are missing; 0 when it fits.</summary>
    public double ShortBytes => Math.Max(0, Bytes - LimitBytes);
}

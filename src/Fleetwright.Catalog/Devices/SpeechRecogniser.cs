using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog.Devices;

/// <summary>A speech recogniser that runs on devices: an encoder over a window of speech, then a decoder that writes the transcript token by token.</summary>
public sealed record SpeechRecogniser
{
    /// <summary>The catalogue name, such as <c>whisper-base</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is, in words.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Seconds of speech that the encoder takes at once; shorter speech takes as long.</summary>
    public required Fact Window { get; init; }

    /// <summary>Measured speeds, one a chip.</summary>
    public required IReadOnlyList<RecogniserSpeed> Chips { get; init; }

    /// <summary>The speed on a chip, or null where it was not measured.</summary>
    /// <param name="chip">Title of the system-on-chip, as <see cref="Device.Soc"/> gives it.</param>
    public RecogniserSpeed? On(string chip) => Chips.FirstOrDefault(c => c.Chip == chip);
}

/// <summary>How fast a recogniser is on a chip.</summary>
/// <param name="Chip">Title of the system-on-chip.</param>
/// <param name="MeasuredOn">The device that was measured.</param>
/// <param name="Encoder">Seconds of the encoder over one window.</param>
/// <param name="PerToken">Seconds of one token of the transcript.</param>
public sealed record RecogniserSpeed(string Chip, string MeasuredOn, Fact Encoder, Fact PerToken);

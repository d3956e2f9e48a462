using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Importing;

/// <summary>One run as a benchmark tool wrote it; null where the tool does not say.</summary>
public sealed record ImportedRun
{
    /// <summary>Name of the model, as its file is called.</summary>
    public string? Model { get; init; }

    /// <summary>Parameters of the whole file; null for a mixture of experts too, of which a token reads a part that the tool does not tell.</summary>
    public double? Parameters { get; init; }

    /// <summary>Quantisation, as rows write it: <c>Q4_0</c>, <c>Q4_K_M</c>.</summary>
    public string? Quantisation { get; init; }

    /// <summary>Engine, as rows write it: <c>llama.cpp Metal</c>.</summary>
    public string? Engine { get; init; }

    /// <summary>The unit that ran it.</summary>
    public ComputeUnitKind? Unit { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public double? PromptTokens { get; init; }

    /// <summary>Tokens of the reply.</summary>
    public double? GeneratedTokens { get; init; }

    /// <summary>Prompt tokens a second.</summary>
    public double? PrefillTokensPerSecond { get; init; }

    /// <summary>Reply tokens a second, the prompt's time left out.</summary>
    public double? DecodeTokensPerSecond { get; init; }

    /// <summary>Seconds from the prompt to the first token.</summary>
    public double? FirstTokenSeconds { get; init; }

    /// <summary>What else the tool says that tells runs apart: build, threads, depth.</summary>
    public string Notes { get; init; } = "";
}

using System.Globalization;
using System.Text.RegularExpressions;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Edge.Devices;
using Fleetwright.Hardware.Tables;
using Fleetwright.Models;

namespace Fleetwright.Edge.Calibration;

/// <summary>
/// What a row of <c>on_device_llm.csv</c> asks, bound to the catalogue: engine, unit, chip, bytes and layers of the model, lengths. Nothing here is read from
/// the columns that answer it; of the notes only the context length (<c>ctx 4096</c>) is read.
/// </summary>
internal sealed partial record RowQuestion
{
    private const double Bf16Bytes = 2;

    /// <summary>Columns that are read.</summary>
    public static readonly string[] Columns =
        ["row_id", "device_class", "soc", "backend", "engine", "model", "params_b", "quant", "prompt_tokens", "gen_tokens", "load_state", "notes"];

    // Parameters up to which a model usually has so many layers: the medians of the catalogue's small dense models. Used where a model is not in the catalogue.
    private static readonly (double Parameters, int Layers)[] s_layers = [(0.2e9, 30), (1e9, 24), (5e9, 28), (12e9, 32), (double.PositiveInfinity, 48)];

    public required string Id { get; init; }

    public required string DeviceClass { get; init; }

    public required string SocText { get; init; }

    /// <summary>The chip; null when the catalogue has none of that name.</summary>
    public required Soc? Soc { get; init; }

    public required ComputeUnitKind Unit { get; init; }

    public required string EngineText { get; init; }

    /// <summary>Name of the engine in the catalogue, or the first word of its text in lower case.</summary>
    public required string Engine { get; init; }

    public required DeviceEngine? KnownEngine { get; init; }

    public required string Model { get; init; }

    /// <summary>The catalogue's name of the architecture, so that fine-tunes count as one; else the row's text.</summary>
    public required string Architecture { get; init; }

    /// <summary>Parameters that a token reads; null when neither the row nor the catalogue nor the name says.</summary>
    public required double? Parameters { get; init; }

    public required Quantisation Format { get; init; }

    public required double Bytes { get; init; }

    public required int Layers { get; init; }

    public required Func<double, double> CacheBytes { get; init; }

    public required double? PromptTokens { get; init; }

    /// <summary>Tokens of context that a decode step meets on average.</summary>
    public required double ContextTokens { get; init; }

    public required bool IsWarm { get; init; }

    public required bool IsSustained { get; init; }

    /// <summary>Whether weights come from flash because memory is limited.</summary>
    public required bool IsPaged { get; init; }

    /// <summary>Whether the engine runs inside an app instead of its own benchmark.</summary>
    public required bool IsInApp { get; init; }

    /// <summary>Whether the row stands for a plain run of one stream.</summary>
    public required bool IsPlain { get; init; }

    /// <summary>The unit's family; empty when unknown.</summary>
    public string Family => Soc?.Unit(Unit)?.Family ?? "";

    /// <summary>Reads a row.</summary>
    public static RowQuestion Of(CsvRow row, FleetCatalog catalog)
    {
        string engineText = row["engine"], model = row["model"], quantisation = row["quant"], state = row["load_state"], notes = row["notes"];
        DeviceEngine? engine = EngineOf(engineText, catalog);
        ModelSpec? spec = catalog.Models.Find(model);
        double? parameters = Number(row["params_b"]) * 1e9 ?? (spec is null ? SizeInName(model) : ParameterCount.Of(spec).ActiveWithoutLookUps);
        if (parameters is not > 0)
        {
            parameters = null;
        }

        Quantisation format = Quantisation.Of(quantisation);
        double? prompt = Number(row["prompt_tokens"]) is > 0 and var p ? p : null;
        double generated = Number(row["gen_tokens"]) ?? 0;
        int layers = spec is { Layers.Count: > 0 } ? spec.Layers.Sum(l => l.Count) : s_layers.First(l => (parameters ?? 1e9) <= l.Parameters).Layers;
        // Ten minutes are many replies, each from a short prompt.
        bool sustained = state.StartsWith("sustained", StringComparison.Ordinal);
        double keyWidth = parameters < 2e9 ? 512 : 1024;
        bool paged = Has(engineText, "paged") || (Has(quantisation, "RAM limit") && !Has(engineText, "flash offload"));
        bool inApp = Has(engineText, "app path");
        return new RowQuestion
        {
            Id = row["row_id"],
            DeviceClass = row["device_class"],
            SocText = row["soc"],
            Soc = catalog.Socs.Find(row["soc"]),
            Unit = row["backend"] switch { "cpu" => ComputeUnitKind.Cpu, "gpu" => ComputeUnitKind.Gpu, _ => ComputeUnitKind.Npu },
            EngineText = engineText,
            Engine = engine?.Name ?? FirstWord().Match(engineText).Value.ToLowerInvariant(),
            KnownEngine = engine,
            Model = model,
            Architecture = spec is null ? model : Shape(spec, catalog),
            Parameters = parameters,
            Format = format,
            Bytes = format.HasWiderHead && spec is not null ? Headed(spec) : (parameters ?? double.NaN) * format.Bits / 8,
            Layers = layers,
            CacheBytes = spec is null ? n => n * layers * 2 * keyWidth * Bf16Bytes : new ModelGraph(spec, Precision.Bf16, Sharding.None).CacheBytesPerSequence,
            PromptTokens = prompt,
            ContextTokens = sustained ? 0 : engine?.ReadsWholeContext == true ? Number(Context().Match(notes).Groups[1].Value) ?? 4096
                : engineText.StartsWith("llama.cpp", StringComparison.Ordinal) ? generated / 2
                : Math.Min((prompt ?? 0) + (generated / 2), 32768),
            IsWarm = state == "warm",
            IsSustained = sustained,
            IsPaged = paged,
            IsInApp = inApp,
            IsPlain = !paged && !inApp && !Has(engineText, "flash offload") && !Has(engineText, "server path") && !Has(quantisation, "batch"),
        };
    }

    private static DeviceEngine? EngineOf(string text, FleetCatalog catalog) =>
        (from e in catalog.DeviceEngines.All
         from label in e.Labels
         where text.StartsWith(label, StringComparison.OrdinalIgnoreCase)
         orderby label.Length descending
         select e).FirstOrDefault() ?? catalog.DeviceEngines.Find(text);

    // The first model of the catalogue with the same shape, so that Llama 3 and 3.1 count as one.
    private static string Shape(ModelSpec spec, FleetCatalog catalog) =>
        catalog.Models.All.First(m => m.HiddenSize == spec.HiddenSize && m.VocabularySize == spec.VocabularySize && m.Layers.Sum(l => l.Count) == spec.Layers.Sum(l => l.Count)).Name;

    // ExecuTorch's Llama 3.2 files: layers in groups of 32 at 4 bits, the head at 8.
    private static double Headed(ModelSpec model)
    {
        ModelFootprint parts = ModelFootprint.Of(model, new WeightFormat(4.5, 8.25, 8.25, true, Fleetwright.Catalog.Units.Dtype.Int8, default));
        return parts.BytesPerToken;
    }

    // "SmallThinker-4B-A0.6B" reads 0.6 billion a token, "Gemma-3n-E2B" 2, "Qwen3-4B" 4, "SmolLM2-135M" 0.135.
    private static double? SizeInName(string model)
    {
        Match active = ActiveSize().Match(model), whole = Size().Match(model);
        Match match = active.Success ? active : whole;
        return match.Success ? Number(match.Groups[1].Value) * (match.Groups[2].Value is "M" or "m" ? 1e6 : 1e9) : null;
    }

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static double? Number(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null;

    [GeneratedRegex(@"\bctx (\d+)")]
    private static partial Regex Context();

    [GeneratedRegex(@"^[A-Za-z0-9-]+")]
    private static partial Regex FirstWord();

    [GeneratedRegex(@"-[AE](\d+(?:\.\d+)?)([BbMm])\b")]
    private static partial Regex ActiveSize();

    [GeneratedRegex(@"(\d+(?:\.\d+)?)([BbMm])\b")]
    private static partial Regex Size();
}

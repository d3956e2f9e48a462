using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Where a format keeps what.</summary>
internal sealed record TraceLayout(TraceFormat Format, bool IsJson, string? Arrival, string? Prompt, string? Output, double UnitSeconds = 1, string? Hashes = null, int HashTokens = 0)
{
    private static readonly TraceLayout[] Known =
    [
        new(TraceFormat.Azure, false, "TIMESTAMP", "ContextTokens", "GeneratedTokens"),
        new(TraceFormat.BurstGpt, false, "Timestamp", "Request tokens", "Response tokens"),
        new(TraceFormat.Vidur, false, "arrived_at", "num_prefill_tokens", "num_decode_tokens"),
        new(TraceFormat.Mooncake, true, "timestamp", "input_length", "output_length", 1e-3, "hash_ids", 512),
        new(TraceFormat.Csv, false, null, null, null),
        new(TraceFormat.JsonLines, true, null, null, null),
    ];

    public string? Class { get; private init; }

    public string? Session { get; private init; }

    /// <summary>The names that a file must have.</summary>
    public IEnumerable<string> Required => new[] { Arrival, Prompt, Output, Class, Session }.OfType<string>().Where(c => c.Length > 0);

    /// <summary>The layout of a file with the given header; null for json lines.</summary>
    /// <exception cref="InputException">The header fits no format, or not the one that was asked for.</exception>
    public static TraceLayout Of(string path, IReadOnlyList<string>? header, TraceOptions options)
    {
        bool isJson = header is null;
        if (options.Format is { } format)
        {
            TraceLayout asked = Known.Single(l => l.Format == format);
            return asked.IsJson == isJson ? asked.With(options).Checked(path)
                : throw new InputException([new Diagnostic(path, 1, 1, "", $"the file holds {(isJson ? "json lines" : "no json lines")}; allowed for the format {format}: {(isJson ? "csv" : "json lines")}")]);
        }

        if (isJson)
        {
            return Known.Single(l => l.Format == TraceFormat.Mooncake).With(options).Checked(path);
        }

        TraceLayout[] layouts = [.. Known.Where(l => !l.IsJson).Select(l => l.With(options))];
        bool named = options is { ArrivalColumn: not null, PromptColumn: not null, OutputColumn: not null };
        return layouts.FirstOrDefault(l => l.IsWhole && l.Required.All(c => header!.Contains(c))) ?? (named ? layouts[^1] : throw Unknown(path, header!, layouts));
    }

    private bool IsWhole => Arrival is not null && Prompt is not null && Output is not null;

    private static InputException Unknown(string path, IReadOnlyList<string> header, TraceLayout[] layouts)
    {
        // The format that lacks least is the likeliest to be meant.
        TraceLayout likely = layouts.Where(l => l.IsWhole).OrderByDescending(l => l.Required.Count(Has)).ThenByDescending(l => l.Required.Count(c => NearMiss.Of(c, header).Count > 0)).First();
        string missing = string.Join(", ", likely.Required.Where(c => !Has(c)).Select(c => $"'{c}'{NearMiss.Suggestion(c, header)}"));
        string formats = string.Join("; ", layouts.Where(l => l.IsWhole).Select(l => $"{l.Format}: {string.Join(", ", l.Required)}"));
        return new InputException([new Diagnostic(path, 1, 1, "", $"the header fits no known trace; found: {string.Join(", ", header)}; for {likely.Format} it lacks {missing}; allowed: {formats}; or name the columns of arrival, prompt and answer")]);

        bool Has(string column) => header.Contains(column);
    }

    private TraceLayout With(TraceOptions options) => this with
    {
        Arrival = options.ArrivalColumn ?? Arrival,
        Prompt = options.PromptColumn ?? Prompt,
        Output = options.OutputColumn ?? Output,
        Hashes = options.HashColumn ?? Hashes,
        HashTokens = options.HashTokens > 0 ? options.HashTokens : HashTokens,
        UnitSeconds = options.UnitSeconds > 0 ? options.UnitSeconds : UnitSeconds,
        Class = options.ClassColumn,
        Session = options.SessionColumn,
    };

    private TraceLayout Checked(string path) => IsWhole ? this
        : throw new InputException(path, $"the format {Format} has no columns of its own; name those of arrival, prompt and answer");
}

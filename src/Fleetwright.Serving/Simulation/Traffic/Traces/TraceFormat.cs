namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Kinds of trace files.</summary>
public enum TraceFormat
{
    /// <summary>Azure LLM inference traces of 2023 and 2024: csv with <c>TIMESTAMP</c> (a date), <c>ContextTokens</c>, <c>GeneratedTokens</c>.</summary>
    Azure,

    /// <summary>Mooncake: json lines with <c>timestamp</c> (ms), <c>input_length</c>, <c>output_length</c>, <c>hash_ids</c> (512 tokens each).</summary>
    Mooncake,

    /// <summary>BurstGPT: csv with <c>Timestamp</c> (s), <c>Request tokens</c>, <c>Response tokens</c>.</summary>
    BurstGpt,

    /// <summary>Vidur: csv with <c>arrived_at</c> (s), <c>num_prefill_tokens</c>, <c>num_decode_tokens</c>.</summary>
    Vidur,

    /// <summary>Any csv with a header, columns named by options.</summary>
    Csv,

    /// <summary>Any json lines, fields named by options.</summary>
    JsonLines,
}

/// <summary>How a trace file is read. Columns that are null are the format's.</summary>
public sealed record TraceOptions
{
    /// <summary>The format; null to tell it from the first line.</summary>
    public TraceFormat? Format { get; init; }

    /// <summary>The column of arrival times, numbers or dates; empty for none, when all requests are there at time 0.</summary>
    public string? ArrivalColumn { get; init; }

    /// <summary>The column of prompt tokens.</summary>
    public string? PromptColumn { get; init; }

    /// <summary>The column of answer tokens.</summary>
    public string? OutputColumn { get; init; }

    /// <summary>The column of class names; null for one class. Classes are numbered as they first appear.</summary>
    public string? ClassColumn { get; init; }

    /// <summary>The column of session names; null for none. Name one only where each prompt begins with the one before and its answer.</summary>
    public string? SessionColumn { get; init; }

    /// <summary>The field of prompt hashes (json lines).</summary>
    public string? HashColumn { get; init; }

    /// <summary>Tokens that a prompt hash stands for; 0 for the format's.</summary>
    public int HashTokens { get; init; }

    /// <summary>Seconds of one unit of the arrival column; 0 for the format's, 1 when it has none. Dates have no unit.</summary>
    public double UnitSeconds { get; init; }

    /// <summary>Whether time 0 is the first request's; null for yes with dates and no with numbers.</summary>
    public bool? FromFirst { get; init; }

    /// <summary>Whether lines with no prompt or no answer (failed requests) are skipped and counted instead of being an error.</summary>
    public bool SkipEmpty { get; init; }

    /// <summary>Lines that a request may come too late in the file; they are held in memory.</summary>
    public int ReorderLines { get; init; } = 1 << 16;
}

using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Edge.Importing;

/// <summary>A run with what its tool does not say, as a row of measured devices: the columns that <c>calibrate --rows</c> and <c>device predict</c> read.</summary>
public sealed record ImportedRow
{
    private static readonly (string Name, Func<ImportedRow, string> Text)[] Cells =
    [
        ("row_id", r => r.Id),
        ("device", r => r.Device),
        ("device_class", r => r.DeviceClass),
        ("soc", r => r.Soc),
        ("backend", r => r.Backend),
        ("engine", r => r.Engine),
        ("model", r => r.Model),
        ("params_b", r => Number(r.Parameters * 1e-9, 3)),
        ("quant", r => r.Quantisation),
        ("prompt_tokens", r => Number(r.Run.PromptTokens, 0)),
        ("gen_tokens", r => Number(r.Run.GeneratedTokens, 0)),
        ("prefill_tok_s", r => Number(r.Run.PrefillTokensPerSecond, 3)),
        ("decode_tok_s", r => Number(r.Run.DecodeTokensPerSecond, 3)),
        ("ttft_ms", r => Number(r.Run.FirstTokenSeconds * 1e3, 3)),
        ("peak_mem_mb", _ => ""),
        ("avg_power_w", _ => ""),
        ("j_per_token", _ => ""),
        ("load_state", r => r.LoadState),
        ("source_id", _ => "import"),
        ("source_ref", r => r.Source),
        ("confidence", _ => "A"), // a primary source, read by the program itself
        ("notes", r => r.Notes),
    ];

    /// <summary>The columns, in their order.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. Cells.Select(c => c.Name)];

    /// <summary>Name of the row, its own among all rows that are read together.</summary>
    public required string Id { get; init; }

    /// <summary>The run.</summary>
    public required ImportedRun Run { get; init; }

    /// <summary>The device, for people.</summary>
    public required string Device { get; init; }

    /// <summary>phone, headset, glasses, tv-class, edge, mac or pc.</summary>
    public required string DeviceClass { get; init; }

    /// <summary>The system-on-chip.</summary>
    public required string Soc { get; init; }

    /// <summary>cpu, gpu, npu, or ane for Apple's.</summary>
    public required string Backend { get; init; }

    /// <summary>The engine.</summary>
    public required string Engine { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Parameters that one token reads; null when not known.</summary>
    public double? Parameters { get; init; }

    /// <summary>The quantisation.</summary>
    public required string Quantisation { get; init; }

    /// <summary>burst, warm or sustained.</summary>
    public required string LoadState { get; init; }

    /// <summary>Name of the file that the run stood in.</summary>
    public required string Source { get; init; }

    /// <summary>What else is known of it.</summary>
    public string Notes { get; init; } = "";

    /// <summary>Rows as comma-separated text with a header line.</summary>
    public static string Csv(IEnumerable<ImportedRow> rows) =>
        string.Concat(rows.Select(r => CsvText.Line(Cells.Select(c => c.Text(r)))).Prepend(CsvText.Line(Columns)));

    /// <summary>The word for a device's class in rows.</summary>
    public static string ClassOf(Device device) => device.Kind switch
    {
        DeviceKind.Phone => "phone",
        DeviceKind.Headset => "headset",
        DeviceKind.Glasses => "glasses",
        DeviceKind.Television => "tv-class",
        DeviceKind.Board => "edge",
        _ => device.Vendor == "Apple" ? "mac" : "pc",
    };

    private static string Number(double? value, int decimals) =>
        value is { } v ? Math.Round(v, decimals).ToString("0.###", CultureInfo.InvariantCulture) : "";
}

using Fleetwright.Hardware.Tables;

namespace Fleetwright.Hardware.Published;

/// <summary>One measured setting of splitwise-sim, the median of its repeats.</summary>
/// <param name="Model">Catalogue name of the model.</param>
/// <param name="Hardware">Name of the machine in the table.</param>
/// <param name="TensorParallel">Chips of the replica.</param>
/// <param name="Prompt">Prompt tokens of each sequence.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Tokens">Output tokens asked for.</param>
/// <param name="PeakPower">Highest sample of the power, as a share of the limit; 0 when not measured.</param>
/// <param name="AveragePower">Mean power of the whole run, as a share of the limit; 0 when not measured.</param>
/// <param name="PrefillSeconds">Time to the first token.</param>
/// <param name="DecodeSeconds">Mean time of a decode iteration.</param>
/// <param name="TotalSeconds">The whole run.</param>
internal sealed record SplitwiseSetting(
    string Model, string Hardware, int TensorParallel, double Prompt, double Batch, double Tokens,
    double PeakPower, double AveragePower, double PrefillSeconds, double DecodeSeconds, double TotalSeconds)
{
    /// <summary>Tokens that were really generated: some long runs ended early.</summary>
    public double Generated => Math.Min(Tokens, ((TotalSeconds - PrefillSeconds) / DecodeSeconds) + 1);

    /// <summary>Whether prefill and iterations add up to the run within a tenth: where they do not, the batch did not fit and ran in parts.</summary>
    public bool RanAsOneBatch => Tokens != 128 || Math.Abs(((PrefillSeconds + ((Tokens - 1) * DecodeSeconds)) / TotalSeconds) - 1) < 0.1;

    /// <summary>
    /// Whether its power can be used: measured (it is zero on H100 and for long runs), and of a chip that worked all the time. Llama 2 knows 4,096
    /// positions; asked for more, its mean power falls, at 8,192 to 0.17 to 0.18 of the limit: a chip at rest.
    /// </summary>
    public bool HasPower => AveragePower > 0 && (Model != "llama-2-70b" || Prompt + Tokens <= 4096);
}

/// <summary>
/// splitwise-sim's measurements (Patel et al., Splitwise, ISCA 2024; data/perf_model.csv, commit 8f99e7d): prefill time, iteration time and power of
/// Llama-2-70B and BLOOM-176B in static batches on DGX A100 and DGX H100, under vLLM of 2023, which launches every kernel from the host.
/// </summary>
internal static class Splitwise
{
    /// <summary>The table, below the folder of public measurements.</summary>
    public const string Table = "traces/splitwise-sim/perf_model.csv.gz";

    /// <summary>The capped H100: its prefill is exactly 1.3 times the uncapped one and its iterations are equal, row by row, so it is derived and not measured.</summary>
    public const string CappedHardware = "h100-80gb-pcap";

    /// <summary>Reads the settings of one machine that ran as one batch.</summary>
    /// <param name="path">The table.</param>
    /// <param name="hardware">Name of the machine in the table.</param>
    public static IReadOnlyList<SplitwiseSetting> Read(string path, string hardware)
    {
        return [.. CsvTable.Read(path).Rows.Where(r => r["hardware"] == hardware)
            .GroupBy(r => (r["model"], r.Number("tensor_parallel"), r.Number("prompt_size"), r.Number("batch_size"), r.Number("token_size")))
            .Select(g => new SplitwiseSetting(
                g.Key.Item1 == "llama2-70b" ? "llama-2-70b" : g.Key.Item1, hardware, (int)g.Key.Item2, g.Key.Item3, g.Key.Item4, g.Key.Item5,
                Median(g, "peak_power"), Median(g, "average_power"), 1e-3 * Median(g, "prompt_time"), 1e-3 * Median(g, "token_time"), 1e-3 * Median(g, "e2e_time")))
            .Where(s => s.RanAsOneBatch)];

        static double Median(IEnumerable<CsvRow> rows, string column)
        {
            double[] values = [.. rows.Select(r => r.Number(column)).Order()];
            return values[values.Length / 2];
        }
    }
}

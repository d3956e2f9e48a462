using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Validation.Sections.Kernels;

/// <summary>Walks the measured tables of kernels, kind by kind and chip by chip.</summary>
internal static class MeasuredTables
{
    /// <summary>Titles of the kinds.</summary>
    public static string Words(OperatorTable table) => table.Name switch
    {
        "gemm" => "products",
        "moe" => "experts",
        "context_attention" => "prefill attention",
        "generation_attention" => "decode attention",
        "custom_allreduce" => "custom all-reduce",
        string name => name,
    };

    /// <summary>Scores every table that is there.</summary>
    /// <param name="to">Gives data; notes what is absent.</param>
    /// <param name="table">The kind.</param>
    /// <param name="score">Scores a table.</param>
    public static IReadOnlyList<(string Chip, TableScore Score)> Each(SectionBuilder to, OperatorTable table, Func<ChipModel, OperatorTable, string, CancellationToken, TableScore> score)
    {
        var scores = new List<(string, TableScore)>();
        foreach ((string chip, string folder) in Calibrator.Measured)
        {
            if (to.Find($"kernels/{folder}/{table.Name}.csv.gz") is { } path)
            {
                to.Cancellation.ThrowIfCancellationRequested();
                to.Context.Progress($"  {table.Name} on {chip}");
                scores.Add((chip, score(ChipModel.For(to.Catalog, chip), table, path, to.Cancellation)));
            }
        }

        return scores;
    }
}

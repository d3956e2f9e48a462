using System.Globalization;
using System.Text;
using Fleetwright.Hardware.Tables;
using Fleetwright.Scenarios.Results;

namespace Fleetwright.Scenarios.Output;

/// <summary>The tables of a run as CSV (RFC 4180): one row a line, units in the column heads, numbers as in <c>results.json</c>.</summary>
public static class CsvTables
{
    /// <summary>Every table: file name and text.</summary>
    public static IEnumerable<(string File, string Text)> Of(RunResults results)
    {
        IReadOnlyList<string> quarters = results.Scenario.Quarters;
        yield return ("demand.csv", Table(
            ["product", "quarter", "active_users", "peak_turns_per_second"],
            results.Demand.Products.SelectMany(p => quarters.Select((q, t) => (object?[])[p.Name, q, p.ActiveUsers[t], p.PeakTurnsPerSecond[t]]))));
        yield return ("load.csv", Table(
            ["workload", "quarter", "unit", "peak"],
            results.Demand.Workloads.SelectMany(w => quarters.Select((q, t) => (object?[])[w.Name, q, w.Unit, w.Peak[t]]))));
        yield return ("placement.csv", Table(
            ["product", "device", "device_model", "device_share", "phone_share", "cloud_share", "unserved_share", "flip_prompt_tokens", "battery_hours", "joules_per_turn", "ram_bytes", "reason"],
            results.Placement.Select(p => (object?[])[p.Product, p.Device, p.DeviceModel, p.DeviceShare, p.PhoneShare, p.CloudShare, p.UnservedShare, p.FlipPromptTokens, p.BatteryHours, p.JoulesPerTurn, p.RamBytes, p.Reason])));
        yield return ("serving.csv", Table(
            ["workload", "chip", "feasible", "layout", "precision", "chips_per_replica", "concurrency", "ttft_p99_seconds", "tpot_p99_seconds", "tokens_per_second_per_chip", "load_per_chip", "dollars_per_million", "dollars_per_million_low", "dollars_per_million_high", "joules_per_unit", "reason"],
            results.Serving.SelectMany(w => w.Options.Select(o => (object?[])[w.Workload, o.Chip, o.Feasible, o.Layout, o.Precision, o.ChipsPerReplica, o.Concurrency, o.TtftP99Seconds, o.TpotP99Seconds, o.TokensPerSecondPerChip, o.LoadPerChip, o.DollarsPerMillion, o.DollarsPerMillionLow, o.DollarsPerMillionHigh, o.JoulesPerUnit, o.Reason]))));
        yield return ("training.csv", Table(
            ["job", "chip", "feasible", "chips", "layout", "step_seconds", "mfu", "goodput", "days", "dollars", "joules", "reason"],
            results.Training.SelectMany(j => j.Options.Select(o => (object?[])[j.Job, o.Chip, o.Feasible, o.Chips, o.Layout, o.StepSeconds, o.Mfu, o.Goodput, o.Days, o.Dollars, o.Joules, o.Reason]))));
        if (results.Supply is { } supply)
        {
            yield return ("orders.csv", Table(
                ["quarter", "offer", "chip", "maker", "site", "chips", "dollars", "delivery_quarter"],
                supply.Orders.Select(o => (object?[])[o.Quarter, o.Offer, o.Chip, o.Maker, o.Site, o.Chips, o.Dollars, o.DeliveryQuarter])));
            yield return ("fleet.csv", Table(
                ["chip", "maker", "site", "quarter", "chips"],
                supply.Fleet.SelectMany(f => quarters.Select((q, t) => (object?[])[f.Chip, f.Maker, f.Site, q, f.Chips[t]]))));
            yield return ("futures.csv", Table(
                ["future", "probability", "dollars", "unserved_share"],
                supply.FutureCosts.Select(f => (object?[])[f.Name, f.Probability, f.Dollars, f.UnservedShare])));
        }
    }

    private static string Table(IReadOnlyList<string> heads, IEnumerable<object?[]> rows)
    {
        var text = new StringBuilder();
        text.AppendJoin(',', heads).Append('\n');
        foreach (object?[] row in rows)
        {
            text.AppendJoin(',', row.Select(Cell)).Append('\n');
        }

        return text.ToString();
    }

    private static string Cell(object? value)
    {
        string text = value switch
        {
            null => "",
            bool b => b ? "true" : "false",
            double d => d.ToString("R", CultureInfo.InvariantCulture),
            IFormattable f => f.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString() ?? "",
        };
        return CsvText.Field(text);
    }
}

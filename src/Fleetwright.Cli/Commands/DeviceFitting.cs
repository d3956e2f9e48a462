using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge;
using Fleetwright.Edge.Devices;

namespace Fleetwright.Cli.Commands;

/// <summary>What <c>fleetwright device</c> says of a model that does not fit.</summary>
internal static class DeviceFitting
{
    private const double GiB = 1024.0 * 1024 * 1024;

    /// <summary>By how much it does not fit, and what would.</summary>
    public static string WhyNot(CommandContext context, DeviceModel prepared, ILocalInference whole, DeviceEstimate e, ModelSpec spec, TurnRequest request)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        string text = string.Create(
            c, $"{spec.Title} in {e.Weights.Name()} needs {e.MemoryBytes.Value / GiB:0.00} GiB with {e.Engine.Title} at {request.ContextTokens:0} tokens of context; an app on {e.Device.Title} may hold {e.MemoryLimitBytes / GiB:0.00} GiB: {e.ShortBytes / GiB:0.00} GiB too much");
        double largest = whole.LargestContext();
        text += largest >= 1 ? string.Create(c, $"; {largest:#,0} tokens of context would fit") : LargestFitting(context, prepared) is { } other ? $"; the largest model of the catalogue that fits is {other}" : "; no model of the catalogue fits";
        if (e.Device.FlashRead is not { } flash)
        {
            return text;
        }

        double step = prepared.DecodeSeconds(request.PromptTokens), read = prepared.PagedDecodeSeconds(request.PromptTokens) - step;
        Band speed = new Band(step + read, step + (read * flash.Value / flash.High), step + (read * flash.Value / flash.Low)).Reciprocal();
        return $"{text}; where the system reads what is missing from flash for every token it writes {DeviceCommand.Range(speed, 1, "0.00", c)} tokens/s";
    }

    private static string? LargestFitting(CommandContext context, DeviceModel prepared)
    {
        (string Name, double Bytes)? best = null;
        foreach (ModelSpec other in context.Catalog.Models.All.Where(m => m.Ranking is null))
        {
            foreach (Dtype weights in prepared.Engine.Formats.Keys)
            {
                MemoryNeed need = new DeviceModel(prepared.Device, prepared.Engine, prepared.Unit.Kind, other, weights).Memory(Math.Min(2048, other.MaximumContext));
                if (need.ShortBytes <= 0 && need.Bytes > (best?.Bytes ?? 0))
                {
                    best = ($"{other.Name} in {weights.Name()}", need.Bytes);
                }
            }
        }

        return best?.Name;
    }
}

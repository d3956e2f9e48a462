using System.CommandLine;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that name a device and what runs on it.</summary>
internal sealed class DeviceOptions
{
    public Option<string> Device { get; } = new("--device") { Description = "A device of the catalogue." };

    public Option<string> Model { get; } = new("--model") { Description = "A model of the catalogue, a Hugging Face repository, or the path of a config.json." };

    public Option<string?> Engine { get; } = new("--engine") { Description = "A device engine of the catalogue. Left out: the one with the surest, then fastest decode." };

    public Option<string?> Unit { get; } = new("--unit") { Description = "cpu, gpu or npu. Left out: the one with the fastest decode." };

    public Option<string?> Dtype { get; } = new("--dtype") { Description = "Number format of the weights (int4 when left out)." };

    public Option<bool> InApp { get; } = new("--in-app") { Description = "Inside an app framework, with the engine's integration penalty." };

    public IEnumerable<Option> All => [Device, Model, Engine, Unit, Dtype, InApp];

    /// <summary>The device.</summary>
    public Device DeviceOf(CommandContext context, ParseResult parsed) =>
        context.Catalog.Devices.Get(parsed.GetValue(Device) ?? throw new InputException(Device.Name, "is missing; 'fleetwright device list' lists the devices"));

    /// <summary>The model.</summary>
    public ModelSpec ModelOf(CommandContext context, ParseResult parsed)
    {
        ModelSpec spec = ServingOptions.Model(context, parsed.GetValue(Model) ?? throw new InputException(Model.Name, "is missing; 'fleetwright catalog list models' lists the models"));
        return spec.Ranking is null ? spec : throw new InputException(Model.Name, $"{spec.Name} is a ranking model; devices run language models");
    }

    /// <summary>The unit asked for, or null.</summary>
    public ComputeUnitKind? UnitOf(ParseResult parsed) => KindOf(parsed.GetValue(Unit), Unit.Name);

    /// <summary>The number format of the weights.</summary>
    public Dtype WeightsOf(ParseResult parsed) => CommonOptions.Format(parsed, Dtype, Catalog.Units.Dtype.Int4);

    /// <summary>The engine asked for, or the surest for a unit.</summary>
    public DeviceEngine EngineOf(CommandContext context, ParseResult parsed, Device device, ComputeUnitKind? kind) =>
        parsed.GetValue(Engine) is { } name ? context.Catalog.DeviceEngines.Get(name) : Surest(context, device, kind, WeightsOf(parsed));

    /// <summary>The kind of unit that a text names; null for none.</summary>
    public static ComputeUnitKind? KindOf(string? text, string option)
    {
        if (text is null)
        {
            return null;
        }

        foreach ((string name, ComputeUnitKind kind) in DeviceReader.UnitKinds)
        {
            if (name == text)
            {
                return kind;
            }
        }

        throw new InputException(option, $"found '{text}'; allowed: {string.Join(", ", DeviceReader.UnitKinds.Select(k => k.Name))}");
    }

    // Measured before transferred before unmeasured; then by streaming rate.
    private static DeviceEngine Surest(CommandContext context, Device device, ComputeUnitKind? kind, Dtype weights)
    {
        (DeviceEngine Engine, bool Measured, double Rate)? best = null;
        foreach (DeviceEngine engine in context.Catalog.DeviceEngines.All.Where(e => e.Formats.ContainsKey(weights)))
        {
            foreach (ComputeUnit unit in device.Units.Where(u => kind is null || u.Kind == kind))
            {
                if (UnitSelection.ClassFor(device, engine, unit) is { } found)
                {
                    bool measured = found.DecodeError is not null && found.MeasuredOn.Contains(device.Soc);
                    double rate = found.BandwidthEfficiency.Value * ((unit.ReadBandwidth ?? device.MemoryBandwidth)?.Value ?? 0);
                    if (best is not { } b || (measured && !b.Measured) || (measured == b.Measured && rate > b.Rate))
                    {
                        best = (engine, measured, rate);
                    }
                }
            }
        }

        return best?.Engine ?? throw new InputException("--engine", $"no device engine of the catalogue has coefficients for {device.Title} in {weights.Name()}");
    }
}

using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Display;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright device frames --device D --model M …</c>: does a model beside a scene drop frames, and what would streaming the scene cost?</summary>
internal static class DeviceFramesCommand
{
    public static Command Create(CommandContext context)
    {
        var chosen = new DeviceOptions();
        var render = new Option<string?>("--render") { Description = "One of the device's scenes, such as 90hz. Left out: all of them." };
        var tokens = new Option<int>("--context") { Description = "Tokens of context at which the model replies.", DefaultValueFactory = _ => 512 };
        var variation = new Option<string?>("--variation") { Description = "Standard deviation over mean of a frame's GPU time (0.05 when left out, an assumption)." };
        Option<string?> stream = CommonOptions.QuantityOption("--stream", "Bit rate of the scene if it is drawn elsewhere and streamed (100 Mb/s when left out).", Dimension.ByteRate);
        var network = new Option<string?>("--network") { Description = "The way to the machine that would draw it. Left out: a computer at home on the same Wi-Fi." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("frames", "Frames that a model beside a rendered scene drops, and motion to photon drawn here or streamed. Estimates: none of it is measured on a headset.")
            { render, tokens, variation, stream, network, json };
        foreach (Option option in chosen.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            Device device = chosen.DeviceOf(context, parsed);
            ModelSpec spec = chosen.ModelOf(context, parsed);
            IReadOnlyList<RenderLoad> loads = LoadsOf(device, parsed.GetValue(render));
            int held = CommonOptions.Whole(parsed, tokens, 1, 10_000_000);
            double spread = CommonOptions.Number(parsed, variation, 0, 2) ?? 0.05;
            double bits = 8 * (CommonOptions.Quantity(parsed, stream, Dimension.ByteRate, 1e4, 1e12) ?? 12.5e6);
            NetworkProfile? way = parsed.GetValue(network) is { } name ? context.Catalog.Networks.Get(name) : null;
            Dtype weights = chosen.WeightsOf(parsed);
            var rows = new List<Row>();
            foreach (RenderLoad load in loads)
            {
                foreach (DeviceModel model in Models(context, parsed, chosen, device, spec, weights, load))
                {
                    rows.Add(new Row(model.Engine.Name, model.Unit.Kind, model.Memory(held).ShortBytes <= 0, FrameBudget.Of(device, load, model, held, spread)));
                }
            }

            var streams = loads.Select(l => new Streamed(l.Name, SplitRendering.Of(l.RefreshRate.Value, bits, way, device.Display?.Pixels.Value ?? 0))).ToList();
            if (parsed.GetValue(json))
            {
                context.WriteJson(new Answer(
                    device.Name, spec.Name, weights.Name(), "estimate", held, spread, bits, way?.Name, device.Display?.Passthrough?.Value,
                    [.. rows.Select(r => RowAnswer.Of(device, r))], [.. streams.Select(StreamAnswer.Of)]));
            }
            else
            {
                Write(context, device, spec, weights, held, spread, bits, way, rows, streams);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static IReadOnlyList<RenderLoad> LoadsOf(Device device, string? name)
    {
        if (device.RenderLoads.Count == 0)
        {
            throw new InputException("--device", $"{device.Title} has no render loads in the catalogue; headsets and televisions have");
        }

        return name is null ? device.RenderLoads
            : [device.RenderLoads.FirstOrDefault(l => l.Name == name) ?? throw new InputException("--render", $"found '{name}'; {device.Title} has {string.Join(", ", device.RenderLoads.Select(l => l.Name))}")];
    }

    // The unit asked for, or each that the engine (or the surest one for it) runs on.
    private static IEnumerable<DeviceModel> Models(CommandContext context, ParseResult parsed, DeviceOptions chosen, Device device, ModelSpec spec, Dtype weights, RenderLoad load)
    {
        ComputeUnitKind? asked = chosen.UnitOf(parsed);
        if (asked is not null || parsed.GetValue(chosen.Engine) is not null)
        {
            DeviceEngine engine = chosen.EngineOf(context, parsed, device, asked);
            ComputeUnitKind[] kinds = asked is { } one ? [one] : [.. device.Units.Where(u => UnitSelection.ClassFor(device, engine, u) is not null).Select(u => u.Kind)];
            if (kinds.Length == 0)
            {
                _ = UnitSelection.Choose(device, engine, null);
            }

            return kinds.Select(k => new DeviceModel(device, engine, k, spec, weights, load.Name, parsed.GetValue(chosen.InApp)));
        }

        return device.Units
            .Where(u => context.Catalog.DeviceEngines.All.Any(e => e.Formats.ContainsKey(weights) && UnitSelection.ClassFor(device, e, u) is not null))
            .Select(u => new DeviceModel(device, chosen.EngineOf(context, parsed, device, u.Kind), u.Kind, spec, weights, load.Name, parsed.GetValue(chosen.InApp)));
    }

    private static void Write(CommandContext context, Device device, ModelSpec spec, Dtype weights, int held, double spread, double bits, NetworkProfile? way, List<Row> rows, List<Streamed> streams)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        TextWriter output = context.Output;
        output.WriteLine(string.Create(c, $"{spec.Name} in {weights.Name()} beside a rendered scene on {device.Title}, replying at {held} tokens of context; frames vary by {spread * 100:0.#} %"));
        output.WriteLine("  ESTIMATE: no measurement of a language model beside rendering is published; scenes are assumptions with bands");
        output.WriteLine(string.Create(c, $"  drawn: GPU time of a frame beside the model; slice: longest piece of its work that the GPU does not interrupt; late: frames in a thousand; the case sheds {device.SustainedPower.Value:0.0} W"));
        context.WriteTable(
            ["scene", "engine", "unit", "frame ms>", "drawn ms>", "slice ms>", "late alone ‰>", "late beside ‰>", "tokens/s>", "W>", "throttles min>"],
            rows.Select(r => (IReadOnlyList<string>)
            [
                r.Frames.Load, r.Engine, r.Unit.ToString().ToLowerInvariant(), Ms(r.Frames.FrameSeconds), Ms(r.Frames.StretchedSeconds),
                r.Frames.SliceSeconds > 0 ? Ms(r.Frames.SliceSeconds) : "–", PerThousand(r.Frames.DroppedAlone), PerThousand(r.Frames.DroppedBeside),
                string.Create(c, $"{r.Frames.TokensPerSecond.Value:0.0} ({r.Frames.TokensPerSecond.Low:0.0}–{r.Frames.TokensPerSecond.High:0.0})") + (r.Fits ? "" : " does not fit"),
                string.Create(c, $"{r.Frames.Watts:0.0}"),
                double.IsInfinity(r.Frames.SecondsToThrottle) ? "never" : string.Create(c, $"{r.Frames.SecondsToThrottle / 60:0.0}"),
            ]));
        output.WriteLine(string.Create(c, $"motion to photon of a hand, drawn here or streamed at {bits / 1e6:0.#} Mb/s ({way?.Title ?? "a computer at home on the same Wi-Fi"}); ±15 %, one streaming program in three buffers more")
            + (device.Display?.Passthrough is { } passthrough ? string.Create(c, $"; cameras to eyes {passthrough.Value * 1e3:0} ms") : ""));
        context.WriteTable(
            ["scene", "drawn here ms>", "streamed p50 ms>", "streamed p95 ms>", "frame kB>", "frame p99 kB>", "bits a pixel>", "share of the downlink>"],
            streams.Select(s => (IReadOnlyList<string>)
            [
                s.Load, Ms(s.Result.Local.Value), Ms(s.Result.Median.Value), Ms(s.Result.Tail.Value), string.Create(c, $"{s.Result.FrameBytes / 1e3:0}"), string.Create(c, $"{s.Result.FrameBytesP99 / 1e3:0}"),
                double.IsNaN(s.Result.BitsPerPixel) ? "–" : string.Create(c, $"{s.Result.BitsPerPixel:0.000}"), way is null ? "–" : string.Create(c, $"{s.Result.LinkShare * 100:0} %") + (s.Result.LinkShare > 1 ? " cannot be carried" : ""),
            ]));

        string Ms(double seconds) => (seconds * 1e3).ToString("0.0", c);

        string PerThousand(Band share) => string.Create(c, $"{share.Value * 1e3:0.0} ({share.Low * 1e3:0.0}–{share.High * 1e3:0.0})");
    }

    private sealed record Row(string Engine, ComputeUnitKind Unit, bool Fits, FrameResult Frames);

    private sealed record Streamed(string Load, SplitRenderingResult Result);

    private sealed record RowAnswer(
        string Scene, string Engine, ComputeUnitKind Unit, bool Fits, double FrameSeconds, double RenderSeconds, double StretchedSeconds, double SliceSeconds,
        Band LateShareAlone, Band LateShareBeside, Band TokensPerSecond, double Watts, double SustainedWatts, double? SecondsToThrottle)
    {
        public static RowAnswer Of(Device device, Row r) => new(
            r.Frames.Load, r.Engine, r.Unit, r.Fits, r.Frames.FrameSeconds, r.Frames.RenderSeconds, r.Frames.StretchedSeconds, r.Frames.SliceSeconds,
            r.Frames.DroppedAlone, r.Frames.DroppedBeside, r.Frames.TokensPerSecond, r.Frames.Watts, device.SustainedPower.Value,
            double.IsFinite(r.Frames.SecondsToThrottle) ? r.Frames.SecondsToThrottle : null);
    }

    private sealed record StreamAnswer(string Scene, Band LocalSeconds, Band StreamedP50Seconds, Band StreamedP95Seconds, double FrameBytes, double FrameBytesP99, double? BitsPerPixel, double LinkShare)
    {
        public static StreamAnswer Of(Streamed s) => new(
            s.Load, s.Result.Local, s.Result.Median, s.Result.Tail, s.Result.FrameBytes, s.Result.FrameBytesP99, double.IsNaN(s.Result.BitsPerPixel) ? null : s.Result.BitsPerPixel, s.Result.LinkShare);
    }

    private sealed record Answer(
        string Device, string Model, string Weights, string Basis, int ContextTokens, double Variation, double StreamBitsPerSecond, string? Network, double? PassthroughSeconds,
        IReadOnlyList<RowAnswer> Frames, IReadOnlyList<StreamAnswer> Streams);
}

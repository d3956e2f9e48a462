using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright device --device D --model M …</c> and <c>device list</c>: what a device does with a model.</summary>
internal static class DeviceCommand
{
    private const double GiB = 1024.0 * 1024 * 1024;
    private const int MostTokens = 10_000_000;

    public static Command Create(CommandContext context)
    {
        var device = new Option<string>("--device") { Description = "A device of the catalogue." };
        var model = new Option<string>("--model") { Description = "A model of the catalogue, a Hugging Face repository, or the path of a config.json." };
        var engine = new Option<string?>("--engine") { Description = "A device engine of the catalogue. Left out: the one with the surest, then fastest decode." };
        var unit = new Option<string?>("--unit") { Description = "cpu, gpu or npu. Left out: the one with the fastest decode." };
        var dtype = new Option<string?>("--dtype") { Description = "Number format of the weights (int4 when left out)." };
        var prompt = new Option<int>("--prompt") { Description = "Prompt tokens of a turn.", DefaultValueFactory = _ => 300 };
        var cached = new Option<int>("--cached") { Description = "Leading prompt tokens that are in memory already.", DefaultValueFactory = _ => 0 };
        var reply = new Option<int>("--reply") { Description = "Reply tokens of a turn.", DefaultValueFactory = _ => 80 };
        var held = new Option<int?>("--context") { Description = "Tokens of context that memory is held for (2,048, or prompt and reply if more, when left out)." };
        var turns = new Option<int>("--turns-per-hour") { Description = "Turns in an hour of use, for battery hours.", DefaultValueFactory = _ => 10 };
        var render = new Option<string?>("--render") { Description = "Scene rendered beside the model, such as 72hz." };
        var inApp = new Option<bool>("--in-app") { Description = "Inside an app framework, with the engine's integration penalty." };
        var voice = new Option<string>("--voice") { Description = "Stages of a spoken turn besides the model.", DefaultValueFactory = _ => "streaming" };
        Option<bool> json = CommonOptions.Json();
        var list = new Command("list", "List the devices.");
        list.SetAction(_ => List(context));
        var command = new Command("device", "Speed, memory, heat, battery and voice-to-voice time of a model on a device.")
            { device, model, engine, unit, dtype, prompt, cached, reply, held, turns, render, inApp, voice, json, list, DeviceImportCommand.Create(context) };
        command.SetAction(parsed =>
        {
            Device chosen = context.Catalog.Devices.Get(parsed.GetValue(device) ?? throw new InputException(device.Name, "is missing; 'fleetwright device list' lists the devices"));
            ModelSpec spec = ServingOptions.Model(context, parsed.GetValue(model) ?? throw new InputException(model.Name, "is missing; 'fleetwright catalog list models' lists the models"));
            if (spec.Ranking is not null)
            {
                throw new InputException(model.Name, $"{spec.Name} is a ranking model; devices run language models");
            }

            Dtype weights = CommonOptions.Format(parsed, dtype, Dtype.Int4);
            ComputeUnitKind? kind = UnitOf(parsed.GetValue(unit), unit.Name);
            int promptTokens = CommonOptions.Whole(parsed, prompt, 1, MostTokens), replyTokens = CommonOptions.Whole(parsed, reply, 0, MostTokens);
            int cachedTokens = CommonOptions.Whole(parsed, cached, 0, MostTokens);
            if (cachedTokens >= promptTokens)
            {
                throw new InputException(cached.Name, FormattableString.Invariant($"found {cachedTokens}; it must be less than the {promptTokens} prompt tokens"));
            }

            if (parsed.GetValue(held) is { } asked && (asked < promptTokens + replyTokens || asked > spec.MaximumContext))
            {
                throw new InputException(held.Name, FormattableString.Invariant($"found {asked}; allowed: prompt and reply ({promptTokens + replyTokens}) to the {spec.MaximumContext} tokens of {spec.Name}"));
            }

            DeviceEngine ran = parsed.GetValue(engine) is { } name ? context.Catalog.DeviceEngines.Get(name) : Surest(context, chosen, kind, weights);
            var prepared = new DeviceModel(chosen, ran, kind, spec, weights, parsed.GetValue(render), parsed.GetValue(inApp));
            var request = new TurnRequest(promptTokens, replyTokens, parsed.GetValue(held) ?? Math.Max(2048, promptTokens + replyTokens), cachedTokens, CommonOptions.Whole(parsed, turns, 0, 3600));
            DeviceEstimate estimate = prepared.Estimate(request);
            VoiceProfile stages = context.Catalog.VoiceProfiles.Get(parsed.GetValue(voice)!);
            VoiceTurn turn = VoiceTurn.Local(stages, prepared, _ => promptTokens - cachedTokens);
            Band uncertain = Uncertainty(estimate, stages);
            if (parsed.GetValue(json))
            {
                context.WriteJson(Answer.Of(estimate, request, turn, uncertain));
            }
            else if (estimate.Fits)
            {
                Write(context, estimate, request, turn, uncertain);
            }

            if (estimate.Fits)
            {
                return ExitCode.Success;
            }

            context.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"fleetwright: {spec.Title} in {weights.Name()} needs {estimate.MemoryBytes.Value / GiB:0.00} GiB with {ran.Title} at {request.ContextTokens:0} tokens of context; an app on {chosen.Title} may hold {estimate.MemoryLimitBytes / GiB:0.00} GiB: {estimate.ShortBytes / GiB:0.00} GiB too much"));
            return ExitCode.Infeasible;
        });
        return command;
    }

    private static int List(CommandContext context)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        context.WriteTable(
            ["device", "title", "chip", "app may hold>", "memory bandwidth>", "battery>", "sustained>"],
            context.Catalog.Devices.All.Select(d => (IReadOnlyList<string>)
            [
                d.Name, d.Title, d.Soc, string.Create(c, $"{d.AppMemoryLimit.Value / GiB:0.00} GiB"),
                d.MemoryBandwidth is { } bandwidth ? string.Create(c, $"{bandwidth.Value / 1e9:0} GB/s") : "undisclosed",
                d.Battery is { } battery ? string.Create(c, $"{battery.Value / 3600:0.0} Wh") : "mains", string.Create(c, $"{d.SustainedPower.Value:0.0} W"),
            ]));
        return ExitCode.Success;
    }

    private static ComputeUnitKind? UnitOf(string? text, string option)
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

    private static void Write(CommandContext context, DeviceEstimate e, TurnRequest request, VoiceTurn turn, Band uncertain)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        TextWriter output = context.Output;
        output.WriteLine(string.Create(c, $"{e.Model} in {e.Weights.Name()} on {e.Device.Title} ({e.Device.Soc}), {e.Engine.Title} on the {e.Unit.Title}: {request.PromptTokens:0} prompt and {request.ReplyTokens:0} reply tokens"));
        output.WriteLine(e.Basis == EstimateBasis.Measured ? $"  basis: {e.BasisText}" : $"  UNMEASURED on this device, an estimate: {e.BasisText}");
        output.WriteLine($"  prefill {Range(e.PrefillTokensPerSecond, 1, "0", c)} tokens/s, first token after {Range(e.FirstTokenSeconds, 1, "0.00", c)} s");
        output.WriteLine($"  decode {Range(e.DecodeTokensPerSecond, 1, "0.0", c)} tokens/s cool, {Range(e.SustainedTokensPerSecond, 1, "0.0", c)} sustained; limited by {LimitText(e.Limit)}");
        output.WriteLine($"  memory {Range(e.MemoryBytes, 1 / GiB, "0.00", c)} of {(e.MemoryLimitBytes / GiB).ToString("0.00", c)} GiB ({(e.MemoryBytes.Value / e.MemoryLimitBytes * 100).ToString("0", c)} %)"
            + (e.Sessions > 1 ? string.Create(c, $", in {e.Sessions} sessions of the {e.Unit.Title}") : ""));
        output.WriteLine($"  power {Range(e.DecodeWatts, 1, "0.0", c)} W while replying; "
            + (double.IsInfinity(e.SecondsToThrottle) ? "never throttles" : string.Create(c, $"throttles after {e.SecondsToThrottle / 60:0.0} min of replying without a pause")));
        output.WriteLine($"  energy {Range(e.JoulesPerTurn, 1, "0.0", c)} J a turn"
            + (e.BatteryPerTurn is { } share ? $", {Range(share, 100, "0.000", c)} % of the battery; {Range(e.BatteryHours!.Value, 1, "0.0", c)} h of use at {request.TurnsPerHour.ToString("0", c)} turns an hour" : "; on mains"));
        output.WriteLine($"  voice-to-voice {Range(At(turn, 0.5, uncertain), 1, "0.00", c)} s at p50, {Range(At(turn, 0.95, uncertain), 1, "0.00", c)} s at p95");
        context.WriteTable(
            ["stage", "where", "p50 ms>", "p95 ms>"],
            turn.Stages.Select(s => (IReadOnlyList<string>)[s.Name, s.Tier.ToString(), (s.Seconds.Quantile(0.5) * 1e3).ToString("0", c), (s.Seconds.Quantile(0.95) * 1e3).ToString("0", c)]));
    }

    // How much sooner or later the model's two stages may be than estimated, in seconds; a constant shifts every quantile alike.
    private static Band Uncertainty(DeviceEstimate e, VoiceProfile voice)
    {
        Band first = e.FirstTokenSeconds;
        Band phrase = e.DecodeTokensPerSecond.Reciprocal(voice.FirstPhraseTokens.Value);
        return new Band(0, first.Low - first.Value + phrase.Low - phrase.Value, first.High - first.Value + phrase.High - phrase.Value);
    }

    private static Band At(VoiceTurn turn, double probability, Band uncertain)
    {
        double seconds = turn.Total.Quantile(probability);
        return new Band(seconds, seconds + uncertain.Low, seconds + uncertain.High);
    }

    private static string Range(Band band, double factor, string format, CultureInfo c) =>
        $"{(band.Value * factor).ToString(format, c)} ({(band.Low * factor).ToString(format, c)}–{(band.High * factor).ToString(format, c)})";

    private static string LimitText(DecodeLimit limit) => limit switch
    {
        DecodeLimit.WeightBandwidth => "reading weights from memory",
        DecodeLimit.CacheBandwidth => "reading the context's cache from memory",
        DecodeLimit.StepOverhead => "the engine's overhead per token",
        _ => "power",
    };

    private sealed record Stage(string Name, Tiers Tier, double P50Seconds, double P95Seconds);

    private sealed record Answer(
        string Device, string Soc, string Engine, ComputeUnitKind Unit, string UnitTitle, string Model, string Weights, EstimateBasis Basis, string BasisText,
        double PromptTokens, double ReplyTokens, double ContextTokens, bool Fits, Band MemoryBytes, double MemoryLimitBytes, double ShortBytes, int Sessions,
        Band PrefillTokensPerSecond, Band FirstTokenSeconds, Band DecodeTokensPerSecond, Band SustainedTokensPerSecond, DecodeLimit Limit,
        Band PrefillWatts, Band DecodeWatts, Band JoulesPerToken, Band JoulesPerTurn, Band? BatteryPerTurn, Band? BatteryHours, double? SecondsToThrottle,
        double VoiceToVoiceP50Seconds, double VoiceToVoiceP95Seconds, Band VoiceToVoiceP50Band, Band VoiceToVoiceP95Band, IReadOnlyList<Stage> Stages)
    {
        public static Answer Of(DeviceEstimate e, TurnRequest r, VoiceTurn t, Band uncertain) => new(
            e.Device.Name, e.Device.Soc, e.Engine.Name, e.Unit.Kind, e.Unit.Title, e.Model, e.Weights.Name(), e.Basis, e.BasisText,
            r.PromptTokens, r.ReplyTokens, r.ContextTokens, e.Fits, e.MemoryBytes, e.MemoryLimitBytes, e.ShortBytes, e.Sessions,
            e.PrefillTokensPerSecond, e.FirstTokenSeconds, e.DecodeTokensPerSecond, e.SustainedTokensPerSecond, e.Limit,
            e.PrefillWatts, e.DecodeWatts, e.JoulesPerToken, e.JoulesPerTurn, e.BatteryPerTurn, e.BatteryHours, double.IsFinite(e.SecondsToThrottle) ? e.SecondsToThrottle : null,
            t.Total.Quantile(0.5), t.Total.Quantile(0.95), At(t, 0.5, uncertain), At(t, 0.95, uncertain), [.. t.Stages.Select(s => new Stage(s.Name, s.Tier, s.Seconds.Quantile(0.5), s.Seconds.Quantile(0.95)))]);
    }
}

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
        var chosen = new DeviceOptions();
        var prompt = new Option<int>("--prompt") { Description = "Prompt tokens of a turn.", DefaultValueFactory = _ => 300 };
        var cached = new Option<int>("--cached") { Description = "Leading prompt tokens that are in memory already.", DefaultValueFactory = _ => 0 };
        var reply = new Option<int>("--reply") { Description = "Reply tokens of a turn.", DefaultValueFactory = _ => 80 };
        var held = new Option<int?>("--context") { Description = "Tokens of context that memory is held for (2,048, or prompt and reply if more, when left out)." };
        var turns = new Option<int>("--turns-per-hour") { Description = "Turns in an hour of use, for battery hours.", DefaultValueFactory = _ => 10 };
        var render = new Option<string?>("--render") { Description = "Scene rendered beside the model, such as 72hz." };
        var cap = new Option<int?>("--context-cap") { Description = "Tokens of prompt and reply that are kept; of longer prompts the middle goes." };
        var prefillUnit = new Option<string?>("--prefill-unit") { Description = "Another unit that reads the prompts: cpu, gpu or npu." };
        var prefillEngine = new Option<string?>("--prefill-engine") { Description = "The engine that reads the prompts there (the same when left out)." };
        var voice = new Option<string>("--voice") { Description = "Stages of a spoken turn besides the model.", DefaultValueFactory = _ => "streaming" };
        Option<bool> json = CommonOptions.Json();
        var list = new Command("list", "List the devices.");
        list.SetAction(_ => List(context));
        var command = new Command("device", "Speed, memory, heat, battery and voice-to-voice time of a model on a device.")
            { prompt, cached, reply, held, cap, turns, render, prefillUnit, prefillEngine, voice, json, list, DeviceFramesCommand.Create(context), DevicePredictCommand.Create(context), DevicePlaceCommand.Create(context), DeviceImportCommand.Create(context) };
        foreach (Option option in chosen.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            Device device = chosen.DeviceOf(context, parsed);
            ModelSpec spec = chosen.ModelOf(context, parsed);
            int promptTokens = CommonOptions.Whole(parsed, prompt, 1, MostTokens), replyTokens = CommonOptions.Whole(parsed, reply, 0, MostTokens);
            int cachedTokens = CommonOptions.Whole(parsed, cached, 0, MostTokens);
            if (cachedTokens >= promptTokens)
            {
                throw new InputException(cached.Name, FormattableString.Invariant($"found {cachedTokens}; it must be less than the {promptTokens} prompt tokens"));
            }

            int? kept = parsed.GetValue(cap);
            if (kept is { } most && (most <= replyTokens + cachedTokens || most > spec.MaximumContext))
            {
                throw new InputException(cap.Name, FormattableString.Invariant($"found {most}; allowed: more than the cached prompt and the reply ({replyTokens + cachedTokens}) to the {spec.MaximumContext} tokens of {spec.Name}"));
            }

            promptTokens = Math.Min(promptTokens, (kept ?? int.MaxValue) - replyTokens);
            if (parsed.GetValue(held) is { } asked && (asked < promptTokens + replyTokens || asked > Math.Min(spec.MaximumContext, kept ?? int.MaxValue)))
            {
                throw new InputException(held.Name, FormattableString.Invariant($"found {asked}; allowed: prompt and reply ({promptTokens + replyTokens}) to the {Math.Min(spec.MaximumContext, kept ?? int.MaxValue)} tokens of {(kept is null ? spec.Name : cap.Name)}"));
            }

            ComputeUnitKind? kind = chosen.UnitOf(parsed);
            DeviceEngine ran = chosen.EngineOf(context, parsed, device, kind);
            var prepared = new DeviceModel(device, ran, kind, spec, chosen.WeightsOf(parsed), parsed.GetValue(render), parsed.GetValue(chosen.InApp));
            double remembered = parsed.GetValue(held) ?? Math.Min(Math.Max(2048, promptTokens + replyTokens), kept ?? double.PositiveInfinity);
            var request = new TurnRequest(promptTokens, replyTokens, remembered, cachedTokens, CommonOptions.Whole(parsed, turns, 0, 3600));
            SplitModel? split = SplitOf(context, parsed, prefillUnit, prefillEngine, prepared, spec, parsed.GetValue(render), parsed.GetValue(chosen.InApp));
            DeviceEstimate estimate = split?.Estimate(request) ?? prepared.Estimate(request);
            VoiceProfile stages = context.Catalog.VoiceProfiles.Get(parsed.GetValue(voice)!);
            VoiceTurn turn = VoiceTurn.Local(stages, split ?? (ILocalInference)prepared, _ => promptTokens, cachedTokens: cachedTokens);
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

            context.Error.WriteLine($"fleetwright: {WhyNot(context, prepared, estimate, spec, request)}");
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
        output.WriteLine($"  power {Range(e.DecodeWatts, 1, "0.0", c)} W while replying; without a pause it {Throttle(e.SecondsToThrottle, c)}, at {request.TurnsPerHour.ToString("0", c)} turns an hour it {Throttle(e.SecondsToThrottleAtTurnRate, c)}");
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

    private static string Throttle(Band seconds, CultureInfo c) =>
        double.IsInfinity(seconds.Low) ? "never throttles"
        : double.IsInfinity(seconds.Value) ? $"does not throttle (at worst after {Minutes(seconds.Low, c)} min)"
        : $"throttles after {Minutes(seconds.Value, c)} ({Minutes(seconds.Low, c)}–{Minutes(seconds.High, c)}) min";

    private static string Minutes(double seconds, CultureInfo c) => double.IsInfinity(seconds) ? "∞" : (seconds / 60).ToString("0.0", c);

    private static SplitModel? SplitOf(CommandContext context, ParseResult parsed, Option<string?> unit, Option<string?> engine, DeviceModel writer, ModelSpec spec, string? render, bool inApp)
    {
        if (DeviceOptions.KindOf(parsed.GetValue(unit), unit.Name) is { } kind)
        {
            DeviceEngine reads = parsed.GetValue(engine) is { } name ? context.Catalog.DeviceEngines.Get(name) : writer.Engine;
            return new SplitModel(new DeviceModel(writer.Device, reads, kind, spec, writer.Weights, render, inApp), writer);
        }

        CommonOptions.Refuse(parsed, [engine], $"goes with {unit.Name}");
        return null;
    }

    // By how much it does not fit, and what would.
    private static string WhyNot(CommandContext context, DeviceModel prepared, DeviceEstimate e, ModelSpec spec, TurnRequest request)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        string text = string.Create(
            c, $"{spec.Title} in {e.Weights.Name()} needs {e.MemoryBytes.Value / GiB:0.00} GiB with {e.Engine.Title} at {request.ContextTokens:0} tokens of context; an app on {e.Device.Title} may hold {e.MemoryLimitBytes / GiB:0.00} GiB: {e.ShortBytes / GiB:0.00} GiB too much");
        double largest = prepared.LargestContext();
        text += largest >= 1 ? string.Create(c, $"; {largest:#,0} tokens of context would fit") : LargestFitting(context, prepared) is { } other ? $"; the largest model of the catalogue that fits is {other}" : "; no model of the catalogue fits";
        if (e.Device.FlashRead is not { } flash)
        {
            return text;
        }

        double step = prepared.DecodeSeconds(request.PromptTokens), read = prepared.PagedDecodeSeconds(request.PromptTokens) - step;
        Band speed = new Band(step + read, step + (read * flash.Value / flash.High), step + (read * flash.Value / flash.Low)).Reciprocal();
        return $"{text}; where the system reads what is missing from flash for every token it writes {Range(speed, 1, "0.00", c)} tokens/s";
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

    private static string LimitText(DecodeLimit limit) => limit switch
    {
        DecodeLimit.WeightBandwidth => "reading weights from memory",
        DecodeLimit.CacheBandwidth => "reading the context's cache from memory",
        DecodeLimit.StepOverhead => "the engine's overhead per token",
        _ => "power",
    };

    // A time that may be infinite, which JSON has no number for.
    private sealed record Seconds(double? Value, double? Low, double? High)
    {
        public static Seconds Of(Band band) => new(Finite(band.Value), Finite(band.Low), Finite(band.High));

        private static double? Finite(double value) => double.IsFinite(value) ? value : null;
    }

    private sealed record Stage(string Name, Tiers Tier, double P50Seconds, double P95Seconds);

    private sealed record Answer(
        string Device, string Soc, string Engine, ComputeUnitKind Unit, string UnitTitle, string Model, string Weights, EstimateBasis Basis, string BasisText,
        double PromptTokens, double ReplyTokens, double ContextTokens, bool Fits, Band MemoryBytes, double MemoryLimitBytes, double ShortBytes, int Sessions,
        Band PrefillTokensPerSecond, Band FirstTokenSeconds, Band DecodeTokensPerSecond, Band SustainedTokensPerSecond, DecodeLimit Limit,
        Band PrefillWatts, Band DecodeWatts, Band JoulesPerToken, Band JoulesPerTurn, Band? BatteryPerTurn, Band? BatteryHours, double? SecondsToThrottle, Seconds SecondsToThrottleBand, Seconds SecondsToThrottleAtTurnRate,
        double VoiceToVoiceP50Seconds, double VoiceToVoiceP95Seconds, Band VoiceToVoiceP50Band, Band VoiceToVoiceP95Band, IReadOnlyList<Stage> Stages)
    {
        public static Answer Of(DeviceEstimate e, TurnRequest r, VoiceTurn t, Band uncertain) => new(
            e.Device.Name, e.Device.Soc, e.Engine.Name, e.Unit.Kind, e.Unit.Title, e.Model, e.Weights.Name(), e.Basis, e.BasisText,
            r.PromptTokens, r.ReplyTokens, r.ContextTokens, e.Fits, e.MemoryBytes, e.MemoryLimitBytes, e.ShortBytes, e.Sessions,
            e.PrefillTokensPerSecond, e.FirstTokenSeconds, e.DecodeTokensPerSecond, e.SustainedTokensPerSecond, e.Limit,
            e.PrefillWatts, e.DecodeWatts, e.JoulesPerToken, e.JoulesPerTurn, e.BatteryPerTurn, e.BatteryHours, Seconds.Of(e.SecondsToThrottle).Value, Seconds.Of(e.SecondsToThrottle), Seconds.Of(e.SecondsToThrottleAtTurnRate),
            t.Total.Quantile(0.5), t.Total.Quantile(0.95), At(t, 0.5, uncertain), At(t, 0.95, uncertain), [.. t.Stages.Select(s => new Stage(s.Name, s.Tier, s.Seconds.Quantile(0.5), s.Seconds.Quantile(0.95)))]);
    }
}

using System.Globalization;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Places the turns of one device of a product.</summary>
internal sealed class DevicePlanner
{
    private const double Probability = 0.95;
    private readonly Product _product;
    private readonly ProductDevice _device;
    private readonly CloudService _cloud;
    private readonly VoiceProfile _voice;
    private readonly Turn _cloudVoice;
    private readonly Turn _cloudText;
    private readonly List<Candidate> _candidates = [];

    public DevicePlanner(Product product, ProductDevice device, CloudService cloud, VoiceProfile voice)
    {
        _product = product;
        _device = device;
        _cloud = cloud;
        _voice = voice;
        _cloudVoice = new Turn(VoiceTurn.InCloud(voice, cloud, device.Network, product.Prompt.Mean, device.Phone is null ? null : device.Hop));
        _cloudText = new Turn(VoiceTurn.InCloud(null, cloud, device.Network, product.Prompt.Mean, device.Phone is null ? null : device.Hop));
        foreach (LocalModel model in device.Models)
        {
            _candidates.Add(Consider(Tiers.Device, device.Device, model, device.RenderLoad));
        }

        if (device.Phone is { } phone)
        {
            foreach (LocalModel model in device.PhoneModels)
            {
                _candidates.Add(Consider(Tiers.Phone, phone, model, null));
            }
        }
    }

    public DevicePlacement Decide()
    {
        Candidate? onDevice = Best(Tiers.Device);
        Candidate? onPhone = Best(Tiers.Phone);
        DevicePlacement local = Place(onDevice, onPhone, preferCloud: false);
        if (local.BatteryHours is { } hours && hours < _product.Targets.BatteryHours && local.Shares.Device > 0)
        {
            DevicePlacement remote = Place(onDevice, onPhone, preferCloud: true);
            if (remote.BatteryHours > hours * 1.001)
            {
                return remote;
            }
        }

        return local;
    }

    private Candidate Consider(Tiers tier, Device device, LocalModel model, string? renderLoad)
    {
        var prepared = new DeviceModel(device, model.Engine, model.Unit, model.Model, model.Weights, renderLoad, model.InApp);
        double turnsPerHour = _product.TurnsPerUserPerDay / Math.Max(1e-9, _product.HoursOfUsePerDay);
        DeviceEstimate estimate = prepared.Estimate(new TurnRequest(_product.Prompt.Mean, _product.Reply.Mean, TurnsPerHour: turnsPerHour));
        NetworkProfile? hop = tier == Tiers.Phone ? _device.Hop : null;
        double room = Math.Max(0, Math.Min(prepared.LargestContext(), prepared.MaximumContext) - _product.Reply.Mean);
        var voice = new Turn(VoiceTurn.Local(_voice, prepared, _ => 1, tier, hop, _device.Network));
        var text = new Turn(VoiceTurn.Local(null, prepared, _ => 1, tier, hop));
        double atOne = prepared.PrefillSeconds(1);

        // A constant shifts a quantile by itself: the quantile at a prompt of n tokens is that at one token plus the longer reading.
        double flip = LongestPrompt(prepared, _cloudVoice.P95 - voice.P95 + atOne, double.PositiveInfinity);
        return new Candidate(tier, model, prepared, estimate, room, voice.P95 - atOne, text.P95 - atOne, flip);
    }

    // The best-answering model that serves at least half of the turns it may; else the one that serves most.
    private Candidate? Best(Tiers tier)
    {
        Candidate? best = null;
        double bestShare = 0;
        foreach (Candidate candidate in _candidates.Where(c => c.Tier == tier && c.Room > 0))
        {
            double served = 0;
            double allowed = 0;
            foreach (TurnClass turns in _product.Classes.Where(c => c.Allowed.HasFlag(tier)))
            {
                (_, TierShares shares, _) = Split(turns, candidate, preferCloud: false);
                served += turns.Share * (shares.Device + shares.Phone);
                allowed += turns.Share;
            }

            if (allowed > 0 && served >= allowed / 2)
            {
                return candidate;
            }

            if (served > bestShare || best is null)
            {
                (best, bestShare) = (candidate, served);
            }
        }

        return best;
    }

    private DevicePlacement Place(Candidate? onDevice, Candidate? onPhone, bool preferCloud)
    {
        var policies = new List<ClassPolicy>();
        TierShares total = default;
        var cloudPrompts = new List<(double, TokenLengths)>();
        LatencyDistribution? mixed = null;
        double mixedShare = 0;
        double joules = 0;
        foreach (TurnClass turns in _product.Classes)
        {
            ClassPolicy policy = PolicyOf(turns, onDevice, onPhone, preferCloud);
            policies.Add(policy);
            total = total.Plus(policy.Shares.Times(turns.Share));
            double local = policy.Shares.Device + policy.Shares.Phone;
            if (local > 0)
            {
                Candidate candidate = policy.Local == Tiers.Device ? onDevice! : onPhone!;
                joules += turns.Share * local * LocalJoules(candidate, policy.ThresholdTokens);
                if (turns.Spoken)
                {
                    Mix(LocalTurn(_voice, candidate, 0, policy.ThresholdTokens).Total, turns.Share * local);
                }
            }

            if (policy.Shares.Cloud > 0)
            {
                cloudPrompts.Add((turns.Share * policy.Shares.Cloud, _product.Prompt.Between(policy.ThresholdTokens, double.PositiveInfinity)));
                joules += turns.Share * policy.Shares.Cloud * CloudJoules(turns.Spoken);
                if (turns.Spoken)
                {
                    Mix(_cloudVoice.Value.Total, turns.Share * policy.Shares.Cloud);
                }
            }
        }

        double served = 1 - total.Unservable;
        joules = served > 0 ? joules / served : 0;
        double turnsPerHour = _product.TurnsPerUserPerDay * served / Math.Max(1e-9, _product.HoursOfUsePerDay);
        RenderLoad? scene = _device.Device.RenderLoads.FirstOrDefault(l => l.Name == _device.RenderLoad);
        double use = Math.Max(_device.Device.InUsePower.Value, scene?.Power.Value ?? 0);
        double? hours = _device.Device.Battery is { } battery ? battery.Value / ((use * 3600) + (turnsPerHour * joules)) : null;
        double deviceThreshold = policies.Where(p => p.Local == Tiers.Device).Select(p => p.ThresholdTokens).DefaultIfEmpty(0).Max();
        double phoneThreshold = policies.Where(p => p.Local == Tiers.Phone).Select(p => p.ThresholdTokens).DefaultIfEmpty(0).Max();
        var placement = new DevicePlacement
        {
            Device = _device,
            Shares = total,
            Policies = policies,
            Options = [.. _candidates.Select(c => c.Option)],
            OnDevice = onDevice?.Option,
            OnPhone = onPhone?.Option,
            DeviceVoice = onDevice is not null && deviceThreshold > 0 ? LocalTurn(_voice, onDevice, 0, deviceThreshold) : null,
            PhoneVoice = onPhone is not null && phoneThreshold > 0 ? LocalTurn(_voice, onPhone, 0, phoneThreshold) : null,
            CloudVoice = _cloudVoice.Value,
            VoiceToVoice = mixed,
            JoulesPerTurn = joules,
            BatteryHours = hours,
            CloudPrompt = PlacementPlanner.Pool(cloudPrompts, _product.Prompt),
            Reasons = [],
            Missed = [],
        };
        return placement with { Reasons = ReasonsOf(placement, preferCloud), Missed = MissedBy(placement) };

        void Mix(LatencyDistribution part, double share)
        {
            mixed = mixed is null ? part : LatencyDistribution.Mix(part, share / (share + mixedShare), mixed);
            mixedShare += share;
        }
    }

    private ClassPolicy PolicyOf(TurnClass turns, Candidate? onDevice, Candidate? onPhone, bool preferCloud)
    {
        (Candidate Candidate, double Threshold, TierShares Shares, string Reason)? best = null;
        foreach (Candidate? candidate in (ReadOnlySpan<Candidate?>)[onDevice, onPhone])
        {
            if (candidate is null || !turns.Allowed.HasFlag(candidate.Tier) || candidate.Room <= 0)
            {
                continue;
            }

            (double threshold, TierShares shares, string reason) = Split(turns, candidate, preferCloud);
            if (best is null || shares.Device + shares.Phone > best.Value.Shares.Device + best.Value.Shares.Phone + 1e-9)
            {
                best = (candidate, threshold, shares, reason);
            }
        }

        if (best is { } b)
        {
            return new ClassPolicy(turns, b.Shares.Device + b.Shares.Phone > 0 ? b.Candidate.Tier : Tiers.None, b.Threshold, b.Shares, b.Reason);
        }

        return turns.Allowed.HasFlag(Tiers.Cloud)
            ? new ClassPolicy(turns, Tiers.None, 0, new TierShares(0, 0, 1, 0), NoLocal(turns) + "; the cloud answers")
            : new ClassPolicy(turns, Tiers.None, 0, new TierShares(0, 0, 0, 1), $"its data may not leave the {(turns.Allowed.HasFlag(Tiers.Phone) ? "device and its phone" : "device")}, and {NoLocal(turns)}");
    }

    // The longest prompt that a candidate takes of a class, and what follows for shares.
    private (double Threshold, TierShares Shares, string Reason) Split(TurnClass turns, Candidate candidate, bool preferCloud)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        bool cloudAllowed = turns.Allowed.HasFlag(Tiers.Cloud);
        double threshold;
        string reason;
        if (!cloudAllowed)
        {
            threshold = candidate.Room;
            reason = "its data may not go to the cloud";
        }
        else if (preferCloud)
        {
            threshold = 0;
            reason = "the radio takes less from the battery than the model would";
        }
        else
        {
            double target = turns.Spoken ? _product.Targets.VoiceToVoiceSeconds : _product.Targets.FirstTokenSeconds;
            double cloud = turns.Spoken ? _cloudVoice.P95 : _cloudText.P95;
            double rest = turns.Spoken ? candidate.VoiceRest : candidate.TextRest;
            bool slowSpeech = turns.Spoken && 1 / candidate.Prepared.DecodeSeconds(_product.Prompt.Mean) < _voice.SpeakingRate.Value;
            threshold = slowSpeech ? 0 : LongestPrompt(candidate.Prepared, Math.Max(target, cloud) - rest, candidate.Room);
            reason = slowSpeech ? "replies would come slower than speech"
                : threshold <= 0 ? string.Create(culture, $"even the shortest prompt takes {rest + candidate.Prepared.PrefillSeconds(1):0.00} s at p95, the cloud {cloud:0.00} s (target {target:0.00} s)")
                : threshold >= candidate.Room ? "every prompt that fits in memory is answered in time"
                : cloud > target ? string.Create(culture, $"above {threshold:0} prompt tokens the cloud is faster ({cloud:0.00} s at p95; neither meets {target:0.00} s there)")
                : string.Create(culture, $"above {threshold:0} prompt tokens reading takes too long for {target:0.00} s at p95; the cloud takes {cloud:0.00} s");
        }

        double local = _product.Prompt.ShareUpTo(threshold);
        double rest2 = 1 - local;
        var shares = new TierShares(
            candidate.Tier == Tiers.Device ? local : 0, candidate.Tier == Tiers.Phone ? local : 0, cloudAllowed ? rest2 : 0, cloudAllowed ? 0 : rest2);
        if (!cloudAllowed && rest2 > 1e-4)
        {
            reason += string.Create(culture, $", and prompts above {candidate.Room:0} tokens do not fit in memory");
        }
        else if (!cloudAllowed && rest2 > 0)
        {
            // Less than one turn in ten thousand: the tail of an unbounded lognormal, cut off rather than called unservable.
            shares = new TierShares(candidate.Tier == Tiers.Device ? 1 : 0, candidate.Tier == Tiers.Phone ? 1 : 0, 0, 0);
        }

        return (threshold, shares, reason);
    }

    private string NoLocal(TurnClass turns)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        Candidate[] possible = [.. _candidates.Where(c => turns.Allowed.HasFlag(c.Tier))];
        if (possible.Length == 0)
        {
            return "no model is offered there";
        }

        Candidate nearest = possible.MinBy(c => c.Estimate.ShortBytes)!;
        DeviceEstimate e = nearest.Estimate;
        const double gib = 1024.0 * 1024 * 1024;
        return string.Create(culture, $"{nearest.Model.Model.Title} {e.Weights.Name()} needs {e.MemoryBytes.Value / gib:0.00} GiB where {e.Device.Title} allows {e.MemoryLimitBytes / gib:0.00} GiB ({e.ShortBytes / gib:0.00} GiB short)");
    }

    private VoiceTurn LocalTurn(VoiceProfile? voice, Candidate candidate, double low, double high) =>
        VoiceTurn.Local(
            voice, candidate.Prepared, p => _product.Prompt.QuantileBetween(p, low, high), candidate.Tier, candidate.Tier == Tiers.Phone ? _device.Hop : null, _device.Network);

    private double LocalJoules(Candidate candidate, double threshold)
    {
        double prompt = _product.Prompt.Between(0, threshold).Mean;
        return candidate.Tier == Tiers.Device
            ? candidate.Prepared.TurnJoules(prompt, 0, _product.Reply.Mean)
            : RadioEnergy.TurnJoules(_device.Hop!, _voice.FirstPhraseTokens.Value * candidate.Prepared.DecodeSeconds(prompt), _voice.BytesUp.Value, _voice.BytesDown.Value, Gap);
    }

    // What the worn device pays for a cloud turn: its link to the phone when it has one, else its own radio.
    private double CloudJoules(bool spoken)
    {
        NetworkProfile radio = _device.Phone is not null ? _device.Hop! : _device.Network;
        double up = spoken ? _voice.BytesUp.Value : _product.Prompt.Mean * RadioEnergy.BytesPerTextToken;
        double down = spoken ? _voice.BytesDown.Value : _product.Reply.Mean * RadioEnergy.BytesPerTextToken;
        double exchange = _cloudText.Value.Total.Mean + (_product.Reply.Mean * _cloud.TimePerOutputToken);
        return RadioEnergy.TurnJoules(radio, exchange, up, down, Gap);
    }

    private double Gap => 3600 * _product.HoursOfUsePerDay / Math.Max(1e-9, _product.TurnsPerUserPerDay);

    private static List<string> ReasonsOf(DevicePlacement placement, bool preferCloud)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var reasons = new List<string>();
        foreach (LocalOption option in placement.Options.Where(o => !o.Fits))
        {
            reasons.Add(string.Create(culture, $"{option.Model} {option.Weights.Name()} does not fit on the {(option.Tier == Tiers.Phone ? "phone" : "device")}: {option.Estimate.ShortBytes / (1L << 30):0.00} GiB short"));
        }

        foreach (ClassPolicy policy in placement.Policies)
        {
            reasons.Add($"{policy.Class.Name}: {policy.Reason}");
        }

        if (preferCloud)
        {
            reasons.Add(string.Create(culture, $"turns that may go to the cloud do, to reach more battery hours ({placement.BatteryHours:0.0} h)"));
        }

        return reasons;
    }

    private List<string> MissedBy(DevicePlacement placement)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        ProductTargets targets = _product.Targets;
        var missed = new List<string>();
        if (placement.VoiceToVoice?.Quantile(Probability) is { } seconds && seconds > targets.VoiceToVoiceSeconds)
        {
            missed.Add(string.Create(culture, $"voice-to-voice takes {seconds:0.00} s at p95; the target is {targets.VoiceToVoiceSeconds:0.00} s"));
        }

        if (placement.BatteryHours is { } hours && hours < targets.BatteryHours)
        {
            missed.Add(string.Create(culture, $"the battery lasts {hours:0.0} h; the target is {targets.BatteryHours:0.0} h"));
        }

        if (placement.Shares.Unservable > 1e-9)
        {
            missed.Add(string.Create(culture, $"{placement.Shares.Unservable * 100:0.#} % of turns can be served nowhere"));
        }

        return missed;
    }

    private static double LongestPrompt(DeviceModel model, double seconds, double room)
    {
        double top = Math.Min(room, Math.Min(model.MaximumContext, 1 << 24));
        if (top < 1 || model.PrefillSeconds(1) > seconds)
        {
            return 0;
        }

        if (model.PrefillSeconds(top) <= seconds)
        {
            return double.IsInfinity(room) ? double.PositiveInfinity : top;
        }

        double low = 1;
        while (top - low > 0.5)
        {
            double middle = (low + top) / 2;
            (low, top) = model.PrefillSeconds(middle) <= seconds ? (middle, top) : (low, middle);
        }

        return Math.Floor(low);
    }

    private readonly record struct Turn(VoiceTurn Value)
    {
        public double P95 { get; } = Value.Total.Quantile(Probability);
    }

    private sealed record Candidate(
        Tiers Tier, LocalModel Model, DeviceModel Prepared, DeviceEstimate Estimate, double Room, double VoiceRest, double TextRest, double FlipPointTokens)
    {
        public LocalOption Option { get; } = new(Tier, Model.Model.Name, Model.Weights, Estimate, Prepared.LargestContext(), FlipPointTokens);
    }
}

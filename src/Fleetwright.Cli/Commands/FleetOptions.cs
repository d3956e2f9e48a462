using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Fleets.Lifecycle;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;
using Fleetwright.Training.Failures;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that say what happens to the replicas of a fleet: failures, autoscaling, rolling restarts; further kinds of them; and groups by class.</summary>
internal sealed class FleetOptions
{
    private const double Longest = Ticks.MostSeconds;
    private const int MostReplicas = 100_000;

    private readonly Option<string?> _failures = new("--failures") { Description = "Replicas fail as chips of this failure model of the catalogue do, such as llama-3; --mtbf-chip replaces it." };
    private readonly Option<string?> _mtbfChip = CommonOptions.QuantityOption("--mtbf-chip", "Mean time between failures of one chip.", Dimension.Time);
    private readonly Option<string?> _mtbfNode = CommonOptions.QuantityOption("--mtbf-node", "Mean time between failures of one node, which take all its chips down.", Dimension.Time);
    private readonly Option<string?> _mttr = CommonOptions.QuantityOption("--mttr", "Mean time to repair, from the detection of a failure until the chips can start again.", Dimension.Time);
    private readonly Option<string?> _detection = CommonOptions.QuantityOption("--detection", "Time until the router knows of a failure. Default 10 s.", Dimension.Time);
    private readonly Option<string> _onFailure = new("--on-failure") { Description = "What becomes of the requests of a replica that fails: retry or drop.", DefaultValueFactory = _ => "retry" };
    private readonly Option<int> _spares = new("--spares") { Description = "Sets of chips of each kind that stand by to take over.", DefaultValueFactory = _ => 0 };
    private readonly Option<string?> _startUp = CommonOptions.QuantityOption("--start-up", "Time from the order to start a replica to its first request.", Dimension.Time);
    private readonly Option<string?> _storage = CommonOptions.QuantityOption("--storage-bandwidth", "Bandwidth at which a server reads weights: with --engine-start instead of --start-up.", Dimension.ByteRate);
    private readonly Option<string?> _engineStart = CommonOptions.QuantityOption("--engine-start", "Time that a replica takes to start beyond reading its weights.", Dimension.Time);
    private readonly Option<string?> _autoscale = new("--autoscale") { HelpName = "signal:target", Description = "Scale the number of replicas as Kubernetes does: outstanding:N (requests a replica), cache:SHARE or rate:N (requests/s a replica)." };
    private readonly Option<int> _least = new("--min-replicas") { Description = "Replicas at least, with --autoscale.", DefaultValueFactory = _ => 1 };
    private readonly Option<int?> _most = new("--max-replicas") { Description = "Replicas at most, with --autoscale." };
    private readonly Option<string?> _window = CommonOptions.QuantityOption("--scale-down-window", "Time for which fewer replicas must have been enough. Default 300 s.", Dimension.Time);
    private readonly Option<string?> _every = CommonOptions.QuantityOption("--restart-every", "Restart all replicas, some at a time, so often.", Dimension.Time);
    private readonly Option<int> _atOnce = new("--restart-at-once") { Description = "Replicas that drain or restart at once.", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _restart = CommonOptions.QuantityOption("--restart-time", "Time of a restart once a replica has answered what it had; the start-up when left out.", Dimension.Time);
    private readonly Option<string[]> _also = new("--also") { HelpName = "chip=C,tp=N,replicas=N", Description = "Further replicas behind the same router: chip, tp, pp, ep, dp-attention, replicas, dtype, kv-dtype, weight. May be given several times." };
    private readonly Option<double?> _weight = new("--weight") { Description = "Share of requests that a replica of --chip gets, against the weight of each --also; by capacity when left out." };
    private readonly Option<string?> _groups = new("--groups") { HelpName = "class:replicas,…", Description = "With --router by-class: how many replicas serve each class, in the order of replicas; * names all other classes." };
    private readonly Option<string?> _within = new("--group-router") { Description = "With --router by-class: how requests are dealt out within a group. Default round-robin." };

    private Option[] OfFailures => [_mtbfChip, _mtbfNode, _mttr, _detection, _onFailure, _spares];

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_also, _weight, _groups, _within, _failures, .. OfFailures, _startUp, _storage, _engineStart, _autoscale, _least, _most, _window, _every, _atOnce, _restart];

    /// <summary>The one that adds further kinds.</summary>
    public Option Also => _also;

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether replicas come, go or differ, so that one stream of requests must serve them all.</summary>
    public bool Changes(ParseResult parsed) => new Option[] { _also, _failures, _mtbfChip, _mtbfNode, _autoscale, _every }.Any(o => CommonOptions.IsGiven(parsed, o));

    /// <summary>Adds what the options say to a run.</summary>
    /// <exception cref="InputException">An option is wrong or does not go with another.</exception>
    public SimulationRequest Read(CommandContext context, ParseResult parsed, SimulationRequest request, TrafficPlan plan)
    {
        IReadOnlyList<FleetKind> also = [.. (parsed.GetValue(_also) ?? []).Select(text => Kind(context, request.Replica, text))];
        SimulationRequest whole = Weighed(parsed, request with { Also = also, Behaviour = Behaviour(context, parsed, request) }, plan);
        whole = Grouped(parsed, whole, plan);
        return whole.Behaviour?.Autoscaling is not null && (also.Count > 0 || whole.Groups.Count > 0)
            ? throw new InputException(_autoscale.Name, "found with --also or --groups; allowed: with replicas of one kind that serve all classes")
            : whole;
    }

    // Behaviour.

    private FleetBehaviour? Behaviour(CommandContext context, ParseResult parsed, SimulationRequest request)
    {
        FailureRules? failures = Failures(context, parsed);
        AutoscalingRules? scaling = Autoscaling(parsed, request.Replicas);
        RestartRules? restarts = Restarts(parsed);
        if (failures is null && scaling is null && restarts is null)
        {
            Require(parsed, false, "with --failures, --autoscale or --restart-every", _startUp, _storage, _engineStart);
            return null;
        }

        StartUp? start = Start(parsed);
        return start is null && (failures is not null || scaling is not null || restarts?.RestartSeconds is null)
            ? throw new InputException(_startUp.Name, "is missing; allowed: how long a replica takes from the order to its first request, or --storage-bandwidth and --engine-start")
            : new FleetBehaviour { Failures = failures, Autoscaling = scaling, Restarts = restarts, StartUp = start ?? default };
    }

    private StartUp? Start(ParseResult parsed)
    {
        double? whole = CommonOptions.Quantity(parsed, _startUp, Dimension.Time, 0, Longest), engine = CommonOptions.Quantity(parsed, _engineStart, Dimension.Time, 0, Longest), storage = CommonOptions.Quantity(parsed, _storage, Dimension.ByteRate, 1e3);
        return (whole, storage, engine) switch
        {
            (null, null, null) => null,
            ({ } seconds, null, null) => new StartUp(seconds),
            (null, { } bytes, { } seconds) => new StartUp(seconds, bytes),
            _ => throw new InputException(_storage.Name, "found a part of it or both ways; allowed: --start-up, or --storage-bandwidth and --engine-start together"),
        };
    }

    private FailureRules? Failures(CommandContext context, ParseResult parsed)
    {
        double? chip = CommonOptions.Quantity(parsed, _mtbfChip, Dimension.Time, 1), node = CommonOptions.Quantity(parsed, _mtbfNode, Dimension.Time, 1), repair = CommonOptions.Quantity(parsed, _mttr, Dimension.Time, 1e-3, Longest);
        string? named = parsed.GetValue(_failures);
        if (named is null && chip is null && node is null)
        {
            Require(parsed, false, "with --failures, --mtbf-chip or --mtbf-node", _mttr, _detection, _onFailure, _spares);
            return null;
        }

        return new FailureRules
        {
            ChipMtbfSeconds = chip ?? (named is null ? double.PositiveInfinity : 1 / FailureModel.In(context.Catalog).Get(named).ChipHazard),
            NodeMtbfSeconds = node ?? double.PositiveInfinity,
            RepairSeconds = repair ?? throw new InputException(_mttr.Name, "is missing; allowed: the mean time from the detection of a failure until the chips can start again"),
            DetectionSeconds = CommonOptions.Quantity(parsed, _detection, Dimension.Time, 0, 86400) ?? 10,
            OnFailure = TrafficOptions.Member<LostRequests>(_onFailure.Name, parsed.GetRequiredValue(_onFailure)),
            Spares = CommonOptions.Whole(parsed, _spares, 0, MostReplicas),
        };
    }

    private AutoscalingRules? Autoscaling(ParseResult parsed, int replicas)
    {
        if (parsed.GetValue(_autoscale) is not { } text)
        {
            Require(parsed, false, "with --autoscale", _least, _most, _window);
            return null;
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var signal = TrafficOptions.Member<ScalingSignal>(_autoscale.Name, colon < 0 ? text : text[..colon]);
        double most = signal == ScalingSignal.Cache ? 1 : 1e9;
        if (colon < 0 || !Quantity.TryParse(text[(colon + 1)..], signal == ScalingSignal.Cache ? Dimension.Fraction : Dimension.Count, out double target, out _) || !(target > 0 && target <= most))
        {
            throw new InputException(_autoscale.Name, $"found '{text}'; allowed: a signal and what a replica should have of it, such as outstanding:16, cache:60% or rate:2.5");
        }

        int least = CommonOptions.Whole(parsed, _least, 1, MostReplicas), greatest = parsed.GetValue(_most) ?? throw new InputException(_most.Name, "is missing; allowed: the most replicas that --autoscale may order");
        if (greatest < least || greatest > MostReplicas)
        {
            throw new InputException(_most.Name, FormattableString.Invariant($"found {greatest}; allowed: a whole number from --min-replicas, {least}, to {MostReplicas}"));
        }

        return replicas >= least && replicas <= greatest
            ? new AutoscalingRules { Signal = signal, Target = target, Minimum = least, Maximum = greatest, DownWindowSeconds = CommonOptions.Quantity(parsed, _window, Dimension.Time, 0, Longest) ?? 300 }
            : throw new InputException("--replicas", FormattableString.Invariant($"found {replicas}; allowed: from --min-replicas, {least}, to --max-replicas, {greatest}, which --autoscale begins with"));
    }

    private RestartRules? Restarts(ParseResult parsed)
    {
        if (CommonOptions.Quantity(parsed, _every, Dimension.Time, 1, Longest) is not { } every)
        {
            Require(parsed, false, "with --restart-every", _atOnce, _restart);
            return null;
        }

        return new RestartRules { EverySeconds = every, AtOnce = CommonOptions.Whole(parsed, _atOnce, 1, MostReplicas), RestartSeconds = CommonOptions.Quantity(parsed, _restart, Dimension.Time, 0, Longest) };
    }

    // Kinds.

    private FleetKind Kind(CommandContext context, Replica first, string text)
    {
        Dictionary<string, string> given = [];
        string[] keys = ["chip", "tp", "pp", "ep", "dp-attention", "replicas", "dtype", "kv-dtype", "weight"];
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] parts = word.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2 || !keys.Contains(parts[0]) || !given.TryAdd(parts[0], parts[1]))
            {
                throw new InputException(_also.Name, $"found '{word}' in '{text}'; allowed: each of {string.Join("=, ", keys)}= at most once, separated by commas{NearMiss.Suggestion(parts[0], keys)}");
            }
        }

        int Whole(string key) => !given.TryGetValue(key, out string? value) ? 1
            : int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= MostReplicas ? number
            : throw new InputException(_also.Name, FormattableString.Invariant($"found {key}={value}; allowed: a whole number from 1 to {MostReplicas}"));
        Dtype Format(string key, Dtype absent) => !given.TryGetValue(key, out string? value) ? absent
            : Dtypes.TryParse(value, out Dtype dtype) ? dtype
            : throw new InputException(_also.Name, $"found {key}={value}; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
        ModelSpec spec = first.Graph.Model;
        var sharding = new Sharding(Whole("tp"), Whole("pp"), Whole("ep"), Whole("dp-attention"));
        if (ModelGraph.Problem(spec, sharding) is { } problem)
        {
            throw new InputException(_also.Name, $"found '{text}': {problem}");
        }

        Precision precision = given.ContainsKey("dtype") ? Precision.For(Format("dtype", default)) : first.Graph.Precision;
        precision = precision with { KvCache = Format("kv-dtype", precision.KvCache) };
        ChipModel chip = ChipModel.For(context.Catalog, given.GetValueOrDefault("chip") ?? throw new InputException(_also.Name, $"found '{text}'; allowed: with chip=, a chip of the catalogue"));
        double weight = !given.TryGetValue("weight", out string? share) ? double.NaN
            : double.TryParse(share, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and < 1e9 ? value
            : throw new InputException(_also.Name, $"found weight={share}; allowed: a number above 0");
        return new FleetKind(Name(chip, sharding), new Replica(new ModelGraph(spec, precision, sharding), chip, first.Engine), Whole("replicas"), weight);
    }

    /// <summary>What a kind is called: its layout and its chip.</summary>
    internal static string Name(ChipModel chip, Sharding sharding) => $"{sharding} of {chip.Chip.Name}";

    private SimulationRequest Weighed(ParseResult parsed, SimulationRequest request, TrafficPlan plan)
    {
        double? first = parsed.GetValue(_weight);
        Require(parsed, request.Also.Count > 0, "with --also", _weight);
        if (first is not null and not (> 0 and < 1e9))
        {
            throw new InputException(_weight.Name, FormattableString.Invariant($"found {first}; allowed: a number above 0"));
        }

        int given = request.Also.Count(k => !double.IsNaN(k.Weight)) + (first is null ? 0 : 1);
        return given == request.Also.Count + 1 ? request with { Weight = first!.Value }
            : given == 0 && request.Also.Count > 0 ? request with { Weight = Capacity(request.Replica, plan), Also = [.. request.Also.Select(k => k with { Weight = Capacity(k.Replica, plan) })] }
            : given == 0 ? request
            : throw new InputException(_weight.Name, "found a weight of some kinds only; allowed: --weight and weight= in every --also, or none, which weighs by capacity");
    }

    // Requests per second in steady state with as many in flight as the cache holds; 1 for what does not fit, which is told elsewhere.
    private static double Capacity(Replica replica, TrafficPlan plan)
    {
        var work = new Workload(Math.Max(1, plan.TypicalContext - plan.MeanOutput), Math.Max(1, plan.MeanOutput));
        double most = Math.Floor(replica.MaximumSequences(work.MeanContext, plan.TypicalContext)) * replica.Sharding.PipelineParallel;
        return most >= 1 ? SteadyState.Estimate(replica, work, most).RequestsPerSecond : 1;
    }

    // Groups.

    private SimulationRequest Grouped(ParseResult parsed, SimulationRequest request, TrafficPlan plan)
    {
        bool byClass = request.Router == RouterKind.ByClass;
        Require(parsed, byClass, "with --router by-class", _groups, _within);
        if (!byClass)
        {
            return request;
        }

        string text = parsed.GetValue(_groups) ?? throw new InputException(_groups.Name, "is missing; allowed: with --router by-class, how many replicas serve each class, such as chat:4,batch:2");
        if (plan.Classes.Count == 0)
        {
            throw new InputException(_groups.Name, "the requests have no classes; allowed: with --trace and --class-column");
        }

        List<ClassGroup> groups = [];
        foreach (string word in text.Split(',', StringSplitOptions.TrimEntries))
        {
            int colon = word.LastIndexOf(':');
            string name = colon < 0 ? word : word[..colon];
            int at = plan.Classes.ToList().IndexOf(name);
            if (colon < 0 || (at < 0 && name != "*") || groups.Any(g => g.Class == at) || !int.TryParse(word[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int replicas) || replicas < 1)
            {
                throw new InputException(_groups.Name, $"found '{word}'; allowed: each class at most once with a number of replicas, of {string.Join(", ", plan.Classes)} and *{NearMiss.Suggestion(name, plan.Classes)}");
            }

            groups.Add(new ClassGroup(at, replicas));
        }

        int all = request.Replicas + request.Also.Sum(k => k.Replicas), given = groups.Sum(g => g.Replicas);
        return given != all ? throw new InputException(_groups.Name, FormattableString.Invariant($"found {given} replicas in '{text}'; allowed: all {all} of the fleet"))
            : !groups.Any(g => g.Class < 0) && plan.Classes.Where((_, i) => !groups.Any(g => g.Class == i)).FirstOrDefault() is { } missing ? throw new InputException(_groups.Name, $"found no replicas for class '{missing}'; allowed: every class, or * for all others")
            : request with { Groups = groups, GroupRouter = Within(parsed) };
    }

    private RouterKind Within(ParseResult parsed)
    {
        RouterKind kind = TrafficOptions.Member<RouterKind>(_within.Name, parsed.GetValue(_within) ?? "round-robin");
        return kind != RouterKind.ByClass ? kind : throw new InputException(_within.Name, "found 'by-class'; allowed: any other router");
    }

    private static void Require(ParseResult parsed, bool allowed, string where, params Option[] options)
    {
        CommonOptions.Refuse(parsed, allowed ? [] : options, $"found where it means nothing; allowed: {where}");
    }
}

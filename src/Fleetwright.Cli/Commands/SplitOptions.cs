using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Schedulers;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that split a fleet into a pool that computes prompts and one that decodes, and say what lies between them.</summary>
internal sealed class SplitOptions
{
    private const int MostReplicas = 100_000;
    private readonly PoolOptions _prefill = new("prefill", "computes prompts");
    private readonly PoolOptions _decode = new("decode", "decodes");
    private readonly Option<string?> _link = CommonOptions.QuantityOption("--kv-link", "Bandwidth between a prefill and a decode replica; the scale-out ports of their chips when left out.", Dimension.ByteRate);
    private readonly Option<string?> _latency = CommonOptions.QuantityOption("--kv-latency", "Time from the last byte of a cache sent to the sequence being ready to decode. Default 14 us, a hop between servers.", Dimension.Time);
    private readonly Option<string> _first = new("--first-token") { Description = "When the client has the first token: after-transfer, as the decode replica streams the answer, or from-prefill.", DefaultValueFactory = _ => "after-transfer" };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [.. _prefill.All, .. _decode.All, _link, _latency, _first];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether the fleet is split.</summary>
    public bool IsGiven(ParseResult parsed) => CommonOptions.IsGiven(parsed, _prefill.Replicas) || CommonOptions.IsGiven(parsed, _decode.Replicas);

    /// <summary>Makes the pools. What is not said of a pool is as the deployment says.</summary>
    /// <exception cref="InputException">An option is wrong, one of the pools has no number, or the pools do not go together.</exception>
    public SimulationRequest Read(CommandContext context, ParseResult parsed, DeploymentOptions deployment, ModelSpec spec, Precision precision, EngineOptions engine, SimulationRequest form)
    {
        foreach (PoolOptions pool in (PoolOptions[])[_prefill, _decode])
        {
            if (!CommonOptions.IsGiven(parsed, pool.Replicas))
            {
                throw new InputException(pool.Replicas.Name, "is missing; a split fleet needs --prefill-replicas and --decode-replicas");
            }
        }

        Replica Replica(PoolOptions pool)
        {
            ChipModel chip = parsed.GetValue(pool.Chip) is { } name ? ChipModel.For(context.Catalog, name) : deployment.Chip(context, parsed);
            IReadOnlyList<Sharding> layouts = DeploymentOptions.Named(parsed, spec, pool.Degrees) is { } own ? [own] : deployment.Layouts(parsed, spec, chip);
            return SimulateCommand.Smallest(layouts, spec, precision, chip, engine, form);
        }

        Replica prompts = Replica(_prefill), decodes = Replica(_decode);
        RouterKind router = parsed.GetValue(_decode.Router) is { } named ? Router(_decode.Router, named) : form.Router is RouterKind.Prefix or RouterKind.Session ? RouterKind.RoundRobin : form.Router;
        if (router is RouterKind.Prefix or RouterKind.Session)
        {
            throw new InputException(_decode.Router.Name, $"found '{TrafficOptions.Key(router.ToString())}'; the decode pool keeps no prefixes and no sessions to look for; allowed: any other router");
        }

        return form with
        {
            Replica = decodes,
            Replicas = CommonOptions.Whole(parsed, _decode.Replicas, 1, MostReplicas),
            Scheduler = Scheduler(_decode, decodes),
            Router = router,
            Prefill = new PrefillPool
            {
                Replica = prompts,
                Replicas = CommonOptions.Whole(parsed, _prefill.Replicas, 1, MostReplicas),
                Scheduler = Scheduler(_prefill, prompts),
                Router = parsed.GetValue(_prefill.Router) is { } first ? Router(_prefill.Router, first) : form.Router,
                Link = Link(parsed, prompts, decodes),
                FirstToken = TrafficOptions.Member<FirstToken>(_first.Name, parsed.GetRequiredValue(_first)),
            },
        };

        SchedulerKind Scheduler(PoolOptions pool, Replica replica)
        {
            (string option, SchedulerKind kind) = parsed.GetValue(pool.Scheduler) is { } text ? (pool.Scheduler.Name, TrafficOptions.Member<SchedulerKind>(pool.Scheduler.Name, text))
                : ("--scheduler", form.Scheduler ?? (replica.Engine.Policy == StepPolicy.Mixed ? SchedulerKind.VllmV1 : SchedulerKind.PrefillFirst));
            return kind is not (SchedulerKind.Orca or SchedulerKind.Static) ? kind
                : throw new InputException(option, $"found '{TrafficOptions.Key(kind.ToString())}', which reserves whole sequences; allowed in a split fleet: {string.Join(", ", Enum.GetValues<SchedulerKind>().Where(k => k is not (SchedulerKind.Orca or SchedulerKind.Static)).Select(k => TrafficOptions.Key(k.ToString())))}");
        }
    }

    /// <summary>What arrives at a split fleet: one stream, for clients those of the whole fleet.</summary>
    public static TrafficPlan Traffic(TrafficOptions traffic, ParseResult parsed, ModelSpec spec, SimulationRequest form)
    {
        TrafficPlan plan = traffic.Read(parsed, spec.MaximumContext, 1, 1, form.Prefill!.Router, form.Seed, reservesWhole: false, [], together: true);
        return plan with { Text = plan.Text.Replace(" of each replica", "", StringComparison.Ordinal) };
    }

    private KvLink Link(ParseResult parsed, Replica prompts, Replica decodes)
    {
        double? rate = CommonOptions.Quantity(parsed, _link, Dimension.ByteRate, 1, 1e18), latency = CommonOptions.Quantity(parsed, _latency, Dimension.Time, 0, 3600);
        KvLink link = rate is { } given ? new KvLink(given, KvLink.HopSeconds)
            : KvLink.Of(prompts, decodes) ?? throw new InputException(_link.Name, $"is missing; the catalogue has no scale-out bandwidth for {(prompts.Chip.Chip.ScaleOutBandwidth is null ? prompts : decodes).Chip.Chip.Name}");
        return latency is { } seconds ? link with { LatencySeconds = seconds } : link;
    }

    private static RouterKind Router(Option option, string text) => TrafficOptions.Member<RouterKind>(option.Name, text);

    private sealed class PoolOptions(string name, string what)
    {
        public Option<int> Replicas { get; } = new($"--{name}-replicas") { Description = $"Replicas of the pool that {what}, in a split fleet." };

        public Option<string?> Chip { get; } = new($"--{name}-chip") { Description = $"Chip of the pool that {what}, if not --chip." };

        public IReadOnlyList<Option<int?>> Degrees { get; } =
        [
            new($"--{name}-tp") { Description = $"Its tensor parallelism; when it names any degree, those that it does not name are 1." },
            new($"--{name}-pp") { Description = "Its pipeline stages." },
            new($"--{name}-ep") { Description = "Its expert parallelism." },
            new($"--{name}-dp-attention") { Description = "Its groups with attention of their own." },
        ];

        public Option<string?> Scheduler { get; } = new($"--{name}-scheduler") { Description = "How it fills iterations, if not as --scheduler." };

        public Option<string?> Router { get; } = new($"--{name}-router") { Description = "How requests are dealt out to it, if not as --router." };

        public IEnumerable<Option> All => [Replicas, Chip, .. Degrees, Scheduler, Router];
    }
}

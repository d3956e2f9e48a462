using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Costs;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Ranking;
using Fleetwright.Serving.Search;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright size --model M --chips a,b --rate R …</c>: the cheapest fleet on each chip that keeps the latency targets.</summary>
internal static class SizeCommand
{
    public static Command Create(CommandContext context)
    {
        var model = new Option<string>("--model") { Required = true, Description = "A model of the catalogue, a Hugging Face repository, or the path of a config.json." };
        var chips = new Option<string[]>("--chips") { Required = true, AllowMultipleArgumentsPerToken = true, Description = "Chips of the catalogue, separated by commas." };
        var price = new Option<string[]>("--price") { AllowMultipleArgumentsPerToken = true, Description = "Price of a chip instead of the catalogue's cost, such as mtia-2i=$4,000; amortised with servers and power.", DefaultValueFactory = _ => [] };
        var rate = new Option<string?>("--rate") { HelpName = "number", Description = "Requests (ranking: samples) per second. With --trace: the rate that the trace is sped up or slowed to, instead of its own." };
        var prompt = new Option<double>("--prompt") { Description = "Mean prompt tokens.", DefaultValueFactory = _ => 1024 };
        var output = new Option<double>("--output") { Description = "Mean output tokens.", DefaultValueFactory = _ => 256 };
        var promptCv = new Option<double>("--prompt-cv") { Description = "Standard deviation of prompt tokens ÷ mean.", DefaultValueFactory = _ => 0.8 };
        var outputCv = new Option<double>("--output-cv") { Description = "Standard deviation of output tokens ÷ mean.", DefaultValueFactory = _ => 0.7 };
        Option<string?> ttft = CommonOptions.QuantityOption("--ttft", "Time to the first token to keep (ranking: latency of a sample). Default 1 s.", Dimension.Time);
        Option<string?> tpot = CommonOptions.QuantityOption("--tpot", "Time per further token to keep. Default 50 ms.", Dimension.Time);
        var quantile = new Option<double>("--quantile") { Description = "Share of requests that keep the targets.", DefaultValueFactory = _ => 0.99 };
        var most = new Option<int>("--max-chips") { Description = "Most chips of a replica.", DefaultValueFactory = _ => 64 };
        var threads = new Option<int>("--threads") { Description = "Threads to use; the answer does not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<string?> dtype = ServingOptions.Dtype(), cache = ServingOptions.CacheDtype();
        Option<string> engine = ServingOptions.Engine();
        var simulate = new Option<bool>("--simulate") { Description = "Size by simulation: the fewest replicas that keep the targets, what less, more load and a lost server do, with ranges." };
        var arrivals = new Option<string>("--arrivals") { Description = "With --simulate: how requests arrive, such as poisson, gamma:2 or onoff:30,60 (docs/traffic.md).", DefaultValueFactory = _ => "poisson" };
        var router = new Option<string>("--router") { Description = $"With --simulate: how requests are dealt out to replicas; of several, separated by commas, the one with the cheapest fleet is chosen: {string.Join(", ", Enum.GetNames<RouterKind>().Select(TrafficOptions.Key))}.", DefaultValueFactory = _ => "least-outstanding" };
        var pools = new Option<FleetPools>("--pools") { Description = "With --simulate: whether a replica does both prompts and answers (together), prompts have a pool of their own (split), or both are sized and compared.", DefaultValueFactory = _ => FleetPools.Together };
        var file = new TraceFileOptions();
        Option<string?> e2e = CommonOptions.QuantityOption("--e2e", "With --simulate: time to the last token to keep.", Dimension.Time);
        var seed = new Option<int>("--seed") { Description = "With --simulate: seed of the draws.", DefaultValueFactory = _ => 1 };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("size", "The cheapest fleet on each chip for a request rate under latency targets.") { model, chips, price, rate, prompt, output, promptCv, outputCv, ttft, tpot, quantile, most, threads, dtype, cache, engine, simulate, arrivals, router, pools, e2e, seed, json };
        foreach (Option option in file.All)
        {
            command.Options.Add(option);
        }

        command.SetAction(parsed =>
        {
            ModelSpec spec = ServingOptions.Model(context, parsed.GetRequiredValue(model));
            List<ChipOffer> offers = Offers(context, parsed.GetRequiredValue(chips), Prices(context, parsed.GetRequiredValue(price)));
            RecordedLoad? recorded = Recorded(parsed, file, (ulong)CommonOptions.Whole(parsed, seed, 0, int.MaxValue), simulate, prompt, promptCv, output, outputCv, arrivals);
            double perSecond = CommonOptions.Number(parsed, rate, 1e-9, 1e15) ?? recorded?.PerSecond ?? throw new InputException(rate.Name, "nothing arrives; allowed: --rate (requests per second) or, with --simulate, --trace (a file)");
            double first = CommonOptions.Quantity(parsed, ttft, Dimension.Time, 1e-6) ?? 1, next = CommonOptions.Quantity(parsed, tpot, Dimension.Time, 1e-6) ?? 0.05;
            EngineOptions options = EngineOptions.Of(context.Catalog).Get(parsed.GetRequiredValue(engine));
            Precision precision = ServingOptions.Precision(parsed, dtype, cache, spec);
            if (spec.Ranking is not null)
            {
                return Rank(context, parsed.GetValue(json), new RankingRequest { Model = spec, SamplesPerSecond = perSecond, LatencySeconds = first, Engine = options, Offers = offers, Precision = precision });
            }

            Workload work = recorded is not null ? recorded.Workload : new Workload(
                new LengthDistribution(Number(parsed, prompt, 1, 1e7), Number(parsed, promptCv, 0, 10)),
                new LengthDistribution(Number(parsed, output, 2, 1e7), Number(parsed, outputCv, 0, 10)));
            var request = new SizingRequest
            {
                Model = spec,
                Workload = work,
                Targets = new LatencyTargets(first, next, Number(parsed, quantile, 0.5, 0.9999)),
                RequestsPerSecond = perSecond,
                Engine = options,
                Offers = offers,
                Precisions = [precision],
                MaximumChipsPerReplica = CommonOptions.Whole(parsed, most, 1, 4096),
                Threads = CommonOptions.Whole(parsed, threads, 1, 1024),
            };
            FleetPools kind = parsed.GetValue(pools);
            if (!parsed.GetValue(simulate))
            {
                _ = kind == FleetPools.Together ? 0 : throw new InputException(pools.Name, $"found '{kind}' without --simulate; the steady state knows no pools");
                return Write(context, parsed.GetValue(json), ServingSearch.Run(request));
            }

            string process = parsed.GetRequiredValue(arrivals);
            _ = ArrivalText.Parse(arrivals.Name, process, perSecond);
            var simulated = new SimulatedSearchOptions
            {
                Arrivals = r => ArrivalText.Parse(arrivals.Name, process, r),
                Trace = recorded is null ? null : rateFactor => recorded.Open(rateFactor * perSecond / recorded.PerSecond, spec.MaximumContext),
                Routers = [.. parsed.GetRequiredValue(router).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name => TrafficOptions.Member<RouterKind>(router.Name, name)).Distinct().Select(k => k != RouterKind.ByClass ? k : throw new InputException(router.Name, "found by-class; allowed: any other router, as the requests that are sized for have no classes"))],
                EndToEndSeconds = CommonOptions.Quantity(parsed, e2e, Dimension.Time, 1e-6) ?? double.PositiveInfinity,
                Seed = (ulong)CommonOptions.Whole(parsed, seed, 0, int.MaxValue),
                Progress = Teller(context),
            };
            SimulatedSizing? together = kind == FleetPools.Split ? null : SimulatedSearch.Run(request, simulated, context.Cancellation);
            return kind == FleetPools.Together ? SimulatedSizeAnswer.Write(context, parsed.GetValue(json), request, together!)
                : SplitSizeAnswer.Write(context, parsed.GetValue(json), request, together, SplitSearch.Run(request, simulated, context.Cancellation));
        });
        return command;
    }

    // A search of more than two seconds says what it has just tried, once a second at most.
    private static Action<SimulatedTrial> Teller(CommandContext context)
    {
        long next = Environment.TickCount64 + 2000;
        return trial =>
        {
            if (Environment.TickCount64 >= next)
            {
                next = Environment.TickCount64 + 1000;
                context.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"fleetwright: {trial.Load.Replicas:#,0} × {trial.Replica.Sharding} of {trial.Replica.Chip.Chip.Name}, {TrafficOptions.Key(trial.Router.ToString())}, {trial.Load.RequestsPerSecond:#,0.#} requests/s: {(trial.Load.Meets ? "meets the targets" : "misses a target")}"));
            }
        };
    }

    // What a trace asks for; null when none was named.
    private static RecordedLoad? Recorded(ParseResult parsed, TraceFileOptions file, ulong seed, Option<bool> simulate, params Option[] drawn)
    {
        if (!file.IsGiven(parsed))
        {
            CommonOptions.Refuse(parsed, file.All, "found where it means nothing; allowed: with --trace");
            return null;
        }

        if (!parsed.GetValue(simulate))
        {
            throw new InputException(file.Trace.Name, "found without --simulate; allowed: with it, as the formulas know no trace");
        }

        CommonOptions.Refuse(parsed, drawn, "found beside --trace, which has the times and lengths; allowed: one of them");
        return RecordedLoad.Read(parsed, file, seed);
    }

    private static Dictionary<string, double> Prices(CommandContext context, string[] given)
    {
        var prices = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (string text in given)
        {
            string[] parts = text.Split('=', 2);
            if (parts.Length != 2)
            {
                throw new InputException("--price", $"found '{text}'; allowed: a chip and a price such as mtia-2i=$4,000");
            }

            prices[context.Catalog.Chips.Get(parts[0]).Name] = Catalog.Units.Quantity.TryParse(parts[1], Dimension.Money, out double value, out string problem) && value >= 0
                ? value
                : throw new InputException("--price", problem.Length > 0 ? problem : $"found '{text}'; it must not be negative");
        }

        return prices;
    }

    private static List<ChipOffer> Offers(CommandContext context, string[] names, Dictionary<string, double> prices)
    {
        var offers = new List<ChipOffer>();
        foreach (string name in names.SelectMany(n => n.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            ChipModel chip = ChipModel.For(context.Catalog, name);
            offers.Add(CostBasis.Default.DollarsPerSecond(chip.Chip, prices.TryGetValue(chip.Chip.Name, out double own) ? own : null) is { } rate
                ? new ChipOffer(chip, rate)
                : throw new InputException("--chips", $"the catalogue has no price for {chip.Chip.Name}; give one with --price {chip.Chip.Name}=$…"));
        }

        return offers.Count > 0 ? offers : throw new InputException("--chips", "names no chip");
    }

    private static double Number(ParseResult parsed, Option<double> option, double minimum, double maximum)
    {
        double value = parsed.GetValue(option);
        return value >= minimum && value <= maximum ? value
            : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found {value}; allowed: {minimum} to {maximum}"));
    }

    private static int Write(CommandContext context, bool json, SizingResult result)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        if (json)
        {
            context.WriteJson(new { Cheapest = result.Cheapest?.Offer.Chip.Chip.Name, result.Evaluated, Chips = result.Chips.Select(Answer.Of) });
        }
        else if (result.Cheapest is not null)
        {
            context.WriteTable(
                ["chip", "layout", "dtype", "chips>", "replicas>", "TTFT ms>", "TPOT ms>", "tokens/s/chip>", "$/M tokens>", "J/token>", "bound by"],
                result.Chips.Where(s => s.Plan is not null).OrderBy(s => s.Plan!.DollarsPerSecond).Select(s => Row(s.Offer.Chip.Chip.Name, s.Plan!, c)));
        }

        foreach (ChipSizing failed in result.Chips.Where(s => s.Plan is null))
        {
            context.Error.WriteLine($"fleetwright: {failed.Problem}");
        }

        return result.Cheapest is null ? ExitCode.Infeasible : ExitCode.Success;
    }

    private static IReadOnlyList<string> Row(string chip, ServingPlan p, IFormatProvider c) =>
    [
        chip, p.Sharding.ToString(), p.Precision.Weights.Name(), p.Chips.ToString("#,0", c), p.Replicas.ToString("#,0", c),
        (p.AtLoad.TtftTail * 1e3).ToString("0", c), (p.AtLoad.TpotTail * 1e3).ToString("0.0", c), p.AtLoad.OutputTokensPerSecondPerChip.ToString("0", c),
        p.DollarsPerMillionOutputTokens.ToString("0.00", c), p.JoulesPerOutputToken.ToString("0.00", c), p.Binding.ToString(),
    ];

    private static int Rank(CommandContext context, bool json, RankingRequest request)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        IReadOnlyList<RankingSizing> sized = RankingSearch.Run(request);
        if (json)
        {
            context.WriteJson(new { Cheapest = sized.Where(s => s.Plan is not null).MinBy(s => s.Plan!.DollarsPerSecond)?.Offer.Chip.Chip.Name, Chips = sized.Select(s => new { Chip = s.Offer.Chip.Chip.Name, Fits = s.Plan is not null, Problem = s.Plan is null ? s.Problem : null, s.Plan }) });
        }
        else if (sized.Any(s => s.Plan is not null))
        {
            context.WriteTable(
                ["chip", "chips>", "chips a replica>", "batch>", "batch ms>", "samples/s/chip>", "$/M samples>", "J/sample>"],
                sized.Where(s => s.Plan is not null).OrderBy(s => s.Plan!.DollarsPerSecond).Select(s => (IReadOnlyList<string>)
                [
                    s.Offer.Chip.Chip.Name, s.Plan!.Chips.ToString("#,0", c), s.Plan.Sharding.Chips.ToString(c), s.Plan.BatchSamples.ToString("#,0", c), (s.Plan.StepSeconds * 1e3).ToString("0.00", c),
                    s.Plan.SamplesPerSecondPerChip.ToString("#,0", c), s.Plan.DollarsPerMillionSamples.ToString("0.0000", c), s.Plan.JoulesPerSample.ToString("0.00000", c),
                ]));
        }

        foreach (RankingSizing failed in sized.Where(s => s.Plan is null))
        {
            context.Error.WriteLine($"fleetwright: {failed.Problem}");
        }

        return sized.Any(s => s.Plan is not null) ? ExitCode.Success : ExitCode.Infeasible;
    }

    private sealed record Answer(
        string Chip, bool Fits, string? Problem, string? Sharding, Precision? Precision, long? Chips, int? Replicas, int? ChipsPerReplica, Binding? Binding,
        double? TtftSeconds, double? TpotSeconds, double? TokensPerSecondPerChip, double? MemoryBytesPerChip, double? DollarsPerMillionOutputTokens, double? DollarsPerRequest,
        double? DollarsPerHour, double? JoulesPerOutputToken, double? Watts, LoadEstimate? AtCapacity, double? BestTtftSeconds, double? BestTpotSeconds, IReadOnlyList<Front> ParetoFront)
    {
        public static Answer Of(ChipSizing s) => new(
            s.Offer.Chip.Chip.Name, s.Plan is not null, s.Plan is null ? s.Problem : null, s.Plan?.Sharding.ToString(), s.Plan?.Precision, s.Plan?.Chips, s.Plan?.Replicas, s.Plan?.Replica.Chips, s.Plan?.Binding,
            s.Plan?.AtLoad.TtftTail, s.Plan?.AtLoad.TpotTail, s.Plan?.AtLoad.OutputTokensPerSecondPerChip, s.Plan?.Memory.Used, s.Plan?.DollarsPerMillionOutputTokens, s.Plan?.DollarsPerRequest,
            s.Plan?.DollarsPerSecond * 3600, s.Plan?.JoulesPerOutputToken, s.Plan?.Watts, s.Plan?.AtCapacity,
            double.IsFinite(s.BestTtftSeconds) ? s.BestTtftSeconds : null, double.IsFinite(s.BestTpotSeconds) ? s.BestTpotSeconds : null,
            [.. s.Front.Select(f => new Front(f.TokensPerSecondPerUser, f.OutputTokensPerSecondPerChip, f.Sharding.ToString(), f.Precision.Weights, f.Decoding, double.IsFinite(f.TtftTail) ? f.TtftTail : null))]);
    }

    private sealed record Front(double TokensPerSecondPerUser, double TokensPerSecondPerChip, string Sharding, Dtype Weights, double Decoding, double? TtftSeconds);
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Cli.Pages;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Resuming;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright simulate --model M --chip C … --rate R</c>: a fleet through time, request by request.</summary>
internal static class SimulateCommand
{
    private const int MostReplicas = 1_000_000;

    public static Command Create(CommandContext context)
    {
        DeploymentOptions deployment = new DeploymentOptions().Optional();
        var vidur = new VidurOptions();
        var traffic = new TrafficOptions();
        var fleet = new FleetOptions();
        var split = new SplitOptions();
        var classes = new ClassOptions();
        var speculation = new SpeculationOptions();
        var experts = new ExpertOptions();
        var cache = new CacheOptions();
        var adapters = new AdapterOptions();
        var perfetto = new PerfettoOptions();
        var checkpoint = new CheckpointOptions();
        var replicas = new Option<int>("--replicas") { Description = "Copies of the deployment.", DefaultValueFactory = _ => 1 };
        var scheduler = new Option<string?>("--scheduler") { Description = $"How iterations are filled, if not as the engine does: {string.Join(", ", Enum.GetNames<SchedulerKind>().Select(TrafficOptions.Key))}." };
        var router = new Option<string>("--router") { Description = $"How requests are dealt out: {string.Join(", ", Enum.GetNames<RouterKind>().Select(TrafficOptions.Key))}.", DefaultValueFactory = _ => "round-robin" };
        Option<string?> ttft = CommonOptions.QuantityOption("--ttft", "Time to the first token that a good request keeps.", Dimension.Time);
        Option<string?> tpot = CommonOptions.QuantityOption("--tpot", "Mean time per further token that a good request keeps.", Dimension.Time);
        Option<string?> whole = CommonOptions.QuantityOption("--e2e", "Time to the last token that a good request keeps.", Dimension.Time);
        var percentiles = new Option<string>("--percentiles") { Description = "Percentiles to tell.", DefaultValueFactory = _ => "50,90,95,99,99.9" };
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same requests.", DefaultValueFactory = _ => 1 };
        var threads = new Option<int>("--threads") { Description = "Threads; they change nothing but the time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var html = new Option<string?>("--html") { Description = "The page to write; out/simulate/ and a name of the deployment when left out (none with --json)." };
        var csv = new Option<string?>("--csv", "--per-request") { Description = "Write every request to this file." };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("simulate", "A fleet under traffic, request by request: latencies, throughput, goodput, energy, cost, and what binds.");
        deployment.AddTo(command, replicas, scheduler, router);
        traffic.AddTo(command);
        fleet.AddTo(command);
        split.AddTo(command);
        classes.AddTo(command);
        speculation.AddTo(command);
        experts.AddTo(command);
        cache.AddTo(command);
        adapters.AddTo(command);
        vidur.AddTo(command);
        foreach (Option option in (Option[])[ttft, tpot, whole, percentiles, seed, threads, html, csv, json])
        {
            command.Options.Add(option);
        }

        perfetto.AddTo(command);
        checkpoint.AddTo(command);
        var conflicts = new SimulateConflicts(vidur, replicas, csv, fleet, split, classes, speculation, experts, cache, adapters, perfetto, checkpoint);
        command.SetAction(parsed =>
        {
            bool asJson = parsed.GetValue(json);
            conflicts.Refuse(parsed);
            if (vidur.IsGiven(parsed))
            {
                return vidur.Run(context, parsed, asJson, new VidurWords(
                    deployment.ModelName(parsed), parsed.GetValue(scheduler), parsed.GetValue(router), traffic.RequestsText(parsed), CommonOptions.Whole(parsed, replicas, 1, MostReplicas), CommonOptions.Whole(parsed, threads, 1, 1024), CommonOptions.InFolder(parsed.GetValue(csv), csv.Name)));
            }

            ModelSpec spec = deployment.Model(context, parsed);
            var target = new ServiceTarget(Target(parsed, ttft), Target(parsed, tpot), Target(parsed, whole));
            IReadOnlyList<double> shown = Percentiles(parsed, percentiles);
            var form = new SimulationRequest
            {
                Replica = null!,
                Replicas = CommonOptions.Whole(parsed, replicas, 1, MostReplicas),
                Scheduler = parsed.GetValue(scheduler) is { } name ? TrafficOptions.Member<SchedulerKind>(scheduler.Name, name) : null,
                Router = TrafficOptions.Member<RouterKind>(router.Name, parsed.GetRequiredValue(router)),
                Threads = CommonOptions.Whole(parsed, threads, 1, 1024),
                Seed = parsed.GetValue(seed),
            };
            string? table = CommonOptions.InFolder(parsed.GetValue(csv), csv.Name), page = CommonOptions.InFolder(parsed.GetValue(html), html.Name);
            EngineOptions engine = deployment.Engine(context, parsed);
            Precision precision = deployment.Precision(parsed, spec);
            IReadOnlyList<RequestClass> kinds = classes.Read(parsed);
            if (split.IsGiven(parsed))
            {
                form = split.Read(context, parsed, deployment, spec, precision, engine, form);
            }
            else
            {
                ChipModel chip = deployment.Chip(context, parsed);
                ExpertSkew? skew = experts.Read(parsed, spec);
                form = form with { Adapters = adapters.Read(parsed, engine, chip, cache) };
                form = form with { Replica = Smallest(experts.Layouts(skew, spec, deployment.Layouts(parsed, spec, chip)), spec, precision, chip, engine, form, skew) };
            }

            Replica replica = form.Replica;
            int stages = replica.Sharding.PipelineParallel;
            form = cache.Read(parsed, form with { Replica = replica }, adapters.IsGiven(parsed));
            bool reserves = form.Scheduler is SchedulerKind.Orca or SchedulerKind.Static;
            using TrafficPlan plan = form.Prefill is not null ? SplitOptions.Traffic(traffic, parsed, spec, form)
                : traffic.Read(parsed, spec.MaximumContext, form.Replicas * stages, stages, form.Router, form.Seed, reserves, kinds, fleet.Changes(parsed), form.SharesPrefixes);
            IReadOnlyList<ServiceTarget> targets = classes.Targets(kinds, plan.Classes, target);
            PerfettoOptions.Drawing? drawing = perfetto.Read(parsed, form.Replicas);
            Checkpoints? checkpoints = checkpoint.Read(parsed, traffic.TracePaths(parsed), plan);
            using RequestLog? log = table is null ? null : new RequestLog(table, plan.Classes);
            var watch = new SimulationWatch(context, plan.Requests ?? (plan.Offered * plan.Seconds), plan.Seconds, plan.Source is not null || form.Replicas * stages == 1);
            SimulationRequest request = form with
            {
                Source = plan.Source,
                Sources = plan.Sources is not { } sources ? null : engine =>
                {
                    watch.Begin(form.Replicas * stages);
                    return sources(engine);
                },
                Targets = targets,
                Priorities = ClassOptions.Priorities(kinds, plan.Classes),
                Speculation = speculation.Read(context, parsed, deployment, replica),
                Observer = log,
                Timeline = drawing?.Timeline,
                Checkpoints = checkpoints,
                TypicalContext = plan.TypicalContext,
                MaximumContext = plan.Context,
                Progress = watch.Report,
            };
            request = fleet.Read(context, parsed, request, plan);
            adapters.Check(parsed, request);
            if (ServingSimulation.Problem(request) is { } problem)
            {
                return Infeasible(context, asJson, problem);
            }

            double before = Environment.CpuUsage.TotalTime.TotalSeconds;
            SimulationResult result = Run(request, context.Cancellation);
            double wall = watch.Elapsed.TotalSeconds, cpu = Environment.CpuUsage.TotalTime.TotalSeconds - before;
            watch.Done();
            InputException? trouble = plan.Trouble();
            IReadOnlyList<string> notes = [.. plan.Notes(), .. plan.LimitNote is { } note ? [note] : Array.Empty<string>()];
            SimulateAnswer answer = SplitAnswer.Of(SimulateAnswer.Of(request, result, plan, target, shown, result.IsPartial || trouble is not null, notes), request, result, shown) with
            {
                WallSeconds = wall,
                RequestsPerWallSecond = result.Statistics.Completed / wall,
                RequestsPerCpuSecond = result.Statistics.Completed / Math.Max(cpu, 1e-9),
                PeakBytes = Process.GetCurrentProcess().PeakWorkingSet64,
            };
            log?.Finish();
            drawing?.Finish();
            page ??= asJson ? null : DefaultPage(answer);
            if (page is not null)
            {
                WholeFile.Write(page, SimulatePage.Write(answer, result));
            }

            if (asJson)
            {
                context.WriteJson(answer);
            }
            else
            {
                SimulateText.Write(context, answer);
                Tell(context, "Requests", table);
                Tell(context, "Trace", drawing?.File);
                Tell(context, "Page", page);
            }

            return result.IsPartial ? Stopped(context, answer) : trouble is not null ? throw trouble : answer.Completed > 0 ? ExitCode.Success : Unserved(context, answer);
        });
        return command;
    }

    private static int Stopped(CommandContext context, SimulateAnswer answer)
    {
        context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fleetwright: stopped after {answer.Completed:#,0} requests and {SimulationWatch.Time(answer.SimulatedSeconds)} of simulated time; what had ended by then is kept"));
        return ExitCode.Cancelled;
    }

    private static int Unserved(CommandContext context, SimulateAnswer answer)
    {
        context.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fleetwright: {(answer.Rejected > 0 ? $"all {answer.Rejected:#,0} requests were turned away: neither the context nor the cache can hold them" : "no request arrived in that time")}"));
        return ExitCode.Infeasible;
    }

    private static int Infeasible(CommandContext context, bool asJson, string problem)
    {
        if (asJson)
        {
            context.WriteJson(new { Fits = false, Problem = problem });
        }

        context.Error.WriteLine($"fleetwright: {problem}");
        return ExitCode.Infeasible;
    }

    private static SimulationResult Run(SimulationRequest request, CancellationToken cancellation)
    {
        try
        {
            return ServingSimulation.Run(request, cancellation);
        }
        catch (AggregateException e) when (e.Flatten().InnerExceptions.OfType<InputException>().FirstOrDefault() is { } input)
        {
            // Replicas that run on several threads report their problems together.
            throw new InputException([.. input.Diagnostics]);
        }
    }

    // The one layout that was named; else the fewest chips that fit, in tensor parallelism as far as it goes.
    internal static Replica Smallest(IReadOnlyList<Sharding> layouts, ModelSpec spec, Precision precision, ChipModel chip, EngineOptions engine, SimulationRequest form, ExpertSkew? skew = null)
    {
        Replica? last = null;
        foreach (Sharding sharding in layouts.OrderBy(l => l.Chips).ThenByDescending(l => l.TensorParallel))
        {
            last = new Replica(new ModelGraph(spec, precision, sharding) { ExpertSkew = skew }, chip, engine);
            if (ServingSimulation.Problem(form with { Replica = last }) is null)
            {
                break;
            }
        }

        return last!;
    }

    private static double Target(ParseResult parsed, Option<string?> option) => CommonOptions.Quantity(parsed, option, Dimension.Time, 1e-6) ?? double.PositiveInfinity;

    private static double[] Percentiles(ParseResult parsed, Option<string> option)
    {
        string text = parsed.GetRequiredValue(option);
        double[] values = [.. text.Split(',').Select(w => double.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        return values.All(v => v is > 0 and <= 100) && values.Length <= 12 && values.Distinct().Count() == values.Length ? values
            : throw new InputException(option.Name, $"found '{text}'; allowed: at most 12 different numbers above 0 up to 100, separated by commas");
    }

    private static string DefaultPage(SimulateAnswer answer)
    {
        string name = string.Concat($"{answer.Model}_{answer.Chip}_{answer.Sharding}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-'));
        string folder = Path.Combine("out", "simulate");
        Directory.CreateDirectory(folder);
        return Path.Combine(folder, $"{name}.html");
    }

    private static void Tell(CommandContext context, string what, string? path)
    {
        if (path is not null)
        {
            context.Output.WriteLine($"{what}: {Path.GetFullPath(path)}");
        }
    }
}

using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright estimate --model M --chip C …</c>: what one deployment of a language model does in steady state.</summary>
internal static class EstimateCommand
{
    private const int MostTokens = 10_000_000;

    public static Command Create(CommandContext context)
    {
        var count = new Option<int?>("--count") { Description = "Chips of the replica; the fastest layout over them is taken. Left out: the fewest that fit." };
        var deployment = new DeploymentOptions { Count = count };
        var concurrency = new Option<int>("--concurrency") { Description = "Requests in flight per replica.", DefaultValueFactory = _ => 16 };
        var prompt = new Option<int>("--prompt") { Description = "Prompt tokens of a request.", DefaultValueFactory = _ => 1024 };
        var cached = new Option<int>("--cached") { Description = "Prompt tokens of a request that the prefix cache has.", DefaultValueFactory = _ => 0 };
        var output = new Option<int>("--output") { Description = "Output tokens of a request.", DefaultValueFactory = _ => 256 };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("estimate", "Speed, memory, energy and cost of one deployment.");
        deployment.AddTo(command, concurrency, prompt, cached, output, json);
        command.SetAction(parsed =>
        {
            ModelSpec spec = deployment.Model(context, parsed);
            ChipModel chosen = deployment.Chip(context, parsed);
            EngineOptions options = deployment.Engine(context, parsed);
            Precision precision = deployment.Precision(parsed, spec);
            int whole = CommonOptions.Whole(parsed, prompt, 1, MostTokens), known = CommonOptions.Whole(parsed, cached, 0, MostTokens);
            if (known >= whole)
            {
                throw new InputException(cached.Name, FormattableString.Invariant($"found {known}; it must be less than the {whole} prompt tokens"));
            }

            var work = new Workload(whole - known, CommonOptions.Whole(parsed, output, 1, MostTokens), known);
            int inFlight = CommonOptions.Whole(parsed, concurrency, 1, 1_000_000);
            IReadOnlyList<Sharding> layouts = deployment.Layouts(parsed, spec, chosen);
            (Replica replica, ServingEstimate estimate) = Best(layouts, spec, precision, chosen, options, work, inFlight);
            Answer answer = Answer.Of(replica, work, inFlight, estimate);
            if (parsed.GetValue(json))
            {
                context.WriteJson(answer);
            }
            else if (estimate.Fits)
            {
                Write(context, answer, estimate);
            }

            if (estimate.Fits)
            {
                return ExitCode.Success;
            }

            context.Error.WriteLine($"fleetwright: {estimate.Problem}");
            return ExitCode.Infeasible;
        });
        return command;
    }

    // The fastest of the fewest chips that fit; when none fits, the layout that lacks least.
    private static (Replica Replica, ServingEstimate Estimate) Best(
        IReadOnlyList<Sharding> layouts, ModelSpec spec, Precision precision, ChipModel chip, EngineOptions engine, Workload work, int concurrency)
    {
        (Replica Replica, ServingEstimate Estimate)? best = null, closest = null;
        foreach (Sharding sharding in layouts)
        {
            var replica = new Replica(new ModelGraph(spec, precision, sharding), chip, engine);
            ServingEstimate estimate = SteadyState.Estimate(replica, work, concurrency);
            if (estimate.Fits && (best is not { } b || (b.Replica.Chips == replica.Chips && b.Estimate.RequestsPerSecond < estimate.RequestsPerSecond)))
            {
                best = (replica, estimate);
            }

            if (closest is not { } c || estimate.Memory.Shortfall < c.Estimate.Memory.Shortfall)
            {
                closest = (replica, estimate);
            }
        }

        return best ?? closest!.Value;
    }

    private static void Write(CommandContext context, Answer a, ServingEstimate e)
    {
        IFormatProvider c = CultureInfo.InvariantCulture;
        context.Output.WriteLine(string.Create(c, $"{a.Model} in {a.Precision.Weights.Name()} on {a.Chips} × {a.Chip} ({a.Sharding}), {a.Engine}: {a.Concurrency} in flight, {a.PromptTokens} prompt and {a.OutputTokens} output tokens"));
        context.Output.WriteLine(string.Create(c, $"  TTFT {e.Ttft.Value * 1e3:0} ms ({e.Ttft.Low * 1e3:0}–{e.Ttft.High * 1e3:0}), TPOT {e.Tpot.Value * 1e3:0.0} ms ({e.Tpot.Low * 1e3:0.0}–{e.Tpot.High * 1e3:0.0})"));
        context.Output.WriteLine(string.Create(c, $"  {e.OutputTokensPerSecondPerChip.Value:0} output tokens/s a chip, {e.RequestsPerSecond:0.00} requests/s a replica, {e.JoulesPerOutputToken:0.00} J/token, {e.WattsPerChip:0} W a chip"));
        context.Output.WriteLine(e.DollarsPerMillionOutputTokens is { } dollars ? string.Create(c, $"  ${dollars:0.00} per million output tokens") : "  no price is known for this chip");
        context.Output.WriteLine(string.Create(c, $"  memory a chip: weights {e.Memory.Weights / 1e9:0.0}, cache {e.Memory.KvCache / 1e9:0.0}, activations {e.Memory.Activations / 1e9:0.0}, reserve {e.Memory.Reserve / 1e9:0.0} of {e.Memory.Capacity / 1e9:0.0} GB; at most {e.MaximumConcurrency:0} requests in flight"));
        context.WriteTable(["part of a mean step", "bound", "ms>", "share>"], e.Operators.Take(12).Select(o => (IReadOnlyList<string>)[o.Role.ToString(), o.Bound.ToString(), (o.Seconds * 1e3).ToString("0.000", c), o.Share.ToString("0.0 %", c)]));
    }

    private sealed record Part(OperatorRole Role, Bound Bound, double Seconds, double Share);

    private sealed record Answer(
        string Model, string Chip, int Chips, string Sharding, int Tp, int Pp, int Ep, int DpAttention, Precision Precision, string Engine,
        int Concurrency, double PromptTokens, double CachedTokens, double OutputTokens, bool Fits, string? Problem, double MaximumConcurrency,
        double TtftSeconds, Band TtftBand, double TpotSeconds, Band TpotBand,
        double TokensPerSecondPerChip, double TotalTokensPerSecondPerChip, double RequestsPerSecond,
        double MemoryBytesPerChip, MemoryPlan Memory, double? DollarsPerMillionOutputTokens, double JoulesPerOutputToken, double WattsPerChip, IReadOnlyList<Part> Operators)
    {
        public static Answer Of(Replica r, Workload w, int concurrency, ServingEstimate e) => new(
            r.Graph.Model.Name, r.Chip.Chip.Name, r.Chips, r.Sharding.ToString(), r.Sharding.TensorParallel, r.Sharding.PipelineParallel, r.Sharding.ExpertParallel, r.Sharding.AttentionDataParallel,
            r.Graph.Precision, r.Engine.Name, concurrency, w.Prompt.Mean + w.CachedTokens, w.CachedTokens, w.Output.Mean, e.Fits, e.Fits ? null : e.Problem, e.MaximumConcurrency,
            e.Ttft.Value, e.Ttft, e.Tpot.Value, e.Tpot, e.OutputTokensPerSecondPerChip.Value, e.TotalTokensPerSecondPerChip, e.RequestsPerSecond,
            e.Memory.Used, e.Memory, e.DollarsPerMillionOutputTokens, e.JoulesPerOutputToken, e.WattsPerChip, [.. e.Operators.Select(o => new Part(o.Role, o.Bound, o.Seconds, o.Share))]);
    }
}

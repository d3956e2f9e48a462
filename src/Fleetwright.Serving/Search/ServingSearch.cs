using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Models;
using Fleetwright.Serving.Load;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Steady;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Search;

/// <summary>
/// Finds for each chip the cheapest fleet that meets the targets, by trying every layout at every load of a fixed grid and
/// refining the highest load that meets them by bisection. The answer is the same for any number of threads.
/// </summary>
public static class ServingSearch
{
    private const int Refinements = 12;

    /// <summary>Runs the search.</summary>
    public static SizingResult Run(SizingRequest request)
    {
        double z = NormalBins.NormalQuantile(request.Targets.Quantile);
        Trial[] trials = Trials(request, z);
        return new SizingResult([.. request.Offers.Select((offer, i) => Choose(request, offer, [.. trials.Where(t => t.Offer == i)], z))]);
    }

    /// <summary>The layouts that meet the targets at some load, with the highest such load of a replica, as the steady state has it.</summary>
    internal static IEnumerable<(int Offer, Replica Replica, LoadEstimate Capacity)> Feasible(SizingRequest request) =>
        Trials(request, NormalBins.NormalQuantile(request.Targets.Quantile)).Where(t => t.Best is not null).Select(t => (t.Offer, t.Replica, t.Best!.Value));

    private static Trial[] Trials(SizingRequest request, double z)
    {
        var candidates = new List<(int Offer, Precision Precision, Sharding Sharding)>();
        for (int i = 0; i < request.Offers.Count; i++)
        {
            foreach (Precision precision in Usable(request, request.Offers[i]))
            {
                foreach (Sharding sharding in LayoutSpace.Of(request.Model, request.Offers[i].Chip.Chip, request.MaximumChipsPerReplica))
                {
                    candidates.Add((i, precision, sharding));
                }
            }
        }

        var trials = new Trial[candidates.Count];
        Parallel.For(0, candidates.Count, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, request.Threads) }, i =>
        {
            (int offer, Precision precision, Sharding sharding) = candidates[i];
            var replica = new Replica(new ModelGraph(request.Model, precision, sharding), request.Offers[offer].Chip, request.Engine);
            trials[i] = Try(request, offer, replica, z);
        });

        return trials;
    }

    internal static IReadOnlyList<Precision> Usable(SizingRequest request, ChipOffer offer)
    {
        Precision[] native = [.. request.Precisions.Where(p => offer.Chip.Chip.Supports(p.Compute))];
        return native.Length > 0 ? native : request.Precisions;
    }

    private static Trial Try(SizingRequest request, int offer, Replica replica, double z)
    {
        Workload work = request.Workload;
        double longest = work.CachedTokens + work.Prompt.Mean + work.Output.Mean;
        double room = replica.MaximumSequences(work.MeanContext, longest);
        double prefillLimit = IterationMix.MostDecoding(replica.TokenBudget, work) * replica.Sharding.PipelineParallel * 0.999;
        IReadOnlyList<double> grid = LayoutSpace.Loads;
        var points = new LoadEstimate[grid.Count];
        var trial = new Trial(offer, replica, room, points);
        if (room < 1)
        {
            return trial;
        }

        int best = -1;
        for (int i = 0; i < grid.Count && grid[i] <= room && grid[i] <= prefillLimit; i++)
        {
            points[i] = OpenLoop.At(replica, work, grid[i], request.Targets.Quantile, z);
            trial.Count++;
            if (Verdict(request, room, points[i]) is null)
            {
                best = i;
                trial.Keep(points[i]);
            }
        }

        trial.Evaluated = trial.Count;
        if (best < 0)
        {
            return trial;
        }

        // Between the highest load of the grid that meets the targets and the next.
        double low = grid[best];
        double high = Math.Min(best + 1 < grid.Count ? grid[best + 1] : low, prefillLimit);
        trial.Binding = Binding.Prefill;
        for (int i = 0; i < Refinements && high > low; i++)
        {
            double middle = i == 0 ? high : (low + high) / 2;
            LoadEstimate at = OpenLoop.At(replica, work, middle, request.Targets.Quantile, z);
            trial.Evaluated++;
            if (Verdict(request, room, at) is { } binding)
            {
                high = middle;
                trial.Binding = binding;
            }
            else
            {
                low = middle;
                trial.Keep(at);
            }
        }

        return trial;
    }

    // What breaks at this load; null when all targets are met.
    private static Binding? Verdict(SizingRequest request, double room, in LoadEstimate at) =>
        at.SequencesAtQuantile > room ? Binding.Memory
        : at.PrefillUtilisation >= 1 ? Binding.Prefill
        : !(at.TpotTail <= request.Targets.TpotSeconds) ? Binding.Tpot
        : !(at.TtftTail <= request.Targets.TtftSeconds) ? Binding.Ttft
        : null;

    private static ChipSizing Choose(SizingRequest request, ChipOffer offer, Trial[] trials, double z)
    {
        Trial? best = null;
        double bestCost = double.PositiveInfinity;
        double ttft = double.PositiveInfinity, tpot = double.PositiveInfinity;
        foreach (Trial trial in trials)
        {
            for (int i = 0; i < trial.Count; i++)
            {
                ttft = Math.Min(ttft, trial.Points[i].TtftTail);
                tpot = Math.Min(tpot, trial.Points[i].TpotTail);
            }

            double cost = trial.Best is { } at ? Replicas(request, at) * trial.Replica.Chips * offer.DollarsPerSecond : double.PositiveInfinity;
            bool closer = cost == bestCost && best is not null && trial.Best is { } own && own.TpotTail < best.Best!.Value.TpotTail;
            if (cost < bestCost || closer)
            {
                (best, bestCost) = (trial, cost);
            }
        }

        return new ChipSizing(
            offer,
            best is null ? null : Plan(request, offer, best, z),
            best is not null ? "" : Explain(request, offer, trials, ttft, tpot),
            ttft,
            tpot,
            Front(trials),
            trials.Sum(t => (long)t.Evaluated));
    }

    private static double Replicas(SizingRequest request, in LoadEstimate capacity) =>
        Math.Max(1, Math.Ceiling((request.RequestsPerSecond / capacity.RequestsPerSecond) - 1e-9));

    private static ServingPlan Plan(SizingRequest request, ChipOffer offer, Trial best, double z)
    {
        LoadEstimate capacity = best.Best!.Value;
        double replicas = Replicas(request, capacity);
        Workload work = request.Workload;
        LoadEstimate load = OpenLoop.AtRate(best.Replica, work, Math.Min(request.RequestsPerSecond / replicas, capacity.RequestsPerSecond), request.Targets.Quantile, z) ?? capacity;
        double chips = replicas * best.Replica.Chips;
        double dollars = chips * offer.DollarsPerSecond;
        double watts = chips * (load.ChipWatts + request.Basis.OverheadWatts(offer.Chip.Chip));
        double tokens = request.RequestsPerSecond * work.Output.Mean;
        bool idle = replicas <= 1 && load.RequestsPerSecond < 0.999 * capacity.RequestsPerSecond;
        MemoryPlan memory = best.Replica.Memory(Math.Min(best.Room, Math.Ceiling(load.SequencesAtQuantile)), work.MeanContext, work.CachedTokens + work.Prompt.Mean + work.Output.Mean);
        return new ServingPlan(
            best.Replica, (int)replicas, (long)chips, load, capacity, memory, idle ? Binding.RequestRate : best.Binding,
            dollars, dollars / tokens * 1e6, dollars / request.RequestsPerSecond, watts, watts / tokens);
    }

    private static string Explain(SizingRequest request, ChipOffer offer, Trial[] trials, double ttft, double tpot)
    {
        string name = $"{request.Model.Name} on {offer.Chip.Chip.Name}";
        if (trials.Length == 0)
        {
            return $"{name}: no layout divides the model";
        }

        if (double.IsInfinity(tpot))
        {
            Trial closest = trials.MaxBy(t => t.Replica.CacheRoomBytes)!;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: does not fit on up to {request.MaximumChipsPerReplica} chips; the closest, {closest.Replica.Sharding} in {closest.Replica.Graph.Precision.Weights.Name()}, lacks {Math.Max(0, -closest.Replica.CacheRoomBytes) / 1e9:0.0} GB a chip before any cache");
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name}: no layout meets the targets together; the best reachable are TTFT {ttft * 1e3:0} ms and TPOT {tpot * 1e3:0.0} ms at p{request.Targets.Quantile * 100:0.#}, asked were {request.Targets.TtftSeconds * 1e3:0} ms and {request.Targets.TpotSeconds * 1e3:0.0} ms");
    }

    private static List<FrontPoint> Front(Trial[] trials)
    {
        var all = new List<FrontPoint>();
        foreach (Trial trial in trials)
        {
            for (int i = 0; i < trial.Count; i++)
            {
                LoadEstimate p = trial.Points[i];
                if (p.PrefillUtilisation < 1 && p.SequencesAtQuantile <= trial.Room)
                {
                    all.Add(new FrontPoint(1 / p.TpotMean, p.OutputTokensPerSecondPerChip, trial.Replica.Sharding, trial.Replica.Graph.Precision, p.Decoding, p.TtftTail));
                }
            }
        }

        var front = new List<FrontPoint>();
        double most = 0;
        foreach (FrontPoint p in all.OrderByDescending(p => p.TokensPerSecondPerUser).ThenByDescending(p => p.OutputTokensPerSecondPerChip))
        {
            if (p.OutputTokensPerSecondPerChip > most)
            {
                front.Add(p);
                most = p.OutputTokensPerSecondPerChip;
            }
        }

        return front;
    }

    private sealed class Trial(int offer, Replica replica, double room, LoadEstimate[] points)
    {
        public int Offer { get; } = offer;

        public Replica Replica { get; } = replica;

        public double Room { get; } = room;

        public LoadEstimate[] Points { get; } = points;

        public int Count { get; set; }

        public int Evaluated { get; set; }

        public LoadEstimate? Best { get; private set; }

        // More sequences are not always more requests: a step may grow by more than they do.
        public void Keep(LoadEstimate at) => Best = Best is { } best && best.RequestsPerSecond >= at.RequestsPerSecond ? best : at;

        public Binding Binding { get; set; }
    }
}

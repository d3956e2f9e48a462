using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Where one product's turns run, by quarter.</summary>
/// <param name="Result">For the report, at the last quarter.</param>
/// <param name="CloudShare">Share of turns in the data centre by quarter.</param>
internal sealed record PlacedProduct(ProductPlacement Result, double[] CloudShare);

/// <summary>Each product's turns on device, tethered phone or data centre, given how fast the data centre answers.</summary>
internal static class PlacementStage
{
    private const double P95 = 0.95;

    public static IReadOnlyList<PlacedProduct> Run(ChainContext context, IReadOnlyList<ProductTurns> turns, IReadOnlyList<WorkloadCapability> capabilities) =>
        [.. turns.Select(t => Place(context, t.Product, capabilities))];

    private static PlacedProduct Place(ChainContext context, Inputs.Product product, IReadOnlyList<WorkloadCapability> capabilities)
    {
        context.Progress($"placing {product.Title}");
        Device device = context.Catalog.Devices.Get(product.Device);
        CloudService cloud = Cloud(product, capabilities);
        PlacementResult placed = PlacementPlanner.Decide(State(context, product, device), cloud, context.Catalog.VoiceProfiles.Get(context.Scenario.Voice));
        DevicePlacement capable = placed.Devices[0];

        // Users without such a device have the data centre only; what may not leave their device is not served.
        double private_ = product.Classes.Where(c => !c.MayLeaveDevice).Sum(c => c.Share);
        TierShares others = new(0, 0, 1 - private_, private_);
        double[] shareOfCapable = context.ByQuarter(product.CapableShare);
        TierShares At(int quarter) => capable.Shares.Times(shareOfCapable[quarter]).Plus(others.Times(1 - shareOfCapable[quarter]));
        TierShares last = At(context.Quarters - 1);
        LocalOption? local = capable.OnDevice ?? capable.OnPhone;
        var result = new ProductPlacement
        {
            Product = product.Name,
            Title = product.Title,
            Device = device.Title,
            DeviceModel = last.Device > 0 ? capable.OnDevice?.Model : last.Phone > 0 ? capable.OnPhone?.Model : null,
            CloudWorkload = string.Join(", ", product.Cloud.Select(c => c.Workload)),
            DeviceShare = last.Device,
            PhoneShare = last.Phone,
            CloudShare = last.Cloud,
            UnservedShare = last.Unservable,
            FlipPromptTokens = capable.Policies.Where(p => p.Class.Allowed.HasFlag(Tiers.Cloud)).Select(p => p.ThresholdTokens).Where(t => t > 0 && double.IsFinite(t)).Select(t => (double?)t).FirstOrDefault(),
            VoiceTargetSeconds = product.Interaction == Interaction.Voice ? product.LatencyTarget : null,
            Latency = product.Interaction == Interaction.Voice ? Latencies(capable) : TextLatencies(context, product, capable, cloud),
            BatteryHours = capable.BatteryHours,
            BatteryTargetHours = product.BatteryTarget is { } target ? target / 3600 : null,
            JoulesPerTurn = capable.JoulesPerTurn,
            RamBytes = local?.Estimate.MemoryBytes.Value,
            RamLimitBytes = local?.Estimate.MemoryLimitBytes,
            Measured = local?.Estimate.Basis == EstimateBasis.Measured,
            Reason = string.Join("; ", capable.Reasons.Concat(capable.Missed)),
        };
        return new PlacedProduct(result, [.. Enumerable.Range(0, context.Quarters).Select(t => At(t).Cloud)]);
    }

    private static List<TierLatency> Latencies(DevicePlacement placement) =>
        [.. new[] { placement.DeviceVoice, placement.PhoneVoice, placement.CloudVoice }.OfType<VoiceTurn>().Select(Latency)];

    // A typed turn ends at its first token: no speech, and the way to the data centre counts only there.
    private static List<TierLatency> TextLatencies(ChainContext context, Inputs.Product product, DevicePlacement placement, CloudService cloud)
    {
        var latencies = new List<TierLatency>();
        if (placement.OnDevice is { } local && placement.Shares.Device > 0)
        {
            DeviceEstimate estimate = local.Estimate;
            var model = new DeviceModel(estimate.Device, estimate.Engine, estimate.Unit.Kind, ModelOf(context, local.Model), local.Weights, product.RenderLoad);
            double threshold = placement.Policies.Where(p => p.Local == Tiers.Device).Max(p => p.ThresholdTokens);
            var prompt = new TokenLengths(product.Prompt.Mean, product.Prompt.Variation);
            latencies.Add(Latency(VoiceTurn.Local(null, model, p => prompt.QuantileBetween(p, 0, threshold))));
        }

        latencies.Add(Latency(VoiceTurn.InCloud(null, cloud, context.Catalog.Networks.Get(product.Network), product.Prompt.Mean)));
        return latencies;
    }

    private static TierLatency Latency(VoiceTurn turn) => new(
        Words.Of(turn.Tier), turn.Total.Quantile(0.5), turn.Total.Quantile(P95), [.. turn.Stages.Select(s => new StageLatency(s.Name, s.Seconds.Quantile(0.5)))]);

    private static Fleetwright.Edge.Placement.Product State(ChainContext context, Inputs.Product product, Device device)
    {
        bool spoken = product.Interaction == Interaction.Voice;
        Device? phone = product.Phone is { } tether ? context.Catalog.Devices.Get(tether.Device) : null;
        return new Fleetwright.Edge.Placement.Product
        {
            Name = product.Name,
            Devices =
            [
                new ProductDevice
                {
                    Device = device,
                    Share = 1,
                    Models = Models(context, product.DeviceModels, product.DeviceDtype, product.Engine),
                    RenderLoad = product.RenderLoad,
                    Network = context.Catalog.Networks.Get(product.Network),
                    Phone = phone,
                    PhoneModels = product.Phone is { } p ? Models(context, p.Models, product.DeviceDtype, p.Engine) : [],
                    Hop = product.Phone is { } q ? context.Catalog.Networks.Get(q.Link) : null,
                },
            ],
            TurnsPerUserPerDay = product.TurnRate * 86400,
            HourCurve = product.HourCurve,
            HoursOfUsePerDay = product.UseTime / 3600,
            Prompt = new TokenLengths(product.Prompt.Mean, product.Prompt.Variation),
            Reply = new TokenLengths(product.Reply.Mean, product.Reply.Variation),
            Classes = [.. product.Classes.Where(c => c.Share > 0).Select(c => new Fleetwright.Edge.Placement.TurnClass(
                c.Name, c.Share, c.MayLeaveDevice ? Tiers.Device | Tiers.Phone | Tiers.Cloud : Tiers.Device | Tiers.Phone, spoken))],
            Targets = new ProductTargets(product.LatencyTarget, product.LatencyTarget, product.BatteryTarget is { } battery ? battery / 3600 : 0),
        };
    }

    private static List<LocalModel> Models(ChainContext context, IReadOnlyList<string> names, Dtype dtype, string engine) =>
        names.Count == 0 ? [] : [.. names.Select(n => new LocalModel(ModelOf(context, n), dtype, context.Catalog.DeviceEngines.Get(engine)))];

    private static Fleetwright.Catalog.Models.ModelSpec ModelOf(ChainContext context, string name) => Fleetwright.Catalog.Models.ModelResolver.Resolve(context.Catalog, name);

    // The time to the first token is a lognormal through its mean and p99, mixed over the workloads that answer the product.
    private static CloudService Cloud(Inputs.Product product, IReadOnlyList<WorkloadCapability> capabilities)
    {
        LatencyDistribution? mixed = null;
        double mixedShare = 0, tpot = 0;
        foreach ((string name, double share) in product.Cloud.Where(c => c.Share > 0))
        {
            WorkloadCapability capability = capabilities.First(c => c.Workload.Name == name);
            bool served = double.IsFinite(capability.TtftMean);
            double mean = served ? capability.TtftMean : capability.Workload.LatencyTarget;
            double tail = served ? Math.Max(mean * 1.0001, capability.TtftTail) : capability.Workload.LatencyTarget * 2;
            LatencyDistribution part = LatencyDistribution.LogNormalThrough(mean, tail);
            mixed = mixed is null ? part : LatencyDistribution.Mix(part, share / (share + mixedShare), mixed);
            mixedShare += share;
            tpot += share * (served ? capability.TpotMean : capability.Workload.TpotTarget?.Value ?? 0.05);
        }

        return new CloudService(mixed ?? LatencyDistribution.Zero, tpot / Math.Max(1e-9, mixedShare));
    }
}

using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Cloud;
using Fleetwright.Edge.Devices;
using Fleetwright.Edge.Networks;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Scenarios.Chain;

/// <summary>A product of a scenario as a question of placement.</summary>
/// <param name="Product">Name.</param>
/// <param name="Title">Title.</param>
/// <param name="Device">The device's title.</param>
/// <param name="Question">The question for users who have the device.</param>
/// <param name="PeakTurnsPerSecond">Turns per second of those users in the busiest hour of the scenario's last quarter.</param>
/// <param name="Basis">What the speeds of the local models rest on, in words; empty when there are none.</param>
/// <param name="Cloud">What the cloud's latency and price rest on, in words.</param>
public sealed record ScenarioPlacement(
    string Product, string Title, string Device, PlacementQuestion Question, double PeakTurnsPerSecond, IReadOnlyList<string> Basis, string Cloud);

/// <summary>Turns a scenario's products into questions of placement; the data centre answers as its cheapest deployment does at the load that it was sized for.</summary>
public static class PlacementInputs
{
    private const double LongestDelay = 10_000;

    /// <summary>The questions, one a product, in the scenario's order.</summary>
    /// <param name="context">The scenario and the facts.</param>
    /// <param name="only">Name of the only product wanted; null for all.</param>
    /// <exception cref="InputException">The scenario names something unknown, or no such product.</exception>
    public static IReadOnlyList<ScenarioPlacement> Of(ChainContext context, string? only = null)
    {
        ScenarioCheck.ThrowIfWrong(context);
        Scenario scenario = context.Scenario;
        if (only is not null && !scenario.Products.Any(p => p.Name == only))
        {
            throw new InputException("--product", $"found '{only}'; allowed: {string.Join(", ", scenario.Products.Select(p => p.Name))}");
        }

        IReadOnlyList<ProductTurns> turns = DemandStage.Run(context);
        IReadOnlyList<WorkloadCapability> serving = ServingStage.Run(context, OfferedChips.Of(context), turns);
        var placements = new List<ScenarioPlacement>();
        for (int i = 0; i < turns.Count; i++)
        {
            if (only is null || turns[i].Product.Name == only)
            {
                placements.Add(Place(context, i, turns[i], serving));
            }
        }

        return placements;
    }

    private static ScenarioPlacement Place(ChainContext context, int index, ProductTurns turns, IReadOnlyList<WorkloadCapability> serving)
    {
        Inputs.Product product = turns.Product;
        Device device = context.Catalog.Devices.Get(product.Device);
        bool spoken = product.Interaction == Interaction.Voice;
        VoiceProfile? voice = spoken ? context.Catalog.VoiceProfiles.Get(context.Scenario.Voice) : null;
        var basis = new List<string>();
        IReadOnlyList<PlacementClass> classes = Classes(context.Scenario, index, product, voice);
        RenderLoad? scene = device.RenderLoads.FirstOrDefault(l => l.Name == product.RenderLoad);
        double turnsADay = product.TurnRate.Value * 86400;
        double weights = product.HourCurve.Sum();
        var question = new PlacementQuestion
        {
            Product = product.Name,
            Device = product.Device,
            Classes = classes,
            Day = new UserDay
            {
                TurnsByHour = [.. product.HourCurve.Select(w => turnsADay * w / weights)],
                UseSecondsByHour = UseByHour(product.HourCurve, product.UseTime.Value),
                Segments = [.. Parts(product).Select(part => Segment(part))],
            },
            BatteryHours = product.BatteryTarget is { } hours ? hours.Value / 3600 : 0,
            BatteryJoules = device.Battery?.Value,
            SustainedWatts = device.SustainedPower.Value,
            ThermalSeconds = device.ThermalTimeConstant.Value,
            DollarsPerJoule = context.Scenario.Economics.Electricity.Value,
            DeviceMemoryBytes = device.AppMemoryLimit.Value,
            PhoneMemoryBytes = product.Phone is { } phone ? context.Catalog.Devices.Get(phone.Device).AppMemoryLimit.Value : double.PositiveInfinity,
            Variables =
            [
                new PlacementVariable("added delay to the cloud", "ms", 1, LongestDelay, static (path, _, ms) => path.IsRemote ? ms / 1000 : 0),
                new PlacementVariable("% of the prompt kept from before", "", 1, 100, static (path, prompt, percent) =>
                    path.ReadCachedSeconds is { } read ? read(prompt, Math.Min(prompt - 1, prompt * percent / 100)) - path.ReadSeconds(prompt) : 0),
            ],
        };
        int last = context.Quarters - 1;
        return new ScenarioPlacement(
            product.Name, product.Title, device.Title, question, turns.PeakTurns[last] * context.ByQuarter(product.CapableShare)[last], basis,
            $"the cloud answers as {string.Join(" and ", product.Cloud.Where(c => c.Share > 0).Select(c => c.Workload))} do on their cheapest chips at the load that they are sized for");

        DaySegment Segment(DayPart part)
        {
            List<string> said = [];
            IReadOnlyList<AnswerPath> paths = Paths(context, product, device, part.Network ?? product.Network, voice, serving, said);
            basis = said;
            return new DaySegment
            {
                FromHour = part.From,
                ToHour = part.To,
                Place = part.Place,
                UseWatts = Math.Max(device.InUsePower.Value, scene?.Power.Value ?? 0),
                CaseWatts = scene?.Power.Value ?? device.IdlePower.Value,
                ChargeWatts = part.Charging?.Value ?? 0,
                Paths = [.. classes.Select(_ => paths)],
            };
        }
    }

    private static IReadOnlyList<DayPart> Parts(Inputs.Product product) => product.Day.Count > 0 ? product.Day : [new DayPart(0, 24, "everywhere", null, null)];

    private static List<AnswerPath> Paths(
        ChainContext context, Inputs.Product product, Device device, string network, VoiceProfile? voice, IReadOnlyList<WorkloadCapability> serving, List<string> basis)
    {
        var shape = new TurnShape(
            voice is null ? TurnKind.Text : TurnKind.Voice, new TokenLengths(product.Prompt.Mean.Value, product.Prompt.Variation.Value), 0,
            new TokenLengths(product.Reply.Mean.Value, product.Reply.Variation.Value));
        NetworkProfile? hop = product.Phone is { } tether ? context.Catalog.Networks.Get(tether.Link) : null;
        var way = new NetworkPath(context.Catalog.Networks.Get(network), hop);
        var paths = new List<AnswerPath>();
        Add(Tiers.Device, device, product.DeviceModels, product.Engine, product.RenderLoad);
        if (product.Phone is { } phone)
        {
            Add(Tiers.Phone, context.Catalog.Devices.Get(phone.Device), phone.Models, phone.Engine, null);
        }

        List<(AnswerPath, double)> services = [.. product.Cloud.Where(c => c.Share > 0).Select(c =>
            (AnswerPaths.Remote(Tiers.Cloud, "the cloud", Service(serving.First(s => s.Workload.Name == c.Workload)), shape, voice, way), c.Share))];
        paths.Add(AnswerPaths.Mixed(services, shape.Prompt.Mean));
        return paths;

        void Add(Tiers tier, Device holder, IReadOnlyList<string> models, string engine, string? scene)
        {
            foreach (string name in models)
            {
                var model = new DeviceModel(holder, context.Catalog.DeviceEngines.Get(engine), null, ModelResolver.Resolve(context.Catalog, name), product.DeviceDtype, scene);
                string where = tier == Tiers.Device ? "the device" : "the phone";
                paths.Add(AnswerPaths.Local(tier, name, models.Count == 1 ? where : $"{name} on {where}", model, shape, voice, way));
                basis.Add($"{name} on {where}: {model.BasisText}");
            }
        }
    }

    // The replica of the cheapest deployment at the load that it is sized for. A workload that no chip can serve in time is taken to answer at its targets, at no price.
    private static CloudLatency Service(WorkloadCapability capability)
    {
        if (capability is { Plan: { } plan, Shape: { } shape })
        {
            double rate = plan.AtCapacity.RequestsPerSecond;
            return CloudLatency.Of(plan.Replica, shape, rate, plan.DollarsPerRequest * rate * 3600)
                ?? throw new InvalidOperationException($"{capability.Workload.Name} cannot keep up with the load that it was sized for");
        }

        double target = capability.Workload.LatencyTarget.Value;
        return CloudLatency.Fixed(LatencyDistribution.LogNormalThrough(target, 2 * target), capability.Workload.TpotTarget?.Value ?? 0.05, 0);
    }

    private static List<PlacementClass> Classes(Scenario scenario, int index, Inputs.Product product, VoiceProfile? voice)
    {
        var classes = new List<PlacementClass>();
        for (int c = 0; c < product.Classes.Count; c++)
        {
            Inputs.TurnClass turns = product.Classes[c];
            if (turns.Share.Value <= 0)
            {
                continue;
            }

            string field = $"products[{index}].turn_classes[{c}].may_leave_device";
            (long line, long column) = scenario.Places.TryGetValue(field, out (long, long) place) ? place : scenario.Places.GetValueOrDefault($"products[{index}].turn_classes[{c}].name");
            classes.Add(new PlacementClass
            {
                Name = turns.Name,
                Share = turns.Share.Value,
                Allowed = turns.MayLeaveDevice ? Tiers.Device | Tiers.Phone | Tiers.Edge | Tiers.Cloud : Tiers.Device | Tiers.Phone,
                TargetSeconds = product.LatencyTarget.Value,
                Prompt = new TokenLengths(product.Prompt.Mean.Value, product.Prompt.Variation.Value),
                Reply = new TokenLengths(product.Reply.Mean.Value, product.Reply.Variation.Value),
                EndOfTurn = voice is null ? LatencyDistribution.Zero : LatencyDistribution.FromQuantiles(voice.EndOfTurn),
                SpeakingRate = voice?.SpeakingRate.Value ?? 0,
                Stated = new Diagnostic(scenario.File, line, column, field, ""),
            });
        }

        return classes;
    }

    // Use follows the hours of the turns, an hour holding 3,600 s at most: k·weight, cut, with the k that gives the day's use.
    private static double[] UseByHour(IReadOnlyList<double> weights, double seconds)
    {
        double low = 0, high = 3600 / weights.Where(w => w > 0).Min();
        while (high - low > 1e-9 * high)
        {
            double middle = (low + high) / 2;
            (low, high) = weights.Sum(w => Math.Min(3600, middle * w)) < seconds ? (middle, high) : (low, middle);
        }

        return [.. weights.Select(w => Math.Min(3600, high * w))];
    }
}

using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Scenarios.Inputs;

/// <summary>One question to the whole chain, as a scenario file states it. Values are in base units.</summary>
public sealed record Scenario
{
    /// <summary>The scenario's name.</summary>
    public required string Name { get; init; }

    /// <summary>One line that says what is asked.</summary>
    public required string Title { get; init; }

    /// <summary>A paragraph of context.</summary>
    public required string Description { get; init; }

    /// <summary>The file that states it.</summary>
    public required string File { get; init; }

    /// <summary>The quarters planned, in order.</summary>
    public required IReadOnlyList<Quarter> Quarters { get; init; }

    /// <summary>The seed of every random stream.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The stages of a spoken turn beside the model, by catalogue name.</summary>
    public required string Voice { get; init; }

    /// <summary>Prices that are not a chip's.</summary>
    public required Economics Economics { get; init; }

    /// <summary>Products with users.</summary>
    public required IReadOnlyList<Product> Products { get; init; }

    /// <summary>What the data centre serves.</summary>
    public required IReadOnlyList<Workload> Workloads { get; init; }

    /// <summary>What the data centre trains.</summary>
    public required IReadOnlyList<TrainingPlan> Training { get; init; }

    /// <summary>Chips on offer.</summary>
    public required IReadOnlyList<Offer> Offers { get; init; }

    /// <summary>Things that offers share and that run short.</summary>
    public required IReadOnlyList<SharedResource> Resources { get; init; }

    /// <summary>Chips that are there already.</summary>
    public required IReadOnlyList<OwnedChips> Owned { get; init; }

    /// <summary>Power at the meter, in watts.</summary>
    public required QuarterlyFact PowerAvailable { get; init; }

    /// <summary>What may go wrong.</summary>
    public required Risks Risks { get; init; }

    /// <summary>How the plan weighs cost and risk.</summary>
    public required PlanSettings Plan { get; init; }

    /// <summary>Every value of the file with its source.</summary>
    public required IReadOnlyList<WrittenFact> Facts { get; init; }

    /// <summary>Where each text of the file stands, for messages: the path of its field to line and column.</summary>
    public IReadOnlyDictionary<string, (long Line, long Column)> Places { get; init; } = new Dictionary<string, (long, long)>();
}

/// <summary>Prices that are not a chip's.</summary>
/// <param name="Electricity">Dollars per joule.</param>
/// <param name="Pue">Power at the meter over power of the machines.</param>
/// <param name="ChipLife">Useful life of a chip and its server in seconds.</param>
/// <param name="DiscountRate">Per year.</param>
/// <param name="Operations">Yearly cost of running a machine as a share of its price (repair, staff, spares).</param>
public sealed record Economics(Fact Electricity, Fact Pue, Fact ChipLife, Fact DiscountRate, Fact Operations);

/// <summary>How users talk to a product.</summary>
public enum Interaction
{
    /// <summary>Typed; the clock stops at the first token.</summary>
    Text,

    /// <summary>Spoken; the clock runs from the end of the user's words to the first sound of the reply.</summary>
    Voice,
}

/// <summary>A product whose users send turns to an assistant.</summary>
public sealed record Product
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The device that capable users hold.</summary>
    public required string Device { get; init; }

    /// <summary>The engine that runs models on the device.</summary>
    public required string Engine { get; init; }

    /// <summary>Models that may run on the device, best first; empty when none may.</summary>
    public required IReadOnlyList<string> DeviceModels { get; init; }

    /// <summary>Number format of the weights on the device.</summary>
    public required Dtype DeviceDtype { get; init; }

    /// <summary>Share of users whose device is at least this one.</summary>
    public required QuarterlyFact CapableShare { get; init; }

    /// <summary>What else the device draws while the product is in use, by the catalogue's name; null for nothing.</summary>
    public string? RenderLoad { get; init; }

    /// <summary>A phone that the device is tethered to; null for none.</summary>
    public TetheredPhone? Phone { get; init; }

    /// <summary>Seconds of use a day.</summary>
    public required Fact UseTime { get; init; }

    /// <summary>The data-centre workloads that answer the rest, with their shares.</summary>
    public required IReadOnlyList<(string Workload, double Share)> Cloud { get; init; }

    /// <summary>How users talk to it.</summary>
    public required Interaction Interaction { get; init; }

    /// <summary>The network between device and data centre, by catalogue name.</summary>
    public required string Network { get; init; }

    /// <summary>Parts of a user's day in order, hours 0 to 24; empty for one network all day and no charger while in use.</summary>
    public IReadOnlyList<DayPart> Day { get; init; } = [];

    /// <summary>Daily active users.</summary>
    public required QuarterlyFact ActiveUsers { get; init; }

    /// <summary>Turns per second of one daily active user, averaged over a day.</summary>
    public required Fact TurnRate { get; init; }

    /// <summary>24 relative weights of the hours of a day.</summary>
    public required IReadOnlyList<double> HourCurve { get; init; }

    /// <summary>Tokens of a prompt, history and instructions included.</summary>
    public required TokenLength Prompt { get; init; }

    /// <summary>Tokens of a reply.</summary>
    public required TokenLength Reply { get; init; }

    /// <summary>Classes of turns and where their data may go.</summary>
    public required IReadOnlyList<TurnClass> Classes { get; init; }

    /// <summary>Seconds within which 95 of 100 replies must begin.</summary>
    public required Fact LatencyTarget { get; init; }

    /// <summary>Battery hours to reach; null on mains.</summary>
    public Fact? BatteryTarget { get; init; }

    /// <summary>Highest over mean of the hour curve.</summary>
    public double PeakFactor => HourCurve.Max() / HourCurve.Average();
}

/// <summary>A part of a user's day.</summary>
/// <param name="From">First hour, 0 to 23.</param>
/// <param name="To">Hour in which the next part begins, 1 to 24.</param>
/// <param name="Place">Such as <c>home</c>.</param>
/// <param name="Network">The network there, by catalogue name; null for the product's.</param>
/// <param name="Charging">Watts from a charger; null for none.</param>
public sealed record DayPart(int From, int To, string Place, string? Network, Fact? Charging);

/// <summary>A phone that a worn device talks to.</summary>
/// <param name="Device">The phone.</param>
/// <param name="Engine">The engine that runs models on it.</param>
/// <param name="Models">Models that may run on it, best first.</param>
/// <param name="Link">The network between the two.</param>
public sealed record TetheredPhone(string Device, string Engine, IReadOnlyList<string> Models, string Link);

/// <summary>A lognormal number of tokens.</summary>
/// <param name="Mean">Mean.</param>
/// <param name="Variation">Coefficient of variation (standard deviation over mean).</param>
public sealed record TokenLength(Fact Mean, Fact Variation);

/// <summary>Turns whose data follow one rule.</summary>
/// <param name="Name">Such as <c>private-messages</c>.</param>
/// <param name="Share">Share of the product's turns.</param>
/// <param name="MayLeaveDevice">Whether the data may reach the data centre.</param>
public sealed record TurnClass(string Name, Fact Share, bool MayLeaveDevice);

/// <summary>Work of the data centre with targets.</summary>
public sealed record Workload
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The model: catalogue name, Hugging Face repository or path of a <c>config.json</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Number formats of the weights that are good enough.</summary>
    public required IReadOnlyList<Dtype> Precisions { get; init; }

    /// <summary>Chips whose software runs it; empty for all on offer.</summary>
    public required IReadOnlyList<string> Chips { get; init; }

    /// <summary>p99 time to first token; for ranking the time of a batch.</summary>
    public required Fact LatencyTarget { get; init; }

    /// <summary>p99 time per output token; null for ranking.</summary>
    public Fact? TpotTarget { get; init; }

    /// <summary>Samples per second of a ranking load in the busiest hour; null for a load that comes from products.</summary>
    public QuarterlyFact? SampleRate { get; init; }

    /// <summary>Dollars lost per unit of load (request or sample) that is not served.</summary>
    public required Fact UnservedPrice { get; init; }

    /// <summary>Largest share of the load that may go unserved in any quarter of any future; no limit when null.</summary>
    public Fact? UnservedLimit { get; init; }
}

/// <summary>A training run with a deadline.</summary>
public sealed record TrainingPlan
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its title.</summary>
    public required string Title { get; init; }

    /// <summary>The model.</summary>
    public required string Model { get; init; }

    /// <summary>Chips whose software trains it; empty for all on offer.</summary>
    public required IReadOnlyList<string> Chips { get; init; }

    /// <summary>Tokens to train on.</summary>
    public required Fact Tokens { get; init; }

    /// <summary>Tokens of a sequence.</summary>
    public required Fact SequenceLength { get; init; }

    /// <summary>Tokens of a global batch.</summary>
    public required Fact BatchTokens { get; init; }

    /// <summary>Number format of the products.</summary>
    public required Dtype Precision { get; init; }

    /// <summary>First quarter.</summary>
    public required Quarter Start { get; init; }

    /// <summary>Last quarter.</summary>
    public required Quarter Deadline { get; init; }

    /// <summary>Dollars lost per token not trained by the deadline.</summary>
    public required Fact UnservedPrice { get; init; }

    /// <summary>Largest share of the tokens that may go untrained in any future; no limit when null.</summary>
    public Fact? UnservedLimit { get; init; }
}

/// <summary>Chips that can be bought from one maker, made at one site.</summary>
public sealed record Offer
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The chip; empty where <see cref="Design"/> says which.</summary>
    public required string Chip { get; init; }

    /// <summary>A design in place of a chip of the catalogue: a name of <c>catalog/designs</c> or the path of a design file, from the scenario's folder; null for none.</summary>
    public string? Design { get; init; }

    /// <summary>Who sells it.</summary>
    public required string Maker { get; init; }

    /// <summary>Where its logic is made.</summary>
    public required string Site { get; init; }

    /// <summary>Where it is packaged.</summary>
    public required string Packaging { get; init; }

    /// <summary>The node it is made in there; the chip's own when null.</summary>
    public string? Node { get; init; }

    /// <summary>Dollars for a chip; null for what a design costs to make.</summary>
    public required QuarterlyFact? Price { get; init; }

    /// <summary>Dollars for a chip's share of server, network and storage.</summary>
    public required Fact SystemPrice { get; init; }

    /// <summary>Chips that can be ordered in a quarter.</summary>
    public required QuarterlyFact Capacity { get; init; }

    /// <summary>Seconds from order to delivery.</summary>
    public required Fact LeadTime { get; init; }

    /// <summary>Chips to order at least in all once the contract is signed.</summary>
    public Fact? MinimumOrder { get; init; }

    /// <summary>Dollars for signing (design, masks, qualification); when null none, or those of a design without a price.</summary>
    public Fact? ContractCost { get; init; }

    /// <summary>The first quarter in which an order can be placed; the scenario's first when null.</summary>
    public Quarter? FirstOrder { get; init; }

    /// <summary>Units of shared resources that a chip takes.</summary>
    public required IReadOnlyList<(string Resource, double PerChip)> Uses { get; init; }
}

/// <summary>Something that several offers draw on.</summary>
/// <param name="Name">Such as <c>hbm</c>.</param>
/// <param name="Title">With its unit, such as <c>HBM allocated to us (stacks)</c>.</param>
/// <param name="Capacity">Units that can be had by quarter.</param>
public sealed record SharedResource(string Name, string Title, QuarterlyFact Capacity);

/// <summary>Chips that are there before the plan.</summary>
/// <param name="Chip">The chip.</param>
/// <param name="Number">How many are installed, by quarter.</param>
public sealed record OwnedChips(string Chip, QuarterlyFact Number);

/// <summary>What may go wrong.</summary>
/// <param name="Outages">Places that may stop.</param>
/// <param name="Shortages">Resources that may run short.</param>
/// <param name="Demand">Paths that demand may take; at least one.</param>
public sealed record Risks(IReadOnlyList<Outage> Outages, IReadOnlyList<Shortage> Shortages, IReadOnlyList<DemandPath> Demand);

/// <summary>A place that may stop.</summary>
/// <param name="Name">Such as <c>Taiwan stops</c>.</param>
/// <param name="Place">A country or a site.</param>
/// <param name="Probability">Probability within the horizon.</param>
/// <param name="Quarters">How many quarters it lasts.</param>
public sealed record Outage(string Name, string Place, Fact Probability, int Quarters);

/// <summary>A resource that may run short.</summary>
/// <param name="Name">Such as <c>HBM runs short</c>.</param>
/// <param name="Resource">The resource.</param>
/// <param name="Probability">Probability within the horizon.</param>
/// <param name="Remaining">Share of the capacity that is left.</param>
/// <param name="First">First quarter.</param>
/// <param name="Quarters">How many quarters it lasts.</param>
public sealed record Shortage(string Name, string Resource, Fact Probability, Fact Remaining, Quarter First, int Quarters);

/// <summary>A path of demand.</summary>
/// <param name="Name">Such as <c>fast</c>.</param>
/// <param name="Probability">Probability; the paths' sum to one.</param>
/// <param name="Factor">Demand over the scenario's by quarter.</param>
public sealed record DemandPath(string Name, Fact Probability, QuarterlyFact Factor);

/// <summary>How the plan weighs cost and risk.</summary>
/// <param name="RiskWeight">Weight of the tail, 0 (expected cost only) to 1.</param>
/// <param name="TailLevel">Level of the CVaR, such as 0.9.</param>
/// <param name="Gap">Relative gap at which the solver may stop.</param>
/// <param name="RentalPrice">Dollars per second for a rented chip; null when none can be rented.</param>
/// <param name="RentalChip">The chip that can be rented.</param>
/// <param name="RentalLimit">Chips that can be rented at a time.</param>
public sealed record PlanSettings(Fact RiskWeight, Fact TailLevel, Fact Gap, QuarterlyFact? RentalPrice, string? RentalChip, QuarterlyFact? RentalLimit);

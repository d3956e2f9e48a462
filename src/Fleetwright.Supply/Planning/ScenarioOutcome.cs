namespace Fleetwright.Supply.Planning;

/// <summary>What the plan comes to in one scenario. Series have one value for each quarter.</summary>
public sealed record ScenarioOutcome
{
    /// <summary>The scenario.</summary>
    public required string Id { get; init; }

    /// <summary>Its probability.</summary>
    public required double Probability { get; init; }

    /// <summary>What came of each order.</summary>
    public required IReadOnlyList<Delivery> Deliveries { get; init; }

    /// <summary>Chips installed, by kind.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Fleet { get; init; }

    /// <summary>Chips at work, own and rented, by kind and workload.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, IReadOnlyList<double>>> Assigned { get; init; }

    /// <summary>Chips rented, by kind.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Rented { get; init; }

    /// <summary>Units per second not served, by workload; for movable work all of it stands at the last quarter of its window.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Unserved { get; init; }

    /// <summary>Watts drawn at the meter.</summary>
    public required IReadOnlyList<double> PowerWatts { get; init; }

    /// <summary>The cost.</summary>
    public required CostBreakdown Cost { get; init; }
}

/// <summary>What came of an order.</summary>
/// <param name="OfferId">The offer.</param>
/// <param name="OrderQuarter">Index of the quarter of the order.</param>
/// <param name="DeliveryQuarter">Index of the quarter of delivery.</param>
/// <param name="OrderedUnits">Chips ordered.</param>
/// <param name="DeliveredUnits">Chips that arrived; the rest is lost and not paid for.</param>
public sealed record Delivery(string OfferId, int OrderQuarter, int DeliveryQuarter, double OrderedUnits, double DeliveredUnits);

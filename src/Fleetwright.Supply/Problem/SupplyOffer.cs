namespace Fleetwright.Supply.Problem;

/// <summary>A maker's offer of one kind of chip from one fab and one packaging house. The same chip from another fab is another offer.</summary>
/// <remarks>A node that cannot make the chip is simply not an offer.</remarks>
public sealed record SupplyOffer
{
    /// <summary>What the plan calls it.</summary>
    public required string Id { get; init; }

    /// <summary>The kind of chip.</summary>
    public required string ChipId { get; init; }

    /// <summary>Who sells it.</summary>
    public required string Maker { get; init; }

    /// <summary>Where the wafers are made.</summary>
    public required string FabSiteId { get; init; }

    /// <summary>Where the packages are made.</summary>
    public required string PackagingSiteId { get; init; }

    /// <summary>The process node, for reports.</summary>
    public string Node { get; init; } = "";

    /// <summary>Dollars a chip, installed, by quarter of the order; paid on delivery.</summary>
    public required IReadOnlyList<double> UnitPriceByQuarter { get; init; }

    /// <summary>Most units that can be delivered in each quarter.</summary>
    public required IReadOnlyList<double> CapacityByQuarter { get; init; }

    /// <summary>Quarters from order to delivery, by quarter of the order.</summary>
    public required IReadOnlyList<int> LeadQuartersByQuarter { get; init; }

    /// <summary>The index of the first quarter in which an order can be placed.</summary>
    public int EarliestOrderQuarter { get; init; }

    /// <summary>Units that must be ordered in all if anything is.</summary>
    public double MinimumUnits { get; init; }

    /// <summary>Paid once in the earliest order quarter if anything is ordered: design, masks, signing.</summary>
    public double FixedDollars { get; init; }

    /// <summary>Whether the contract is signed already: its fixed cost is sunk and its minimum binds.</summary>
    public bool IsSigned { get; init; }

    /// <summary>Orders come in whole multiples of this many units, such as the 72 of a rack; 0 for any number.</summary>
    public double LotUnits { get; init; }

    /// <summary>What one chip takes of each shared resource, by its id.</summary>
    public IReadOnlyDictionary<string, double> ResourcePerUnit { get; init; } = new Dictionary<string, double>();

    /// <summary>A lead time that is the same in every quarter.</summary>
    public static IReadOnlyList<int> Lead(int quarters, int count) => [.. Enumerable.Repeat(quarters, count)];

    /// <summary>The quarter in which an order is delivered.</summary>
    public int DeliveryQuarter(int orderQuarter) => orderQuarter + LeadQuartersByQuarter[orderQuarter];

    /// <summary>The quarter in which an order is made, whose outages and shortages it meets: the one before delivery, or the order's own if that is later.</summary>
    public int ProductionQuarter(int orderQuarter) => Math.Max(orderQuarter, DeliveryQuarter(orderQuarter) - 1);
}

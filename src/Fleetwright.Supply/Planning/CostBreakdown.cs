namespace Fleetwright.Supply.Planning;

/// <summary>A cost by its parts, in dollars of the first quarter (discounted).</summary>
public sealed record CostBreakdown
{
    /// <summary>Design, masks and signing of contracts.</summary>
    public double FixedDollars { get; init; }

    /// <summary>Prices paid for chips on delivery.</summary>
    public double PurchaseDollars { get; init; }

    /// <summary>What those chips are worth at the horizon's end: the part of their price that their remaining life would bear. Subtracted.</summary>
    public double SalvageDollars { get; init; }

    /// <summary>Running costs of installed chips apart from energy.</summary>
    public double RunningDollars { get; init; }

    /// <summary>Energy of own chips at work.</summary>
    public double EnergyDollars { get; init; }

    /// <summary>Rent.</summary>
    public double RentalDollars { get; init; }

    /// <summary>Penalties for demand that goes unserved.</summary>
    public double UnservedDollars { get; init; }

    /// <summary>All of it, net of salvage.</summary>
    public double TotalDollars =>
        FixedDollars + PurchaseDollars - SalvageDollars + RunningDollars + EnergyDollars + RentalDollars + UnservedDollars;

    internal static CostBreakdown Mean(IEnumerable<(double Probability, CostBreakdown Cost)> costs)
    {
        CostBreakdown mean = new();
        foreach ((double p, CostBreakdown c) in costs)
        {
            mean = new CostBreakdown
            {
                FixedDollars = mean.FixedDollars + (p * c.FixedDollars),
                PurchaseDollars = mean.PurchaseDollars + (p * c.PurchaseDollars),
                SalvageDollars = mean.SalvageDollars + (p * c.SalvageDollars),
                RunningDollars = mean.RunningDollars + (p * c.RunningDollars),
                EnergyDollars = mean.EnergyDollars + (p * c.EnergyDollars),
                RentalDollars = mean.RentalDollars + (p * c.RentalDollars),
                UnservedDollars = mean.UnservedDollars + (p * c.UnservedDollars),
            };
        }

        return mean;
    }
}

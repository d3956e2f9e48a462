using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Costs;

/// <summary>How the price of a chip becomes dollars per second, and the power of a chip that of its server.</summary>
/// <remarks>Sources: <c>docs/serving.md</c>, section Cost.</remarks>
public sealed record CostBasis
{
    private const double SecondsPerYear = 31557600;

    /// <summary>The defaults.</summary>
    public static CostBasis Default { get; } = new();

    /// <summary>Years over which servers are paid.</summary>
    public Fact LifeYears { get; init; } = new(5, 3, 7, "Epoch AI, 1 GW data centre cost model (2026-05): IT life 5 years, 3 and 7 as sensitivities", Confidence.Medium);

    /// <summary>Capital cost of the cluster (servers, network, storage, site) ÷ price of its chips.</summary>
    public Fact CapitalPerChipPrice { get; init; } = new(1.65, 1.5, 1.75, "H100 clusters at $47-52 k per GPU all in (latent.space, 2024-09) over $30 k a GPU", Confidence.Low);

    /// <summary>Power at the meter ÷ power of the IT equipment.</summary>
    public Fact Pue { get; init; } = new(1.15, 1.08, 1.25, "AWS fleet 2023: 1.15; Meta 1.08, Google 1.09, Microsoft 1.18", Confidence.High);

    /// <summary>Dollars per joule of electricity.</summary>
    public Fact DollarsPerJoule { get; init; } = new(0.08 / 3.6e6, 0.06 / 3.6e6, 0.186 / 3.6e6, "US industrial price 2023 by state, 6-9 c/kWh where data centres are (EIA Electric Power Annual)", Confidence.Medium);

    /// <summary>Power of the IT equipment per chip ÷ the chip's power limit, for chips whose system power is not known.</summary>
    public Fact SystemPowerPerTdp { get; init; } = new(2.07, 1.82, 2.46, "IT power per H100 1.275-1.721 kW, median 1.453 (Epoch AI, 2026), over 700 W", Confidence.Medium);

    /// <summary>What one chip costs to own and power, in dollars per second: its catalogue ownership rate, or capital over its life plus power. Null when it has no price.</summary>
    /// <param name="chip">The chip.</param>
    /// <param name="price">Price of one chip in dollars that replaces the catalogue's rate and price.</param>
    public double? DollarsPerSecond(Chip chip, double? price = null)
    {
        if (price is null && chip.OwnershipRate is { } rate)
        {
            return rate;
        }

        double? paid = price ?? chip.Price?.Value;
        return paid is null ? null : (paid * CapitalPerChipPrice / (LifeYears * SecondsPerYear)) + (SystemWatts(chip) * Pue * DollarsPerJoule);
    }

    /// <summary>Power of the IT equipment per chip at full load in watts.</summary>
    public double SystemWatts(Chip chip) => chip.SystemPower?.Value ?? (chip.Tdp * SystemPowerPerTdp);

    /// <summary>Power that host, network and fans add to each chip whatever it does, in watts: system power less the chip's limit.</summary>
    public double OverheadWatts(Chip chip) => Math.Max(0, SystemWatts(chip) - chip.Tdp);
}

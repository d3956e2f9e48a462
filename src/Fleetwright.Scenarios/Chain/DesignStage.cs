using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Scenarios.Inputs;
using Fleetwright.Scenarios.Results;

namespace Fleetwright.Scenarios.Chain;

/// <summary>The designs on offer side by side.</summary>
internal static class DesignStage
{
    /// <returns>Null when no design is on offer.</returns>
    public static IReadOnlyList<DesignResult>? Run(ChainContext context, OfferedChips offered)
    {
        List<DesignResult> found = [];
        foreach (OfferedChip chip in offered.Chips)
        {
            if (context.Chips.Designed(chip.Name) is { } design)
            {
                found.Add(State(context, chip, design, [.. offered.Offers.Where(o => o.Chip == chip.Name)]));
            }
        }

        return found.Count > 0 ? found : null;
    }

    private static DesignResult State(ChainContext context, OfferedChip offered, DesignedChip design, IReadOnlyList<Offer> offers)
    {
        Chip chip = design.Chip;
        Offer cheapest = offers.MinBy(o => o.Price!.At(context.Scenario.Quarters[0]))!;
        MakingPrice? making = Making(context, design, cheapest);
        return new DesignResult
        {
            Chip = chip.Name,
            Title = chip.Title,
            Node = design.Technology.Node.Name,
            DieSquareMillimetres = chip.DieArea!.Value,
            MatrixFormat = design.ReferenceFormat.Name(),
            MatrixRate = chip.MatrixRates[design.ReferenceFormat],
            MemoryKind = design.Technology.Memory.Name,
            MemoryBytes = chip.MemoryCapacity,
            MemoryBytesPerSecond = chip.MemoryBandwidth,
            PowerWatts = chip.Tdp,
            MeterWatts = offered.WattsAtMeter,
            PriceDollars = cheapest.Price!.At(context.Scenario.Quarters[0]),
            MakingDollars = making?.Unit.Central,
            MakingDollarsLow = making?.Unit.P10,
            MakingDollarsHigh = making?.Unit.P90,
            OneTimeDollars = making?.OneTime.Central,
            DollarsPerSecond = offered.DollarsPerSecond,
        };
    }

    private static MakingPrice? Making(ChainContext context, DesignedChip design, Offer offer)
    {
        try
        {
            return MakingPrice.Of(context.Catalog, design, offer, context.Scenario.Quarters);
        }
        catch (InputException)
        {
            // Its price is stated, so the making cost is only told where it is known.
            return null;
        }
    }
}

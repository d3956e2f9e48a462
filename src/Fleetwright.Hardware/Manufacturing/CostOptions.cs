using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>How a chip is costed.</summary>
public sealed record CostOptions
{
    /// <summary>The foundry node that the chip is made on; null for its own.</summary>
    public string? Node { get; init; }

    /// <summary>Whether the dies keep their area on another node instead of shrinking or growing with its densities.</summary>
    public bool SameArea { get; init; }

    /// <summary>Good units over which masks and design are spread; null to leave them out of the unit cost.</summary>
    public double? Volume { get; init; }

    /// <summary>The quarter of the memory price; null for the newest in the catalogue.</summary>
    public Quarter? Quarter { get; init; }

    /// <summary>The yield model of the dies.</summary>
    public YieldModel Model { get; init; } = YieldModel.NegativeBinomial;

    /// <summary>α of the negative binomial or N of Bose–Einstein; null for the catalogue's clustering range, or 10 layers.</summary>
    public double? YieldParameter { get; init; }

    /// <summary>Whether the regions of a die see one defect density.</summary>
    public DefectSharing Sharing { get; init; } = DefectSharing.Shared;

    /// <summary>The wafer.</summary>
    public WaferGeometry Wafer { get; init; } = WaferGeometry.Standard;

    /// <summary>Whether dies are counted on the wafer instead of taken from the formula, which is lower by a tenth for the largest.</summary>
    public bool CountGrid { get; init; }

    /// <summary>Monte Carlo draws.</summary>
    public int Draws { get; init; } = 10_000;

    /// <summary>The seed of the run.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Threads; results do not depend on it.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;
}

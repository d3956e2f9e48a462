using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Systolic;

namespace Fleetwright.Hardware.Designs;

/// <summary>What follows from a design: area, power, and the chip that the operator model prices.</summary>
/// <remarks>Building one takes microseconds, so that a search may build each of its points. It does not check the design; <see cref="For"/> does.</remarks>
public sealed class DesignedChip
{
    private const string Source = "follows from the design (docs/designs.md)";
    private static readonly Fact SmallTile = Assumed(0.5), ContextAttention = Assumed(0.5), DecodeAttention = Assumed(0.8), Error = Assumed(0.3);
    private static readonly Fact FabricLatency = Assumed(16e-6), FabricEfficiency = Assumed(0.8), HostLatency = Assumed(20e-6), HostEfficiency = Assumed(0.6);

    /// <summary>Works out <paramref name="design"/> on <paramref name="technology"/>.</summary>
    public DesignedChip(ChipDesign design, DesignTechnology technology)
    {
        Design = design;
        Technology = technology;
        Area = DesignArea.Of(design, technology);
        Power = DesignPower.Of(design, technology, Area);
        Chip = ChipOf();
        Coefficients = CoefficientsOf();
        Model = new ChipModel(Chip, Coefficients);
    }

    /// <summary>The design.</summary>
    public ChipDesign Design { get; }

    /// <summary>Its node and memory.</summary>
    public DesignTechnology Technology { get; }

    /// <summary>Silicon by block.</summary>
    public DesignArea Area { get; }

    /// <summary>Watts by what draws them.</summary>
    public DesignPower Power { get; }

    /// <summary>The chip as a user of it sees it: peak rates at the nominal clock, bandwidths, capacity, power limit.</summary>
    public Chip Chip { get; }

    /// <summary>What the chip sustains of its peaks.</summary>
    public ChipCoefficients Coefficients { get; }

    /// <summary>Prices operators on it.</summary>
    public ChipModel Model { get; }

    /// <summary>The format that its power is quoted in: bf16, else fp16, else the first that it has.</summary>
    public Dtype ReferenceFormat => ReferenceOf(Design);

    /// <summary>Checks <paramref name="design"/> against the catalogue and works it out.</summary>
    /// <exception cref="InputException">The design cannot be built; all that is wrong is told.</exception>
    public static DesignedChip For(FleetCatalog catalog, ChipDesign design)
    {
        IReadOnlyList<DesignProblem> problems = DesignChecks.Problems(catalog, design);
        return problems.Count == 0
            ? new DesignedChip(design, DesignTechnology.For(catalog, design))
            : throw new InputException([.. problems.Select(p => new Diagnostic(design.Name, 0, 0, p.Field, p.Message))]);
    }

    /// <summary>Prices operators on the design in the file <paramref name="chip"/> (a path ending in <c>.yaml</c>), or else on the catalogue's chip by that name.</summary>
    /// <exception cref="InputException">The file is wrong, or there is no such chip.</exception>
    public static ChipModel ModelFor(FleetCatalog catalog, string chip) =>
        DesignReader.IsPath(chip) ? For(catalog, DesignReader.Open(catalog, chip)).Model : ChipModel.For(catalog, chip);

    internal static Dtype ReferenceOf(ChipDesign design) =>
        design.Matrix.ContainsKey(Dtype.Bf16) ? Dtype.Bf16 : design.Matrix.ContainsKey(Dtype.Fp16) ? Dtype.Fp16 : design.Matrix.Keys.Min();

    private Chip ChipOf()
    {
        var rates = new Dictionary<Dtype, Fact>(Design.Matrix.Count);
        foreach ((Dtype dtype, MatrixUnit unit) in Design.Matrix)
        {
            rates[dtype] = Derived(2 * unit.MacsPerCycle * Design.Elements * Design.Clock);
        }

        return new Chip
        {
            Name = Design.Name,
            Title = Design.Title,
            Aliases = Design.Aliases,
            Vendor = Design.Vendor,
            Architecture = "design",
            Node = Design.Node,
            DieArea = Derived(Area.Total + Area.Companions),
            Cores = Derived(Design.Elements),
            Clock = Derived(Design.Clock),
            MatrixRates = rates,
            VectorRate = Derived(Design.VectorOperations * Design.Elements * Design.Clock),
            LocalMemoryPerCore = Derived(Design.LocalMemory),
            SharedMemory = Derived(Design.SharedMemory),
            SharedMemoryBandwidth = Derived(Design.SharedMemoryBandwidth),
            SharedMemoryHoldsActivations = Design.SharedMemoryKind == SharedMemoryKind.Scratchpad,
            MemoryKind = Design.MemoryKind,
            MemoryCapacity = Derived(Design.MemoryUnits * (Design.MemoryUnitCapacity ?? Technology.Memory.Capacity?.Value ?? 0)),
            MemoryBandwidth = Derived(Design.MemoryUnits * (Design.MemoryUnitBandwidth ?? Technology.Memory.Bandwidth?.Value ?? 0)),
            Tdp = Derived(Design.PackagePower),
            ScaleUpTopology = Design.ScaleUpTopology,
            ScaleUpBandwidth = Design.ScaleUpBandwidth > 0 ? Derived(Design.ScaleUpBandwidth) : null,
            ScaleUpDomain = Math.Max(1, Design.ScaleUpDomain),
            ChipsPerServer = Math.Max(1, Design.ChipsPerServer),
            ScaleOutBandwidth = Design.ScaleOutBandwidth > 0 ? Derived(Design.ScaleOutBandwidth) : null,
            HostBandwidth = Derived(Design.HostBandwidth),
        };
    }

    private ChipCoefficients CoefficientsOf()
    {
        var matrix = new Dictionary<Dtype, Fact>(Design.Matrix.Count);
        foreach ((Dtype dtype, MatrixUnit unit) in Design.Matrix)
        {
            matrix[dtype] = Derived(Busy(unit) * Power.SustainedClock(dtype) / Design.Clock);
        }

        double limit = Design.PackagePower;
        Dtype format = ReferenceFormat;
        double sustained = Power.SustainedClock(format), volts = Design.VoltageAt(sustained) / Design.Voltage;
        bool fabric = Design.ScaleUpBandwidth > 0;
        return new ChipCoefficients
        {
            Name = Design.Name,
            LaunchOverhead = Derived(Design.LaunchOverhead),
            MatrixEfficiency = matrix,
            MemoryEfficiency = Derived(Design.MemoryEfficiency),
            SmallTileExponent = SmallTileOf(Design.Matrix[format]),
            ContextAttentionEfficiency = ContextAttention,
            DecodeAttentionEfficiency = DecodeAttention,
            GatherEfficiency = Derived(Design.GatherEfficiency),
            CollectiveLatency = fabric ? FabricLatency : HostLatency,
            CollectiveEfficiency = fabric ? FabricEfficiency : HostEfficiency,
            MatrixPowerShare = Derived(Power.Matrix(format) * sustained / Design.Clock * volts * volts / limit),
            MemoryPowerShare = Derived(Power.Memory / limit),
            OnChipPowerShare = Derived(Power.SharedMemory / limit),
            IdlePowerShare = Derived(Power.Rest / limit),
            Error = Error,
            Rows = 0,
        };
    }

    // Share of the cells that the largest tile of the operator model, 256 × 128, keeps busy in a double-buffered array over a long inner size.
    private static double Busy(MatrixUnit unit)
    {
        if (unit.Array is not { } array)
        {
            return 1;
        }

        const int Height = 256, Width = 128, Inner = 2048;
        return array.IdealCycles(Height, Width, Inner) / array.OverlappedCycles(SystolicDataflow.WeightStationary, Height, Width, Inner);
    }

    // Rows shorter than the array wait for its weights, and columns beside a narrow tile idle: the exponent that gives the smallest tile, 16 × 64, the share of cells
    // that it keeps busy, (16 · 64 / 128²)^g. A unit of unknown shape takes that of GPUs.
    private static Fact SmallTileOf(MatrixUnit unit)
    {
        if (unit.Array is not { } array)
        {
            return SmallTile;
        }

        double busy = Math.Min(1, 16.0 / array.Height) * Math.Min(1, 64.0 / array.Width);
        return Derived(Math.Min(1, Math.Log2(1 / busy) / 4));
    }

    private static Fact Derived(double value) => Fact.Of(value, Source, Confidence.Medium);

    private static Fact Assumed(double value) => Fact.Of(value, "assumed", Confidence.Assumed);
}

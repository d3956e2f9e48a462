using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Designs;

/// <summary>Power of a design by what draws it, in watts, and the clock that it sustains under its power limit. Equations and sources: docs/designs.md, "Power".</summary>
public sealed class DesignPower
{
    private readonly double[] _sustainedClocks = new double[Dtypes.All.Count];
    private readonly ChipDesign _design;
    private readonly double _energyScale;
    private readonly double _clockWattsPerHertz;

    private DesignPower(ChipDesign design, DesignTechnology technology, DesignArea area)
    {
        _design = design;
        _energyScale = technology.EnergyScale;
        _clockWattsPerHertz = PowerConstants.ClockEnergyPerArea * technology.EnergyScale / technology.LogicScale * area.Total;
        double volts = Squared(design.Voltage);
        Clock = _clockWattsPerHertz * design.Clock * volts;
        double bandwidth = design.MemoryUnits * (design.MemoryUnitBandwidth ?? technology.Memory.Bandwidth?.Value ?? 0);
        Memory = bandwidth * design.MemoryEfficiency * 8 * (technology.Memory.EnergyPerBit?.Value ?? PowerConstants.UnknownMemoryBit);
        SharedMemory = design.SharedMemoryBandwidth * 8 * PowerConstants.SramBit(design.SharedMemory) * _energyScale * volts;
        Links = 2 * 8 * ((design.HostBandwidth * PowerConstants.HostBit) + ((design.ScaleUpBandwidth + design.ScaleOutBandwidth) * PowerConstants.SerialBit));
        for (int i = 0; i < design.Companions.Count; i++)
        {
            Companions += design.Companions[i].Power * design.Companions[i].Count;
        }

        foreach ((Dtype dtype, MatrixUnit unit) in design.Matrix)
        {
            _sustainedClocks[(int)dtype] = Sustained(dtype, unit);
        }
    }

    /// <summary>Clock tree, leakage and idle switching of the compute dies at the nominal clock and voltage.</summary>
    public double Clock { get; }

    /// <summary>Off-chip memory and its interface at the bandwidth that streaming sustains.</summary>
    public double Memory { get; }

    /// <summary>Shared on-chip memory at its full bandwidth.</summary>
    public double SharedMemory { get; }

    /// <summary>Host and scale-up links at full rate in both directions.</summary>
    public double Links { get; }

    /// <summary>Dies beside the compute dies.</summary>
    public double Companions { get; }

    /// <summary>What the chip draws while it works but neither multiplies nor reads: clocks and companion dies.</summary>
    public double Rest => Clock + Companions;

    /// <summary>Power that large products meet: rest, matrix units and a quarter of the memory's (a large product reads little; assumed).</summary>
    private double AtClock(double clock, double matrixWattsPerHertz)
    {
        double volts = Squared(_design.VoltageAt(clock));
        return Companions + (PowerConstants.MemoryShareInProducts * Memory) + ((_clockWattsPerHertz + matrixWattsPerHertz) * clock * volts);
    }

    /// <summary>The power of <paramref name="design"/>.</summary>
    public static DesignPower Of(ChipDesign design, DesignTechnology technology, DesignArea area) => new(design, technology, area);

    /// <summary>Matrix units at the nominal clock in <paramref name="dtype"/>.</summary>
    public double Matrix(Dtype dtype) => _design.Matrix.TryGetValue(dtype, out MatrixUnit unit) ? MatrixWattsPerHertz(dtype, unit) * _design.Clock * Squared(_design.Voltage) : 0;

    /// <summary>Everything busy at once in <paramref name="dtype"/> at the nominal clock: what a package without a power limit would have to cool.</summary>
    public double Peak(Dtype dtype) => Rest + Matrix(dtype) + Memory + Links;

    /// <summary>Matrix units, memory and links busy half of the time: what makers call typical (our reading).</summary>
    public double Typical(Dtype dtype) => Rest + ((Matrix(dtype) + Memory + Links) / 2);

    /// <summary>The clock in hertz that large products in <paramref name="dtype"/> keep up under the power limit; 0 for a format that the chip lacks.</summary>
    public double SustainedClock(Dtype dtype) => _sustainedClocks[(int)dtype];

    /// <summary>Power at the lowest voltage and a tenth of the clock: below it the package could not be run at all.</summary>
    internal double Least => AtClock(_design.Clock / 10, 0);

    private double MatrixWattsPerHertz(Dtype dtype, MatrixUnit unit) =>
        unit.MacsPerCycle * _design.Elements * PowerConstants.MacEnergy(dtype) * _design.ArithmeticEnergyFactor * _energyScale;

    // Power rises with the clock (and with the voltage that it needs), so the limit is met at one clock, found by halving.
    private double Sustained(Dtype dtype, MatrixUnit unit)
    {
        double perHertz = MatrixWattsPerHertz(dtype, unit);
        if (AtClock(_design.Clock, perHertz) <= _design.PackagePower)
        {
            return _design.Clock;
        }

        double low = 0, high = _design.Clock;
        for (int i = 0; i < 30; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = AtClock(middle, perHertz) <= _design.PackagePower ? (middle, high) : (low, middle);
        }

        // A limit that not even a stopped clock meets is refused by the checks; a design made in code crawls.
        return Math.Max(low, _design.Clock * 1e-3);
    }

    private static double Squared(double volts) => volts * volts / (PowerConstants.ReferenceVoltage * PowerConstants.ReferenceVoltage);
}

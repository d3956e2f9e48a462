namespace Fleetwright.Hardware.Manufacturing;

/// <summary>A quantity with its uncertainty.</summary>
/// <param name="Central">With every input at its central value.</param>
/// <param name="P10">One draw in ten is below.</param>
/// <param name="P50">Half of the draws are below.</param>
/// <param name="P90">One draw in ten is above.</param>
/// <param name="Mean">The mean of the draws.</param>
public readonly record struct CostRange(double Central, double P10, double P50, double P90, double Mean)
{
    internal static CostRange Of(double central, double[] draws)
    {
        double[] sorted = [.. draws];
        Array.Sort(sorted);
        double sum = 0;
        foreach (double draw in sorted)
        {
            sum += draw;
        }

        return new CostRange(central, At(sorted, 0.1), At(sorted, 0.5), At(sorted, 0.9), sum / sorted.Length);
    }

    // Linear between order statistics.
    internal static double At(double[] sorted, double probability)
    {
        double place = probability * (sorted.Length - 1);
        int below = (int)place;
        return below + 1 < sorted.Length ? sorted[below] + ((place - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }
}

/// <summary>A line of the bill of materials, in dollars a good unit.</summary>
/// <param name="Item">What it is.</param>
/// <param name="Detail">How much of it, in words.</param>
/// <param name="Dollars">Its cost.</param>
public sealed record CostLine(string Item, string Detail, CostRange Dollars);

/// <summary>A kind of die on its wafer, with every input at its central value.</summary>
/// <param name="Name">The die.</param>
/// <param name="Node">Where it is made.</param>
/// <param name="Count">Dies of this kind in a chip.</param>
/// <param name="AreaSquareMillimetres">Area of one die on that node.</param>
/// <param name="LogicShare">Share of it that is logic.</param>
/// <param name="SramShare">Share of it that is SRAM.</param>
/// <param name="PhyShare">Share of it that is PHY and other analogue circuits.</param>
/// <param name="WaferDollars">Price of a wafer.</param>
/// <param name="DefectsPerSquareCentimetre">Defect density.</param>
/// <param name="GrossDies">Dies on a wafer.</param>
/// <param name="YieldWithoutSpares">Share without a defect that cannot be mended, were every core needed.</param>
/// <param name="Yield">Share that can be sold.</param>
/// <param name="GrossDollars">Cost of a die before the bad ones are thrown away.</param>
/// <param name="KnownGoodDollars">Cost of a die that is known to be good.</param>
public sealed record DieCost(
    string Name, string Node, int Count, double AreaSquareMillimetres, double LogicShare, double SramShare, double PhyShare, double WaferDollars, double DefectsPerSquareCentimetre,
    double GrossDies, double YieldWithoutSpares, double Yield, double GrossDollars, double KnownGoodDollars);

/// <summary>What one uncertain input does to the cost of a unit, all else central.</summary>
/// <param name="Input">The input.</param>
/// <param name="Low">Its tenth percentile.</param>
/// <param name="High">Its ninetieth.</param>
/// <param name="DollarsAtLow">Cost of a unit at the one.</param>
/// <param name="DollarsAtHigh">Cost of a unit at the other.</param>
public sealed record CostSensitivity(string Input, double Low, double High, double DollarsAtLow, double DollarsAtHigh)
{
    /// <summary>How far it moves the cost.</summary>
    public double Swing => Math.Abs(DollarsAtHigh - DollarsAtLow);
}

/// <summary>What a chip costs to make.</summary>
public sealed record ChipCost
{
    /// <summary>The chip or design.</summary>
    public required string Chip { get; init; }

    /// <summary>The node of its main die.</summary>
    public required string Node { get; init; }

    /// <summary>That node in words.</summary>
    public required string NodeTitle { get; init; }

    /// <summary>Dollars a good unit.</summary>
    public required CostRange Unit { get; init; }

    /// <summary>The bill of materials; its lines add up to the unit.</summary>
    public required IReadOnlyList<CostLine> Lines { get; init; }

    /// <summary>The dies by kind.</summary>
    public required IReadOnlyList<DieCost> Dies { get; init; }

    /// <summary>Share of assemblies that succeed.</summary>
    public required double AssemblyYield { get; init; }

    /// <summary>Area of the interposer in mm²; 0 without one.</summary>
    public required double InterposerArea { get; init; }

    /// <summary>Masks and design in dollars, whether spread over units or not; null when the catalogue does not state them.</summary>
    public CostRange? OneTime { get; init; }

    /// <summary>What moves the cost, most first.</summary>
    public required IReadOnlyList<CostSensitivity> Sensitivities { get; init; }

    /// <summary>What was assumed.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Cost of a unit in each draw, for plots.</summary>
    public required IReadOnlyList<double> Draws { get; init; }
}

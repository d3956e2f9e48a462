namespace Fleetwright.Hardware.Manufacturing;

/// <summary>How many dies a wafer holds. Lengths in mm, areas in mm². Equations: docs/making.md, "Dies on a wafer".</summary>
/// <param name="Diameter">The wafer's; 300 mm.</param>
/// <param name="EdgeExclusion">Rim on which no die is good; 3 mm (public calculators take 3 to 5).</param>
/// <param name="Scribe">Saw street between dies; 0.1 mm (0.1 to 0.2).</param>
public readonly record struct WaferGeometry(double Diameter, double EdgeExclusion, double Scribe)
{
    /// <summary>Width of the largest field that a scanner exposes, in mm.</summary>
    public const double ReticleWidth = 26;

    /// <summary>Height of that field in mm.</summary>
    public const double ReticleHeight = 33;

    /// <summary>The largest die that a scanner exposes in one field, in mm².</summary>
    public const double ReticleArea = ReticleWidth * ReticleHeight;

    /// <summary>A 300 mm wafer with 3 mm of edge and 0.1 mm of scribe.</summary>
    public static WaferGeometry Standard { get; } = new(300, 3, 0.1);

    /// <summary>Dies of <paramref name="area"/>, taken as square, on a wafer, losses at the round edge included: π(d/2)²/A − πd/√(2A), with d the usable diameter and A the die with its scribe.</summary>
    /// <returns>An average, so not a whole number; 0 when the die is too large for the wafer.</returns>
    public double GrossDies(double area)
    {
        double side = Math.Sqrt(area) + Scribe;
        return Gross(side * side);
    }

    /// <summary>Dies of <paramref name="width"/> × <paramref name="height"/> by the same formula.</summary>
    public double GrossDies(double width, double height) => Gross((width + Scribe) * (height + Scribe));

    /// <summary>Whole dies of <paramref name="width"/> × <paramref name="height"/> on a wafer when the grid is placed best.</summary>
    /// <param name="width">Of a die, in mm.</param>
    /// <param name="height">Of a die, in mm.</param>
    /// <param name="offsets">Places of the grid that are tried each way; a die counts when its four corners lie inside the usable circle.</param>
    public int CountOnGrid(double width, double height, int offsets = 64)
    {
        double radius = (Diameter / 2) - EdgeExclusion, pitchX = width + Scribe, pitchY = height + Scribe;
        int best = 0;
        for (int oy = 0; oy < offsets; oy++)
        {
            for (int ox = 0; ox < offsets; ox++)
            {
                best = Math.Max(best, Count(radius, width, height, pitchX, pitchY, ox * pitchX / offsets, oy * pitchY / offsets));
            }
        }

        return best;
    }

    /// <summary>Whether a scanner exposes the die in one field, either way round.</summary>
    public static bool FitsReticle(double width, double height) =>
        (width <= ReticleWidth && height <= ReticleHeight) || (width <= ReticleHeight && height <= ReticleWidth);

    private static int Count(double radius, double width, double height, double pitchX, double pitchY, double offsetX, double offsetY)
    {
        int count = 0;
        for (int row = (int)Math.Ceiling((-radius - offsetY) / pitchY); ; row++)
        {
            double bottom = offsetY + (row * pitchY), top = bottom + height;
            if (top > radius)
            {
                return count;
            }

            // The chord at the end of the row that is farther from the centre bounds where dies may begin and end.
            double far = Math.Max(Math.Abs(bottom), Math.Abs(top));
            double half = Math.Sqrt((radius * radius) - (far * far));
            double first = Math.Ceiling((-half - offsetX) / pitchX), last = Math.Floor((half - width - offsetX) / pitchX);
            count += Math.Max(0, (int)(last - first) + 1);
        }
    }

    private double Gross(double area)
    {
        double usable = Diameter - (2 * EdgeExclusion);
        return Math.Max(0, (Math.PI * usable * usable / (4 * area)) - (Math.PI * usable / Math.Sqrt(2 * area)));
    }
}

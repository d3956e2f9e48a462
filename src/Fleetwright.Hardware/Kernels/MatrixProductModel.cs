using Fleetwright.Catalog.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>
/// Seconds of a matrix product on one chip in one number format. The output is cut into tiles that are dealt to the cores in
/// waves; long inner sizes may be split to fill the cores; the least time over a table of tiles and splits is taken, as kernel
/// libraries choose. Equations: docs/hardware.md, "Matrix products".
/// </summary>
internal sealed class MatrixProductModel
{
    private static readonly (int Height, int Width)[] Shapes =
        [(16, 64), (16, 128), (32, 64), (32, 128), (64, 64), (64, 128), (64, 256), (128, 64), (128, 128), (128, 256), (256, 64), (256, 128)];

    private readonly Tile[] _tiles;
    private readonly double _cores;
    private readonly double _perCores;
    private readonly double _overlapLoss;
    private readonly double _tileLatency;
    private readonly double _secondsPerByte;
    private readonly double _throttleLoss;
    private readonly double _throttleSeconds;
    private readonly double _routingSecondsPerElement;

    public MatrixProductModel(MatrixProductCoefficients coefficients, double peakRate, double cores, double memoryBandwidth, double operandBytes, double? weightBytes = null)
    {
        Overhead = coefficients.Overhead;
        Quality = coefficients.Quality;
        _cores = cores;
        _perCores = 1 / cores;
        _overlapLoss = coefficients.OverlapLoss;
        _tileLatency = coefficients.TileLatency;
        _throttleLoss = coefficients.ThrottleLoss;
        _throttleSeconds = coefficients.ThrottleSeconds;
        _secondsPerByte = 1 / (memoryBandwidth * coefficients.MemoryEfficiency);
        _routingSecondsPerElement = coefficients.Routing * 2 * _secondsPerByte;
        ConversionSecondsPerElement = coefficients.Conversion * (2 + operandBytes) * _secondsPerByte;
        double coreRate = peakRate * coefficients.MatrixEfficiency / cores;
        double coreBandwidth = memoryBandwidth / cores * coefficients.CoreBandwidth;
        _tiles = new Tile[Shapes.Length];
        for (int i = 0; i < Shapes.Length; i++)
        {
            (int height, int width) = Shapes[i];
            double small = Math.Min(1, Math.Pow(height * width / 16384.0, coefficients.SmallTileExponent));
            double compute = 2.0 * height * width / (coreRate * small);
            double feed = ((height * operandBytes) + (width * (weightBytes ?? operandBytes))) / coreBandwidth;
            _tiles[i] = new Tile(1.0 / height, 1.0 / width, Math.Max(compute, feed));
        }
    }

    /// <summary>Seconds before the work starts.</summary>
    public double Overhead { get; }

    /// <summary>Share of the shorter clock that is not hidden.</summary>
    public double OverlapLoss => _overlapLoss;

    /// <summary>Seconds per activation element to convert it to the product's format.</summary>
    public double ConversionSecondsPerElement { get; }

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; }

    /// <summary>Seconds of off-chip traffic.</summary>
    public double MemorySeconds(double bytes) => bytes * _secondsPerByte;

    /// <summary>Seconds of the matrix units, waves and splits included, without overhead.</summary>
    public double MatrixSeconds(double m, double n, double k, double groups)
    {
        double best = double.PositiveInfinity;
        foreach (ref readonly Tile tile in _tiles.AsSpan())
        {
            double tiles = Up(m * tile.PerHeight) * Up(n * tile.PerWidth) * groups;
            double parts = tiles;
            double inner = k * tile.SecondsPerInner;
            for (double splitShare = 1; splitShare >= 1.0 / 16; splitShare *= 0.5)
            {
                double seconds = Up(parts * _perCores) * (_tileLatency + (inner * splitShare));
                best = seconds < best ? seconds : best;
                parts += parts;
                if (parts > 2 * _cores && splitShare < 1)
                {
                    break;
                }
            }
        }

        return best * (1 + (_throttleLoss * best / (best + _throttleSeconds)));
    }

    /// <summary>Seconds of a product, all terms.</summary>
    public double Seconds(in Operator op)
    {
        double matrix = MatrixSeconds(op.M, op.N, op.K, op.Groups);
        double memory = MemorySeconds(op.MemoryBytes);
        return OverheadSeconds(op) + Math.Max(matrix, memory) + (OverlapLoss * Math.Min(matrix, memory));
    }

    /// <summary>Seconds beside the work: overhead, conversion of the activations, routing.</summary>
    public double OverheadSeconds(in Operator op) =>
        Overhead + (op.M * op.K * op.Groups * ConversionSecondsPerElement) + (op.RoutedElements * _routingSecondsPerElement);

    // Reciprocals may land a hair above a whole number.
    private static double Up(double x) => Math.Ceiling(x - 1e-9);

    private readonly record struct Tile(double PerHeight, double PerWidth, double SecondsPerInner);
}

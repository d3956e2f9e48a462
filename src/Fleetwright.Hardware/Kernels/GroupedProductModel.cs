using System.Numerics;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Experts;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>One product of a layer of experts on one rank.</summary>
/// <param name="Touched">Experts with a row.</param>
/// <param name="Rows">Rows of them.</param>
/// <param name="Blocks">Blocks of a tile's height that the rows fill.</param>
/// <param name="N">Columns.</param>
/// <param name="K">Inner size.</param>
/// <param name="Tile">The tiles.</param>
internal readonly record struct GroupedProduct(double Touched, double Rows, double Blocks, double N, double K, ExpertTile Tile);

/// <summary>Seconds of a layer of experts, or of one of its products, by term.</summary>
internal readonly record struct GroupedCost(double Overhead, double Matrix, double Memory, double Seconds);

/// <summary>A layer of experts on one rank, as a fused kernel sees it.</summary>
/// <param name="Up">The gate and up product.</param>
/// <param name="Down">The down product.</param>
/// <param name="RoutedRows">Tokens times choices, other ranks' rows included.</param>
/// <param name="Spread">Whether other ranks hold experts.</param>
internal readonly record struct ExpertLayer(GroupedProduct Up, GroupedProduct Down, double RoutedRows, bool Spread);

/// <summary>
/// Seconds of a fused kernel of experts on one chip: two products over blocks of each expert's rows, and what routing costs around them.
/// Equations: docs/hardware.md, "Experts".
/// </summary>
internal sealed class GroupedProductModel
{
    // Tiles that a core holds at once: 64 KiB of operands in flight each, of 192 to 256 KiB (assumed for all kernels).
    private const double TilesOfACore = 4;

    // How much of another wave a partly filled last one costs (between a dynamic scheduler's none and a static one's whole).
    private const double LastWave = 0.5;

    // The choices a token of most published mixtures; only block heights follow from it where a step does not state its tokens.
    private const double UsualChoices = 8;

    private readonly ExpertKernel _kernel;
    private readonly double[] _secondsPerCell = new double[9 * 4];
    private readonly double _cores;
    private readonly double _feedSecondsPerByte;
    private readonly double _secondsPerByte;
    private readonly double _cachedBytes;
    private readonly double _conversionSecondsPerElement;
    private readonly double _routingSecondsPerElement;
    private readonly double _innerSecondsPerElement;
    private readonly double _weightBytes;
    private readonly double _operandBytes;
    private readonly GroupedProductCoefficients _c;

    /// <summary>A kernel on a chip.</summary>
    /// <param name="coefficients">Its coefficients.</param>
    /// <param name="kernel">The kernel, for its tiles.</param>
    /// <param name="stored">Format of the weights.</param>
    /// <param name="compute">Format that the matrix unit multiplies in; narrower weights are widened on their way to it.</param>
    /// <param name="peakRate">Peak rate of that format.</param>
    /// <param name="chip">The chip.</param>
    public GroupedProductModel(GroupedProductCoefficients coefficients, ExpertKernel kernel, Dtype stored, Dtype compute, double peakRate, Chip chip)
    {
        _c = coefficients;
        Errors = new ErrorBands(coefficients.Quality);
        _kernel = kernel;
        _cores = chip.Cores;
        _operandBytes = compute.Bytes();
        _weightBytes = Math.Min(stored.Bytes(), _operandBytes);
        double bandwidth = chip.MemoryBandwidth;
        _secondsPerByte = 1 / (bandwidth * coefficients.MemoryEfficiency);
        _feedSecondsPerByte = _cores / (bandwidth * coefficients.CoreBandwidth);
        _cachedBytes = coefficients.CachedShare * (chip.SharedMemory?.Value ?? 0);
        _routingSecondsPerElement = coefficients.Routing * 2 * _secondsPerByte;
        _innerSecondsPerElement = coefficients.InnerRouting * 2 * _secondsPerByte;
        _conversionSecondsPerElement = _operandBytes < 2 ? coefficients.Conversion * (2 + _operandBytes) * _secondsPerByte : 0;
        double rate = peakRate * kernel.ReachableShare(chip.Architecture) * coefficients.MatrixEfficiency / _cores;
        for (int i = 0; i < _secondsPerCell.Length; i++)
        {
            double small = Math.Min(1, HeightOf(i / 4) * (32 << (i % 4)) / (128.0 * 128));
            _secondsPerCell[i] = 2 / (rate * Math.Pow(small, coefficients.SmallTileExponent));
        }
    }

    /// <summary>The calibrated errors of its times.</summary>
    public ErrorBands Errors { get; }

    /// <summary>Share of the shorter clock that is not hidden.</summary>
    public double OverlapLoss => _c.OverlapLoss;

    /// <summary>The kernel.</summary>
    public ExpertKernel Kernel => _kernel;

    /// <summary>Seconds of off-chip traffic.</summary>
    public double MemorySeconds(double bytes) => bytes * _secondsPerByte;

    /// <summary>Seconds of a layer without its activation.</summary>
    public GroupedCost Price(in ExpertLayer layer)
    {
        GroupedCost up = Price(layer.Up, layer.RoutedRows, layer.Spread, layer.Up.K, layer.Up.N);
        GroupedCost down = Price(layer.Down, layer.RoutedRows, layer.Spread, layer.Down.N, 0);
        return new GroupedCost(up.Overhead + down.Overhead, up.Matrix + down.Matrix, up.Memory + down.Memory, up.Seconds + down.Seconds);
    }

    /// <summary>Seconds of one of a step's products of experts: the mean rows of each stand for all.</summary>
    public GroupedCost Price(in Operator op)
    {
        bool down = op.Role == OperatorRole.ExpertsDown;
        double hidden = down ? op.N : op.K;
        double rows = op.Groups * op.M;
        double routed = op.RoutedElements > 0 ? op.RoutedElements / hidden : rows;
        bool spread = IsSpread(op);
        double tokens = routed / UsualChoices;
        ExpertTile tile = _kernel.TileOf(tokens, op.Groups, spread ? routed : rows, op.M, down ? op.K : op.N / 2);
        var product = new GroupedProduct(op.Groups, rows, op.Groups * Math.Ceiling((op.M / tile.Rows) - 1e-9), op.N, op.K, tile);
        return Price(product, routed, spread, op.RoutedElements > 0 ? hidden : 0, op.RoutedElements > 0 && !down ? op.N : 0);
    }

    /// <summary>Whether a step's product is one of experts that are spread over ranks which all pass over all rows.</summary>
    public static bool IsSpread(in Operator op) =>
        op.RoutedElements > 1.001 * op.Groups * op.M * (op.Role == OperatorRole.ExpertsDown ? op.N : op.K);

    private GroupedCost Price(in GroupedProduct p, double routedRows, bool spread, double hidden, double inner)
    {
        double matrix = MatrixSeconds(p);
        double memory = MemorySeconds(p);
        double overhead = (0.5 * (_c.Overhead + (spread ? _c.SpreadOverhead : 0) + (_c.SortLatency * Math.Log2(1 + routedRows))))
            + (routedRows * ((0.5 * hidden * _routingSecondsPerElement) + (inner * _innerSecondsPerElement)))
            + (p.Rows * p.K * _conversionSecondsPerElement);
        return new GroupedCost(overhead, matrix, memory, overhead + Math.Max(matrix, memory) + (_c.OverlapLoss * Math.Min(matrix, memory)));
    }

    // Tiles wait for their operands (up to four of a core at once) or for the matrix unit.
    private double MatrixSeconds(in GroupedProduct p)
    {
        double height = p.Tile.Rows;
        double filled = Math.Min(1, p.Rows / (p.Blocks * height));
        double perInner = height * (filled + ((1 - filled) * _c.Padding)) * p.Tile.Columns * _secondsPerCell[IndexOf(p.Tile)];
        double feed = ((height * _operandBytes) + (p.Tile.Columns * _weightBytes)) * _feedSecondsPerByte;
        double share = p.Blocks * Math.Ceiling((p.N / p.Tile.Columns) - 1e-9) / _cores;
        double waves = share <= 1 ? 1 : share + (LastWave * Math.Min(1, share - 1));
        return Math.Max(
            Math.Max(1, share / TilesOfACore) * (_c.TileLatency + (p.K * feed)),
            waves * (_c.TileLatency + (p.K * perInner)));
    }

    // Weights that the shared memory cannot hold are read again for every block of rows.
    private double MemorySeconds(in GroupedProduct p)
    {
        double expert = p.N * p.K * _weightBytes;
        double missed = p.Tile.Shared ? 0 : Math.Max(0, 1 - (_cachedBytes / expert));
        return ((expert * (p.Touched + (Math.Max(0, p.Blocks - p.Touched) * missed))) + (p.Rows * ((p.K * _operandBytes) + (p.N * 2)))) * _secondsPerByte;
    }

    private static int HeightOf(int index) => index == 8 ? 48 : 1 << index;

    // Heights are powers of two up to 128 and 48, widths 32 to 256.
    private static int IndexOf(ExpertTile tile) =>
        (4 * (tile.Rows == 48 ? 8 : BitOperations.Log2((uint)Math.Min(tile.Rows, 128)))) + Math.Clamp(BitOperations.Log2((uint)tile.Columns) - 5, 0, 3);
}

using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>
/// Seconds of a matrix product on one chip by one kernel in one number format. The output is cut into tiles that are dealt to the cores in
/// waves; long inner sizes may be split to fill the cores; the least time over the tiles and splits that the kernel has is taken.
/// Equations: docs/hardware.md, "Matrix products".
/// </summary>
internal sealed class MatrixProductModel
{
    // The operands stay in the shared memory while they take less than this share of it (fits of A100, H100, H200 and B200 lie at 0.69–0.76,
    // the rest is lost to what else passes through), and the step is sharp: an eighth power.
    private const double ResidentShare = 0.72;

    private static readonly double[] AllSplits = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32];

    private static readonly double[] PowersOfTwo = [1, 2, 4, 8, 16];

    private readonly MatrixProductCoefficients _coefficients;
    private readonly ShapeFactors? _factors;
    private readonly TileRule _rule;
    private readonly Tile[] _tiles;
    private readonly double[] _splits;
    private readonly double _leastInner;
    private readonly double _cores;
    private readonly double _perCores;
    private readonly double _perResident;
    private readonly double _operandBytes;
    private readonly double _joinSecondsPerElement;
    private readonly double _secondsPerByte;
    private readonly double _weightResidence;
    private readonly double _hostOverhead;

    /// <summary>A product on a chip.</summary>
    /// <param name="coefficients">Of the kernel.</param>
    /// <param name="chip">The chip.</param>
    /// <param name="peakRate">Peak matrix rate of the format.</param>
    /// <param name="operandBytes">Bytes of an operand element.</param>
    /// <param name="weightBytes">Bytes of a weight as it is stored, where that is narrower.</param>
    /// <param name="asMeasured">As the measured call ran: with what the host takes to issue it and weights that repeat.</param>
    public MatrixProductModel(MatrixProductCoefficients coefficients, Chip chip, double peakRate, double operandBytes, double? weightBytes = null, bool asMeasured = false)
        : this(coefficients, peakRate, chip.Cores, chip.MemoryBandwidth, operandBytes, weightBytes, TileRule.For(coefficients.Kernel, chip.Architecture), chip.SharedMemory?.Value ?? 0, asMeasured)
    {
    }

    /// <summary>A product on cores and a memory of which nothing else is known: tiles of every size, no shared memory.</summary>
    public MatrixProductModel(MatrixProductCoefficients coefficients, double peakRate, double cores, double memoryBandwidth, double operandBytes, double? weightBytes = null)
        : this(coefficients, peakRate, cores, memoryBandwidth, operandBytes, weightBytes, TileRule.Any, 0, false)
    {
    }

    private MatrixProductModel(
        MatrixProductCoefficients coefficients, double peakRate, double cores, double memoryBandwidth, double operandBytes, double? weightBytes, TileRule rule, double sharedMemory, bool asMeasured)
    {
        _coefficients = coefficients;
        Errors = new ErrorBands(coefficients.Quality);
        _factors = coefficients.ShapeFactors.Count > 0 ? new ShapeFactors(coefficients.ShapeFactors) : null;
        _rule = rule;
        _cores = cores;
        _perCores = 1 / cores;
        _operandBytes = operandBytes;
        _perResident = sharedMemory > 0 ? 1 / (sharedMemory * ResidentShare) : double.PositiveInfinity;
        _weightResidence = asMeasured ? coefficients.WeightResidence : 1;
        _hostOverhead = asMeasured ? coefficients.HostOverhead : 0;
        _secondsPerByte = 1 / (memoryBandwidth * coefficients.MemoryEfficiency);
        _joinSecondsPerElement = coefficients.JoinBandwidth > 0 ? 8 / (memoryBandwidth * coefficients.JoinBandwidth) : 0; // 32-bit sums, written and read
        _splits = !rule.Splits ? [1] : rule == TileRule.Any ? PowersOfTwo : AllSplits;
        _leastInner = rule == TileRule.Any ? 0 : 64;
        double coreRate = peakRate * coefficients.MatrixEfficiency / cores;
        double coreShare = memoryBandwidth / cores;
        _tiles = new Tile[rule.Shapes.Length];
        for (int i = 0; i < _tiles.Length; i++)
        {
            (int height, int width) = rule.Shapes[i];
            double small = Math.Min(1, Math.Pow(height * width / (double)rule.ReferenceArea, coefficients.SmallTileExponent));
            double compute = 2.0 * height * width / (coreRate * small);
            double bytes = (height * operandBytes) + (width * (weightBytes ?? operandBytes));
            double feed = bytes / (coreShare * coefficients.CoreBandwidth);
            _tiles[i] = new Tile(
                1.0 / height,
                1.0 / width,
                Math.Max(coefficients.InnerLatency, Math.Max(compute, feed)),
                coefficients.TileLatency + (coefficients.StoreBandwidth > 0 ? 2.0 * height * width / (coreShare * coefficients.StoreBandwidth) : 0),
                coefficients.SharedBandwidth > 0 ? bytes / (memoryBandwidth * coefficients.SharedBandwidth) : 0);
        }
    }

    /// <summary>Share of the shorter clock that is not hidden.</summary>
    public double OverlapLoss => _coefficients.OverlapLoss;

    /// <summary>The calibrated errors of its times.</summary>
    public ErrorBands Errors { get; }

    /// <summary>Seconds of off-chip traffic of the whole product, what stays in the shared memory taken out.</summary>
    public double MemorySeconds(in Operator op) => MemorySeconds(op.M, op.K, op.Groups, op.WeightBytes, op.ActivationBytes, op.CacheBytes);

    /// <summary>Seconds of the matrix units or of what feeds them, waves and splits included, without overhead; and which it is.</summary>
    public double MatrixSeconds(double m, double n, double k, double groups, double memorySeconds, out Bound bound)
    {
        double best = double.PositiveInfinity;
        bound = Bound.Matrix;
        double inner = _rule.InnerStep > 1 ? Up(k / _rule.InnerStep) * _rule.InnerStep : k;
        double outputs = m * n * groups;
        (int from, int to) = _rule.Choose(m, n, k, _cores);
        for (int i = from; i < to; i++)
        {
            ref readonly Tile tile = ref _tiles[i];
            double tiles = Up(m * tile.PerHeight) * Up(n * tile.PerWidth) * groups;
            double work = inner * tile.SecondsPerInner;
            double shared = tiles * inner * tile.SharedSecondsPerInner;
            foreach (double parts in _splits)
            {
                if (parts > 1 && k < parts * _leastInner)
                {
                    break;
                }

                double waves = tiles * parts * _perCores;
                double seconds = Sharing(waves) * (tile.Latency + (work / parts));
                Bound held = Bound.Matrix;
                if (shared > seconds)
                {
                    (seconds, held) = (shared, Bound.OnChip);
                }

                // Few cores cannot draw the whole bandwidth.
                if (waves < 1 && _coefficients.StreamBandwidth > 0)
                {
                    double streamed = memorySeconds / Math.Min(1, waves * _coefficients.StreamBandwidth);
                    if (streamed > seconds)
                    {
                        (seconds, held) = (streamed, Bound.Memory);
                    }
                }

                if (parts > 1)
                {
                    seconds += _coefficients.JoinLatency + (parts * outputs * _joinSecondsPerElement);
                }

                if (seconds < best)
                {
                    (best, bound) = (seconds, held);
                }

                if (waves > 3 || (_rule == TileRule.Any && parts > 1 && waves > 1))
                {
                    break;
                }
            }
        }

        return best * (1 + (_coefficients.ThrottleLoss * best / (best + _coefficients.ThrottleSeconds)));
    }

    /// <summary>What the library's choice of a kernel makes of all terms but the host's, by shape; 1 for products of several groups, which nobody measured.</summary>
    public double ShapeFactor(double m, double n, double k, double groups) => _factors is null || groups > 1 ? 1 : _factors.At(m, n, k);

    /// <summary>Seconds of a product, all terms.</summary>
    public double Seconds(in Operator op) => Issued(OnChipSeconds(op.M, op.N, op.K, op.Groups, MemorySeconds(op)), op.M);

    /// <summary>Seconds of a single product of stored format <paramref name="operandBytes"/> with 16-bit results, all terms.</summary>
    public double Seconds(double m, double n, double k, double operandBytes) => Issued(OnChipSeconds(m, n, k, operandBytes), m);

    /// <summary>The same without what the host takes to issue it.</summary>
    public double OnChipSeconds(double m, double n, double k, double operandBytes) =>
        OnChipSeconds(m, n, k, 1, MemorySeconds(m, k, 1, n * k * operandBytes, m * ((k * operandBytes) + (2 * n)), 0));

    /// <summary>Seconds beside the work: overhead, conversion of the activations, routing.</summary>
    public double OverheadSeconds(in Operator op) => OverheadSeconds(op.M * op.Groups, op.K);

    /// <summary>The time of a call, not less than what the host takes to issue it.</summary>
    public double Issued(double seconds, double rows)
    {
        if (_hostOverhead <= 0)
        {
            return seconds;
        }

        // A smooth maximum: near the crossing now the host, now the chip is late.
        double host = _hostOverhead + (rows % 4 == 0 ? 0 : _coefficients.UnalignedHostOverhead) + (rows == 1 ? _coefficients.SingleRowOverhead : 0);
        return seconds > 1.5 * host ? seconds : host * Math.Pow(1 + Math.Pow(seconds / host, 12), 1.0 / 12);
    }

    private double OnChipSeconds(double m, double n, double k, double groups, double memory)
    {
        double matrix = MatrixSeconds(m, n, k, groups, memory, out _);
        return ShapeFactor(m, n, k, groups) * (OverheadSeconds(m * groups, k) + Math.Max(matrix, memory) + (OverlapLoss * Math.Min(matrix, memory)));
    }

    private double MemorySeconds(double m, double k, double groups, double weightBytes, double activationBytes, double cacheBytes)
    {
        double all = weightBytes + activationBytes;
        double full = all * _perResident;
        full *= full;
        full *= full;
        full *= full;
        double miss = full < 1e9 ? full / (1 + full) : 1;
        double input = Math.Min(activationBytes, m * k * groups * _operandBytes);
        double bytes = (weightBytes * Traffic(_weightResidence, miss)) + (input * Traffic(_coefficients.InputResidence, miss)) + ((activationBytes - input) * Traffic(_coefficients.OutputResidence, miss)) + cacheBytes;
        double seconds = bytes * _secondsPerByte;
        return _coefficients.PitchConflict > 0 ? seconds * PitchSlowdown(m, k) : seconds;
    }

    private double OverheadSeconds(double rows, double k)
    {
        double seconds = _coefficients.Overhead;
        if (rows == 1 && _coefficients.HostOverhead <= 0)
        {
            seconds += _coefficients.SingleRowOverhead;
        }

        if (_coefficients.RowConversion > 0)
        {
            double row = _coefficients.RowConversion, elements = k * _coefficients.ElementConversion;
            seconds += rows * Math.Cbrt((row * row * row) + (elements * elements * elements));
        }

        return seconds;
    }

    // 16 rows and fewer of 16 bit are read row by row, without conflict.
    private double PitchSlowdown(double m, double k)
    {
        double threes = k * _operandBytes / 3072;
        if (threes != Math.Floor(threes) || threes < 1 || (m <= 16 && _operandBytes >= 2))
        {
            return 1;
        }

        int doublings = 1;
        for (; doublings < 4 && threes % 2 == 0; doublings++)
        {
            threes /= 2;
        }

        return 1 + (_coefficients.PitchConflict * doublings);
    }

    private double Sharing(double waves) =>
        waves <= 1 ? 1 : (_coefficients.WaveSharing * waves) + ((1 - _coefficients.WaveSharing) * Up(waves));

    private static double Traffic(double residence, double miss) => residence + ((1 - residence) * miss);

    // Reciprocals may land a hair above a whole number.
    private static double Up(double x) => Math.Ceiling(x - 1e-9);

    private readonly record struct Tile(double PerHeight, double PerWidth, double SecondsPerInner, double Latency, double SharedSecondsPerInner);
}

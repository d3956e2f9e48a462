using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Chips;

/// <summary>
/// Prices operators on a chip: specification and measured coefficients compiled into plain numbers.
/// Time is overhead plus the largest of matrix, vector, on-chip and off-chip time; energy is rest power × time plus
/// energy per matrix operation and per byte. Equations and sources: <c>docs/hardware.md</c>.
/// </summary>
/// <remarks>Immutable and thread-safe; pricing allocates nothing.</remarks>
public sealed class ChipModel
{
    private readonly double[] _matrixRates = new double[Dtypes.All.Count];
    private readonly double[] _peakRates = new double[Dtypes.All.Count];
    private readonly double _cores;
    private readonly double _launch;
    private readonly double _vectorRate;
    private readonly double _memoryRate;
    private readonly double _onChipRate;
    private readonly double _smallTile;
    private readonly double _contextAttention;
    private readonly double _decodeAttention;
    private readonly double _gather;
    private readonly double _idleWatts;
    private readonly double _joulesPerMemoryByte;
    private readonly double _matrixWatts;
    private readonly double _error;
    private readonly CollectiveModel _collectives;

    /// <summary>A chip with its coefficients.</summary>
    public ChipModel(Chip chip, ChipCoefficients coefficients)
    {
        Chip = chip;
        Coefficients = coefficients;
        _cores = chip.Cores;
        _launch = coefficients.LaunchOverhead;
        _memoryRate = chip.MemoryBandwidth * coefficients.MemoryEfficiency;
        _onChipRate = chip.SharedMemoryBandwidth is { } onChip ? onChip.Value : double.PositiveInfinity;
        _smallTile = coefficients.SmallTileExponent;
        _contextAttention = coefficients.ContextAttentionEfficiency;
        _decodeAttention = coefficients.DecodeAttentionEfficiency;
        _gather = coefficients.GatherEfficiency;
        foreach (Dtype dtype in Dtypes.All)
        {
            (_peakRates[(int)dtype], _matrixRates[(int)dtype]) = RatesOf(chip, coefficients, dtype);
        }

        // Without a published vector rate: a sixteenth of the bf16 matrix rate, the ratio of recent chips.
        _vectorRate = chip.VectorRate?.Value ?? _peakRates[(int)Dtype.Bf16] / 16;
        _idleWatts = chip.IdlePower?.Value ?? (chip.Tdp * coefficients.IdlePowerShare);
        _matrixWatts = chip.Tdp * coefficients.MatrixPowerShare;
        _joulesPerMemoryByte = chip.Tdp * coefficients.MemoryPowerShare / _memoryRate;
        _error = coefficients.Error;
        _collectives = new CollectiveModel(chip, coefficients);
    }

    /// <summary>The chip.</summary>
    public Chip Chip { get; }

    /// <summary>Its coefficients.</summary>
    public ChipCoefficients Coefficients { get; }

    /// <summary>The chip called <paramref name="name"/>, with its own coefficients, its architecture's, or the generic ones.</summary>
    /// <exception cref="InputException">The catalogue has no such chip.</exception>
    public static ChipModel For(FleetCatalog catalog, string name)
    {
        Chip chip = catalog.Chips.Get(name);
        return new ChipModel(chip, catalog.CoefficientsOf(chip) ?? catalog.Calibration.Get("generic"));
    }

    /// <summary>Sustained matrix rate in operations per second for products in <paramref name="dtype"/>.</summary>
    public double SustainedRate(Dtype dtype) => _matrixRates[(int)dtype];

    /// <summary>Prices one run of an operator.</summary>
    public OperatorCost Price(in Operator op)
    {
        if (op.IsCollective)
        {
            double network = _collectives.Seconds(op.Kind, op.MessageBytes, op.Ranks);
            return new OperatorCost(network, network * _idleWatts, Bound.Network, 0, 0, 0, 0, 0, network, _error);
        }

        double memoryRate = op.Kind switch
        {
            OperatorKind.DecodeAttention => _memoryRate * _decodeAttention,
            OperatorKind.Gather => _memoryRate * _gather,
            _ => _memoryRate,
        };
        double memory = op.MemoryBytes / memoryRate;
        double vector = op.VectorFlops / _vectorRate;
        double onChip = op.MemoryBytes / _onChipRate;
        double matrix = op.Kind switch
        {
            OperatorKind.Gemm => GemmSeconds(op.M, op.N, op.K, 1, op.ComputeDtype),
            OperatorKind.GroupedGemm => GemmSeconds(op.M, op.N, op.K, op.Groups, op.ComputeDtype),
            OperatorKind.ContextAttention or OperatorKind.DecodeAttention => op.MatrixFlops / (_matrixRates[(int)op.ComputeDtype] * _contextAttention),
            _ => 0,
        };

        double work = matrix;
        Bound bound = Bound.Matrix;
        if (vector > work)
        {
            (work, bound) = (vector, Bound.Vector);
        }

        if (onChip > work)
        {
            (work, bound) = (onChip, Bound.OnChip);
        }

        if (memory > work)
        {
            (work, bound) = (memory, Bound.Memory);
        }

        double seconds = _launch + work;
        if (_launch > work)
        {
            bound = Bound.Launch;
        }

        double joules = (seconds * _idleWatts) + (op.MemoryBytes * _joulesPerMemoryByte) + (op.MatrixFlops / _matrixRates[(int)op.ComputeDtype] * _matrixWatts);
        return new OperatorCost(seconds, joules, bound, _launch, matrix, vector, onChip, memory, 0, _error);
    }

    /// <summary>Prices a step: every operator as often as it is run, one after another.</summary>
    public StepCost Price(ReadOnlySpan<Operator> step)
    {
        double seconds = 0, joules = 0, communication = 0, error = 0;
        foreach (ref readonly Operator op in step)
        {
            OperatorCost cost = Price(op);
            seconds += op.Count * cost.Seconds;
            joules += op.Count * cost.Joules;
            error += op.Count * cost.Seconds * cost.RelativeError;
            if (op.IsCollective)
            {
                communication += op.Count * cost.Seconds;
            }
        }

        return new StepCost(seconds, joules, communication, error);
    }

    // A format that the matrix unit lacks runs at the rate of the next wider one that it has (weights are converted).
    private static (double Peak, double Sustained) RatesOf(Chip chip, ChipCoefficients coefficients, Dtype dtype)
    {
        ReadOnlySpan<Dtype> ladder = dtype switch
        {
            Dtype.Mxfp4 or Dtype.Nvfp4 => [Dtype.Mxfp4, Dtype.Nvfp4, Dtype.Fp8, Dtype.Int8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            Dtype.Int4 => [Dtype.Int4, Dtype.Int8, Dtype.Fp8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            Dtype.Fp8 => [Dtype.Fp8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            Dtype.Int8 => [Dtype.Int8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            Dtype.Bf16 or Dtype.Fp16 => [dtype, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            _ => [Dtype.Fp32],
        };
        foreach (Dtype candidate in ladder)
        {
            if (chip.MatrixRates.TryGetValue(candidate, out Fact rate))
            {
                double share = coefficients.MatrixEfficiency.TryGetValue(candidate, out Fact own) ? own.Value
                    : coefficients.MatrixEfficiency.TryGetValue(Dtype.Bf16, out Fact bf16) ? bf16.Value : 0.6;
                return (rate, rate * share);
            }
        }

        // fp32 without a matrix rate of its own: the vector unit does it.
        double vector = chip.VectorRate?.Value ?? chip.MatrixRates.Values.Min(r => r.Value) / 16;
        return (vector, vector * 0.8);
    }

    // Tiles of the output are dealt to the cores in waves; small tiles feed a core's matrix unit worse; long inner sizes may be
    // split to fill the cores. The least time over a few tiles and splits, as kernel libraries choose (research/chip-models.md 1.2).
    private double GemmSeconds(double m, double n, double k, double groups, Dtype dtype)
    {
        double corePeak = _matrixRates[(int)dtype] / _cores;
        double best = double.PositiveInfinity;
        ReadOnlySpan<int> heights = [256, 128, 64, 32, 16];
        ReadOnlySpan<int> widths = [256, 128, 64];
        foreach (int height in heights)
        {
            if (height > 16 && height >= 2 * m)
            {
                continue;
            }

            double rows = Math.Ceiling(m / height);
            foreach (int width in widths)
            {
                double area = height * width;
                double small = Math.Min(1, Math.Pow(area / 16384.0, _smallTile));
                double tiles = rows * Math.Ceiling(n / width) * groups;
                for (int split = 1; split <= 8; split *= 2)
                {
                    double waves = Math.Ceiling(tiles * split / _cores);
                    double seconds = waves * (2 * area * k / split) / (corePeak * small);
                    best = Math.Min(best, seconds);
                }
            }
        }

        return best;
    }
}

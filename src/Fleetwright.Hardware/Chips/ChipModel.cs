using System.Collections.Concurrent;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Collectives;
using Fleetwright.Hardware.Experts;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Chips;

/// <summary>
/// Prices operators on a chip: specification and measured coefficients compiled into plain numbers.
/// Time is overhead plus the largest of matrix, vector, on-chip and off-chip time (and what of the second largest is not hidden);
/// energy is rest power × time plus energy per matrix operation and per byte, at most the power limit.
/// Equations and sources: <c>docs/hardware.md</c>.
/// </summary>
/// <remarks>Immutable to its users and thread-safe; pricing allocates nothing once a number format has been priced.</remarks>
public sealed class ChipModel
{
    private static readonly int Kinds = Enum.GetValues<OperatorKind>().Length;

    private readonly double[] _matrixRates = new double[Dtypes.All.Count];
    private readonly double[] _peakRates = new double[Dtypes.All.Count];
    private readonly Dtype[] _runsAs = new Dtype[Dtypes.All.Count];
    private readonly string?[] _conversions = new string?[Dtypes.All.Count];

    // Built when a format is first priced, so that a design search that prices a few operators does not build them all. Two threads may build the same one: equal, and either is kept.
    private readonly MatrixProductModel?[] _products = new MatrixProductModel?[Dtypes.All.Count * Dtypes.All.Count];
    private readonly MatrixProductModel?[] _measuredProducts = new MatrixProductModel?[Dtypes.All.Count * Dtypes.All.Count];
    private readonly ConcurrentDictionary<(string Kernel, Dtype Compute), MatrixProductModel> _kernels = new();
    private readonly ConcurrentDictionary<(string Kernel, Dtype Compute), MatrixProductModel> _stepKernels = new();
    private readonly AttentionKernels<ContextAttentionModel> _contextAttention;
    private readonly AttentionKernels<DecodeAttentionModel> _decodeAttention;
    private ExpertModels? _experts;
    private readonly VectorModel[] _vectors = new VectorModel[3];
    private readonly double _launch;
    private readonly double _vectorRate;
    private readonly double _memoryRate;
    private readonly double _onChipRate;
    private readonly double _gatherRate;
    private readonly double _activationRoom;
    private readonly double _idleWatts;
    private readonly double _joulesPerMemoryByte;
    private readonly double _joulesPerOnChipByte;
    private readonly double _matrixWatts;
    private readonly double _powerLimit;
    private readonly ErrorBand _band;
    private readonly CollectiveModel _collectives;

    /// <summary>A chip with its coefficients.</summary>
    /// <param name="chip">The specification.</param>
    /// <param name="coefficients">What measurement adds.</param>
    /// <param name="powerCap">Watts that the chip may draw when fewer than its limit: its matrix and vector units are clocked down; null for its limit.</param>
    public ChipModel(Chip chip, ChipCoefficients coefficients, double? powerCap = null)
    {
        Chip = chip;
        Coefficients = coefficients;
        _powerLimit = Math.Min(chip.Tdp, powerCap ?? double.PositiveInfinity);
        _idleWatts = chip.IdlePower?.Value ?? (chip.Tdp * coefficients.IdlePowerShare);
        Clock = PowerCap.Clock(_powerLimit, chip.Tdp, _idleWatts);
        _launch = coefficients.LaunchOverhead;
        _memoryRate = chip.MemoryBandwidth * coefficients.MemoryEfficiency;
        _gatherRate = _memoryRate * coefficients.GatherEfficiency;
        _onChipRate = chip.SharedMemoryBandwidth is { } onChip ? onChip.Value : double.PositiveInfinity;
        _activationRoom = chip.SharedMemoryHoldsActivations ? chip.SharedMemory?.Value ?? 0 : 0;
        foreach (Dtype dtype in Dtypes.All)
        {
            int i = (int)dtype;
            (double peak, double sustained, _runsAs[i]) = RatesOf(chip, coefficients, dtype);
            (_peakRates[i], _matrixRates[i]) = (peak * Clock, sustained * Clock);
        }

        double attentionRate = _peakRates[(int)Dtype.Bf16];
        _contextAttention = new AttentionKernels<ContextAttentionModel>(
            cache => new ContextAttentionModel(Nearest(coefficients.ContextAttention, cache) ?? DefaultCoefficients.ContextAttention(coefficients), chip, attentionRate),
            from kernel in coefficients.ContextAttentionKernels
            from format in kernel.Value
            select (kernel.Key, format.Key, format.Value.HeadSizes, new ContextAttentionModel(format.Value, chip, attentionRate)));
        _decodeAttention = new AttentionKernels<DecodeAttentionModel>(
            cache => new DecodeAttentionModel(Nearest(coefficients.DecodeAttention, cache) ?? DefaultCoefficients.DecodeAttention(coefficients), chip, attentionRate),
            from kernel in coefficients.DecodeAttentionKernels
            from format in kernel.Value
            select (kernel.Key, format.Key, format.Value.HeadSizes, new DecodeAttentionModel(format.Value, chip, attentionRate)));

        // Without a published vector rate: a sixteenth of the bf16 matrix rate, the ratio of recent chips.
        _vectorRate = chip.VectorRate?.Value * Clock ?? _peakRates[(int)Dtype.Bf16] / 16;
        foreach (VectorKind kind in Enum.GetValues<VectorKind>())
        {
            VectorCoefficients vector = coefficients.Elementwise.GetValueOrDefault(kind) ?? new VectorCoefficients { MemoryEfficiency = coefficients.MemoryEfficiency };
            _vectors[(int)kind] = new VectorModel(vector, _vectorRate, chip.Cores, chip.MemoryBandwidth, _launch);
        }

        // A matrix unit's power goes with the cube of its clock, its energy for an operation with the square.
        _matrixWatts = chip.Tdp * coefficients.MatrixPowerShare * Math.Pow(Clock, 3);
        _joulesPerMemoryByte = chip.Tdp * coefficients.MemoryPowerShare / _memoryRate;
        _joulesPerOnChipByte = coefficients.OnChipPowerShare is { } share ? chip.Tdp * share / _onChipRate : 0;
        _band = ErrorBand.Of(coefficients.Error);
        _collectives = new CollectiveModel(chip, coefficients);
    }

    /// <summary>The chip.</summary>
    public Chip Chip { get; }

    /// <summary>Its coefficients.</summary>
    public ChipCoefficients Coefficients { get; }

    /// <summary>Clock under the power cap as a share of the clock that its rates belong to; 1 without a cap.</summary>
    public double Clock { get; }

    /// <summary>Watts at rest while kernels run one after another.</summary>
    public double RestWatts => _idleWatts;

    /// <summary>Its collectives.</summary>
    public CollectiveModel Collectives => _collectives;

    /// <summary>The chip called <paramref name="name"/>, with its own coefficients, its architecture's, or the generic ones.</summary>
    /// <exception cref="InputException">The catalogue has no such chip.</exception>
    public static ChipModel For(FleetCatalog catalog, string name)
    {
        Chip chip = catalog.Chips.Get(name);
        ChipCoefficients generic = catalog.Calibration.Get("generic");
        return new ChipModel(chip, catalog.CoefficientsOf(chip) ?? generic) { Relatives = generic };
    }

    /// <summary>Coefficients for kernels that were not measured on this chip or a relative of its own; null when there are none.</summary>
    internal ChipCoefficients? Relatives { get; init; }

    /// <summary>
    /// The same chip under software whose kernels hand their results on in the format of the product that follows: dense products without the conversion
    /// of their activations, which the calls that serving engines make (and the measured tables hold) run as a kernel of its own.
    /// </summary>
    public ChipModel WithConvertedActivations() =>
        new(Chip, Coefficients with { Gemm = Coefficients.Gemm.ToDictionary(g => g.Key, g => g.Value with { RowConversion = 0 }) }, _powerLimit) { Relatives = Relatives };

    /// <summary>Sustained matrix rate in operations per second for large products in <paramref name="dtype"/>, under the power limit.</summary>
    public double SustainedRate(Dtype dtype) => _matrixRates[(int)dtype];

    /// <summary>Peak matrix rate in operations per second of products in <paramref name="dtype"/>, in the format that they run in.</summary>
    public double PeakRate(Dtype dtype) => _peakRates[(int)dtype];

    /// <summary>The number format that products in <paramref name="dtype"/> run in: itself, or the next wider one that the matrix unit has.</summary>
    public Dtype RunsAs(Dtype dtype) => _runsAs[(int)dtype];

    /// <summary>What to say of products in <paramref name="dtype"/> when the matrix unit lacks it; null when it has it.</summary>
    public string? Conversion(Dtype dtype) => Chip.MatrixRates.ContainsKey(dtype) ? null : _conversions[(int)dtype] ??= RunsAs(dtype) == dtype
        ? $"{Chip.Name} has no {dtype.Name()} matrix rate; priced on its vector unit"
        : $"{Chip.Name} has no {dtype.Name()} matrix rate; priced as converted to {RunsAs(dtype).Name()}";

    /// <summary>Prices one run of an operator.</summary>
    public OperatorCost Price(in Operator op)
    {
        switch (op.Kind)
        {
            case OperatorKind.Gemm:
                return PriceProduct(_products[Index(op.StorageDtype, op.ComputeDtype)] ?? Product(_products, Coefficients.Gemm, op.StorageDtype, op.ComputeDtype), op);
            case OperatorKind.GroupedGemm:
                return PriceExperts(Experts.ForStep(op.StorageDtype, op.ComputeDtype, GroupedProductModel.IsSpread(op)), op);
            case OperatorKind.ContextAttention:
                return PriceContextAttention(_contextAttention.Of(op.StorageDtype, op.HeadSize, null), op);
            case OperatorKind.DecodeAttention:
                return PriceDecodeAttention(_decodeAttention.Of(op.StorageDtype, op.HeadSize, null), op);
            case OperatorKind.Elementwise:
                return PriceVector(_vectors[(int)VectorModel.KindOf(op.Role)], op);
            case OperatorKind.Gather:
                return Total(op, _launch, 0, OffChipBytes(op) / _gatherRate, 0);
            default:
                CollectiveCost collective = _collectives.Price(op.Kind, op.MessageBytes, op.Ranks);
                double network = collective.Seconds - collective.LatencySeconds;
                Bound held = network >= collective.LatencySeconds ? Bound.Network : Bound.Launch;
                return Banded(new OperatorCost(collective.Seconds, Joules(collective.Seconds, ActiveJoules(op)), held, collective.LatencySeconds, 0, 0, 0, 0, network, default), _collectives.Errors, _collectives.Errors.Outside(op.MessageBytes, op.Ranks));
        }
    }

    /// <summary>
    /// Prices one run of an operator by a measured kernel, as the measured tables name it: a dense product as that kernel's own call ran when it was
    /// timed (with what the host takes where it ran outside a captured graph, and weights that repeat), or an attention. A kernel without coefficients of
    /// its own is priced as the one of its number format; other operators, and no name, as <see cref="Price(in Operator)"/>.
    /// </summary>
    /// <param name="op">The operator.</param>
    /// <param name="kernel">The kernel's name, or null for the one that the chip runs in a step.</param>
    public OperatorCost Price(in Operator op, string? kernel) => (kernel is null ? OperatorKind.Send : op.Kind) switch
    {
        OperatorKind.Gemm => PriceProduct(Measured(kernel!, op), op),
        OperatorKind.ContextAttention => PriceContextAttention(_contextAttention.Of(op.StorageDtype, op.HeadSize, kernel), op),
        OperatorKind.DecodeAttention => PriceDecodeAttention(_decodeAttention.Of(op.StorageDtype, op.HeadSize, kernel), op),
        _ => Price(op),
    };

    /// <summary>
    /// Prices one run of a dense product inside a step by a kernel that is not the one of its number format: without the host and without weights that repeat.
    /// Null for a kernel that was measured neither on the chip nor on its architecture.
    /// </summary>
    public OperatorCost? PriceInStep(in Operator op, string kernel)
    {
        if (op.Kind != OperatorKind.Gemm || Coefficients.GemmKernels == Relatives?.GemmKernels || !Coefficients.GemmKernels.TryGetValue(kernel, out MatrixProductCoefficients? own))
        {
            return null;
        }

        Dtype compute = op.ComputeDtype;
        if (!_stepKernels.TryGetValue((kernel, compute), out MatrixProductModel? model))
        {
            model = _stepKernels[(kernel, compute)] = new MatrixProductModel(own, Chip, _peakRates[(int)compute], _runsAs[(int)compute].Bytes());
        }

        return PriceProduct(model, op);
    }

    private MatrixProductModel Measured(string kernel, in Operator op)
    {
        if (_kernels.TryGetValue((kernel, op.ComputeDtype), out MatrixProductModel? built))
        {
            return built;
        }

        if (Coefficients.GemmKernels.TryGetValue(kernel, out MatrixProductCoefficients? own))
        {
            return _kernels[(kernel, op.ComputeDtype)] = new MatrixProductModel(own, Chip, _peakRates[(int)op.ComputeDtype], _runsAs[(int)op.ComputeDtype].Bytes(), asMeasured: true);
        }

        return _measuredProducts[Index(op.StorageDtype, op.ComputeDtype)] ?? Product(_measuredProducts, Coefficients.Gemm, op.StorageDtype, op.ComputeDtype, asMeasured: true);
    }

    private ExpertModels Experts => _experts ??= ExpertsWith(null);

    /// <summary>Its fused kernels of experts, those not measured on it taken from <paramref name="relatives"/>.</summary>
    internal ExpertModels ExpertsWith(ChipCoefficients? relatives) =>
        new(Chip, Coefficients, relatives?.GroupedGemmKernels ?? Coefficients.GroupedGemmKernels, dtype => (_peakRates[(int)dtype], _matrixRates[(int)dtype], _runsAs[(int)dtype]));

    /// <summary>Prices a step: every operator as often as it is run, one after another.</summary>
    public StepCost Price(ReadOnlySpan<Operator> step)
    {
        double seconds = 0, joules = 0, communication = 0;
        Span<double> faster = stackalloc double[Kinds], slower = stackalloc double[Kinds];
        faster.Clear();
        slower.Clear();
        foreach (ref readonly Operator op in step)
        {
            OperatorCost cost = Price(op);
            seconds += op.Count * cost.Seconds;
            joules += op.Count * cost.Joules;
            faster[(int)op.Kind] += op.Count * cost.Seconds * (1 - cost.Band.Low);
            slower[(int)op.Kind] += op.Count * cost.Seconds * (cost.Band.High - 1);
            if (op.IsCollective)
            {
                communication += op.Count * cost.Seconds;
            }
        }

        return new StepCost(seconds, joules, communication, seconds - Length(faster), seconds + Length(slower));
    }

    // Distances of a tenth quantile from the middle add as lengths do when families are independent. A family whose middle is off to one side has a negative one.
    private static double Length(ReadOnlySpan<double> distances)
    {
        double squares = 0;
        foreach (double distance in distances)
        {
            squares += distance * Math.Abs(distance);
        }

        return Math.Sign(squares) * Math.Sqrt(Math.Abs(squares));
    }

    /// <summary>Energy of the work of one run, without rest power: joules per matrix operation and per byte of off-chip (and, where it is stated, on-chip) memory; a collective passes over its message twice.</summary>
    public double ActiveJoules(in Operator op) => op.IsCollective
        ? 2 * op.MessageBytes * _joulesPerMemoryByte
        : (OffChipBytes(op) * _joulesPerMemoryByte) + (op.MemoryBytes * _joulesPerOnChipByte) + (op.MatrixFlops / _matrixRates[(int)op.ComputeDtype] * _matrixWatts);

    /// <summary>Energy of <paramref name="seconds"/> with work of <paramref name="activeJoules"/> in them: rest power beside it, at most the power limit.</summary>
    public double Joules(double seconds, double activeJoules) => Math.Min((seconds * _idleWatts) + activeJoules, seconds * _powerLimit);

    // Activations stay in a software-managed shared memory while they fit; one byte too many and they all go off chip, the cliff that MTIA's
    // designers describe (ISCA 2025: activations that spill cost up to 90 % of throughput).
    private double OffChipBytes(in Operator op) =>
        op.ActivationBytes <= _activationRoom ? op.WeightBytes + op.CacheBytes : op.MemoryBytes;

    private OperatorCost PriceProduct(MatrixProductModel model, in Operator op)
    {
        double memory = model.MemorySeconds(op.ActivationBytes <= _activationRoom ? op with { ActivationBytes = 0 } : op);
        double matrix = model.MatrixSeconds(op.M, op.N, op.K, op.Groups, memory, out Bound held);
        double factor = model.ShapeFactor(op.M, op.N, op.K, op.Groups);
        OperatorCost cost = Total(op, factor * model.OverheadSeconds(op), factor * matrix, factor * memory, model.OverlapLoss);
        if (cost.Bound == Bound.Matrix)
        {
            cost = cost with { Bound = held };
        }

        double issued = model.Issued(cost.Seconds, op.M);
        if (issued > cost.Seconds)
        {
            cost = cost with { Seconds = issued, Joules = cost.Joules + ((issued - cost.Seconds) * _idleWatts), OverheadSeconds = cost.OverheadSeconds + issued - cost.Seconds, Bound = issued > 1.5 * cost.Seconds ? Bound.Launch : cost.Bound };
        }

        return Banded(cost, model.Errors, model.Errors.Outside(op.M, op.N, op.K));
    }

    private OperatorCost PriceExperts(GroupedProductModel model, in Operator op)
    {
        GroupedCost cost = model.Price(op);
        double kept = model.MemorySeconds(op.MemoryBytes - OffChipBytes(op));
        return Banded(Total(op, cost.Overhead, cost.Matrix, Math.Max(0, cost.Memory - kept), model.OverlapLoss), model.Errors, model.Errors.Outside(op.M, op.N, op.K));
    }

    private OperatorCost PriceContextAttention(ContextAttentionModel model, in Operator op)
    {
        ContextPlan plan = model.Plan(op);
        OperatorCost cost = AtLeast(model.LaunchFloor, Total(op, model.Overhead, model.MatrixSeconds(plan), model.MemorySeconds(plan, OffChipBytes(op)), model.OverlapLoss));
        return Banded(cost, model.Errors, model.Errors.Outside(op.Sequences, op.QueryTokens, op.ContextTokens));
    }

    private OperatorCost PriceDecodeAttention(DecodeAttentionModel model, in Operator op)
    {
        OperatorCost cost = AtLeast(model.LaunchFloor, Total(op, model.Overhead, model.MatrixSeconds(op.MatrixFlops), model.MemorySeconds(model.Plan(op)), 0));
        return Banded(cost, model.Errors, model.Errors.Outside(op.Sequences, op.QueryTokens, op.ContextTokens));
    }

    // The band of the regime that the time falls into.
    private OperatorCost Banded(in OperatorCost cost, ErrorBands errors, bool outside) => cost with { Band = errors.At(cost.Seconds, _band), Extrapolated = outside };

    // Kernels that the host starts one by one: it takes so long for those of a call, and the chip waits in between.
    private OperatorCost AtLeast(double floor, OperatorCost cost) => cost.Seconds >= floor
        ? cost
        : cost with
        {
            Seconds = floor,
            Joules = cost.Joules + ((floor - cost.Seconds) * _idleWatts),
            Bound = Bound.Launch,
            OverheadSeconds = cost.OverheadSeconds + floor - cost.Seconds,
        };

    private OperatorCost PriceVector(VectorModel model, in Operator op)
    {
        VectorSeconds seconds = model.Price(op, OffChipBytes(op));
        return Banded(Total(op, seconds.Overhead, 0, seconds.Memory, 0, seconds.Vector), model.Errors, false);
    }

    private OperatorCost Total(in Operator op, double overhead, double matrix, double memory, double overlapLoss) =>
        Total(op, overhead, matrix, memory, overlapLoss, op.VectorFlops / _vectorRate);

    private OperatorCost Total(in Operator op, double overhead, double matrix, double memory, double overlapLoss, double vector)
    {
        double onChip = op.MemoryBytes / _onChipRate;
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

        work += overlapLoss * Math.Min(matrix, memory);
        if (overhead > work)
        {
            bound = Bound.Launch;
        }

        double seconds = overhead + work;
        return new OperatorCost(seconds, Joules(seconds, ActiveJoules(op)), bound, overhead, matrix, vector, onChip, memory, 0, _band);
    }

    // Weights that are converted on their way to a wider product (int4 and mxfp4 with 16-bit ones) have kernels of their own where measured;
    // elsewhere they take those of the product, fed at the bytes that the weights have.
    private MatrixProductModel Product(MatrixProductModel?[] built, IReadOnlyDictionary<Dtype, MatrixProductCoefficients> measured, Dtype stored, Dtype compute, bool asMeasured = false)
    {
        Dtype format = _runsAs[(int)compute];
        bool narrow = stored.Bytes() < format.Bytes();
        MatrixProductCoefficients coefficients = (narrow && stored != compute && measured.TryGetValue(stored, out MatrixProductCoefficients? own) ? own : null)
            ?? Nearest(measured.Count == 0 ? measured : measured.Where(e => e.Key is not (Dtype.Int4 or Dtype.Mxfp4)).ToDictionary(), format)
            ?? DefaultCoefficients.MatrixProduct(Coefficients, _matrixRates[(int)compute] / _peakRates[(int)compute], Chip);
        return built[Index(stored, compute)] = new MatrixProductModel(coefficients, Chip, _peakRates[(int)compute], format.Bytes(), narrow ? stored.Bytes() : format.Bytes(), asMeasured);
    }

    private static int Index(Dtype stored, Dtype compute) => ((int)stored * Dtypes.All.Count) + (int)compute;

    // The same format, or the measured one of the nearest width.
    private static T? Nearest<T>(IReadOnlyDictionary<Dtype, T> measured, Dtype dtype)
        where T : class =>
        measured.TryGetValue(dtype, out T? own) ? own
            : measured.Count == 0 ? null
            : measured.OrderBy(e => Math.Abs(Math.Log2(e.Key.Bytes() / dtype.Bytes()))).ThenBy(e => e.Key).First().Value;

    // A format that the matrix unit lacks runs at the rate of the next wider one that it has (weights are converted).
    private static (double Peak, double Sustained, Dtype RunsAs) RatesOf(Chip chip, ChipCoefficients coefficients, Dtype dtype)
    {
        ReadOnlySpan<Dtype> ladder = dtype switch
        {
            Dtype.Nvfp4 => [Dtype.Nvfp4, Dtype.Mxfp4, Dtype.Fp8, Dtype.Int8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
            Dtype.Mxfp4 => [Dtype.Mxfp4, Dtype.Nvfp4, Dtype.Fp8, Dtype.Int8, Dtype.Bf16, Dtype.Fp16, Dtype.Fp32],
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
                return (rate, rate * share, candidate);
            }
        }

        // fp32 without a matrix rate of its own: the vector unit does it.
        double vector = chip.VectorRate?.Value ?? chip.MatrixRates.Values.Min(r => r.Value) / 16;
        return (vector, vector * 0.8, Dtype.Fp32);
    }
}

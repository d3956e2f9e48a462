using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>
/// Seconds of vector operators of one kind: passes over memory, further reads of rows too long to stay on the chip, vector work,
/// rows dealt to the cores. Equations: docs/hardware.md, "Vector operators".
/// </summary>
internal sealed class VectorModel(VectorCoefficients coefficients, double vectorRate, double cores, double memoryBandwidth, double defaultOverhead)
{
    // Rows of up to 1,024 elements stay in registers between their passes: PyTorch's softmax (SoftMax.cu, "persistent" kernel) and
    // Triton's reductions (torch/_inductor, persistent reduction) both change kernels there.
    private const double RegisterRow = 1024;

    // Passes over a long row: greatest element, sum, result; or mean, variance, result. Two of them are further reads.
    private const double FurtherReads = 2;

    private readonly double _secondsPerByte = 1 / (memoryBandwidth * coefficients.MemoryEfficiency);
    private readonly double _secondsPerElement = coefficients.Operations / vectorRate;
    private readonly double _secondsPerRow = coefficients.RowLatency / cores;
    private readonly double _secondsPerOperation = 1 / vectorRate;
    private readonly double _overhead = coefficients.Overhead ?? defaultOverhead;

    /// <summary>The calibrated errors of its times.</summary>
    public ErrorBands Errors { get; } = new(coefficients.Quality);

    /// <summary>The kind of vector work that a part of a model is; sampling is a softmax over the vocabulary.</summary>
    public static VectorKind KindOf(OperatorRole role) => role switch
    {
        OperatorRole.Norm => VectorKind.Normalisation,
        OperatorRole.Sampling => VectorKind.Softmax,
        _ => VectorKind.Pointwise,
    };

    /// <summary>Seconds of an operator. Its rows and their width (<see cref="Operator.M"/>, <see cref="Operator.N"/>) are used where they are given; otherwise its bytes are passed over once.</summary>
    /// <param name="op">The operator.</param>
    /// <param name="offChipBytes">Bytes that come from and go to off-chip memory at least.</param>
    public VectorSeconds Price(in Operator op, double offChipBytes)
    {
        double elements = op.M * op.N;
        bool longRows = op.N > RegisterRow;
        double memory = (offChipBytes + (longRows ? Rereads(op) : 0)) * _secondsPerByte;
        double vector = Math.Max(Math.Max(op.VectorFlops * _secondsPerOperation, elements * _secondsPerElement), op.M * _secondsPerRow);
        double work = Math.Max(memory, vector);
        double slower = 1 + (coefficients.ShortLoss / (1 + (work / coefficients.ShortSeconds)));
        return new VectorSeconds(_overhead + (longRows ? coefficients.LongRowLatency : 0), vector * slower, memory * slower);
    }

    // Bytes, as off-chip ones: those still on the chip cost a share of them. The share that is gone rises from none where the rows in
    // flight just fit to all where they are three times as long: a cache read in cycles keeps little of what it cannot hold.
    private double Rereads(in Operator op)
    {
        double rowBytes = op.N * op.StorageDtype.Bytes();
        double gone = coefficients.RowRoom > 0 ? Math.Clamp(((rowBytes / coefficients.RowRoom) - 1) / 2, 0, 1) : 0;
        return FurtherReads * op.M * rowBytes * (coefficients.Reread + ((1 - coefficients.Reread) * gone));
    }
}

/// <summary>The terms of a vector operator's time.</summary>
/// <param name="Overhead">Seconds before the work starts.</param>
/// <param name="Vector">Seconds of the vector units.</param>
/// <param name="Memory">Seconds of off-chip traffic.</param>
internal readonly record struct VectorSeconds(double Overhead, double Vector, double Memory);

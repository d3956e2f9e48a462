using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Systolic;

/// <summary>Cycles of matrix products C[m,n] = A[m,k]·B[k,n] on a systolic array of <see cref="Height"/> × <see cref="Width"/> multiply-add cells.</summary>
/// <remarks>
/// A product is cut into folds, each of which fills the array once. With H, W the array's height and width:
/// <code>
/// weight-stationary  F = ceil(k/H)·ceil(n/W), streams m rows a fold, loads H rows first
/// output-stationary  F = ceil(m/H)·ceil(n/W), streams k pairs a fold
/// input-stationary   F = ceil(k/H)·ceil(m/W), streams n columns a fold, loads H rows first
/// serial             F·(load + stream + H + W − 2) − 1
/// overlapped         load + (F − 1)·max(stream, H) + stream + H + W − 3
/// </code>
/// The serial form is SCALE-Sim's (v2 and v3), to the cycle: every fold waits until the one before has left the array.
/// Real matrix units keep a second set of stationary registers, so the next fold's operand shifts in (or the last fold's sums shift out, H cycles either way) while
/// this fold streams, and the next stream enters right behind this one: a fold then costs the longer of the two, and load, fill and drain are paid once.
/// Limits: one fold costs the same either way; never above the serial form; never below m·n·k/(H·W) (except for a 1 × 1 array, where SCALE-Sim's last cycle is missing);
/// for long streams the cells are busy all the time up to the rounding of folds. Derivation: docs/designs.md, "Systolic arrays".
/// </remarks>
public readonly record struct SystolicArray
{
    /// <summary>An array of cells.</summary>
    /// <param name="height">Rows of cells; at least 1.</param>
    /// <param name="width">Columns of cells; at least 1.</param>
    /// <exception cref="InputException">A side is below 1.</exception>
    public SystolicArray(int height, int width)
    {
        if (height < 1 || width < 1)
        {
            throw new InputException("systolic array", FormattableString.Invariant($"found {height} x {width} cells; allowed: at least 1 x 1"));
        }

        Height = height;
        Width = width;
    }

    /// <summary>Rows of cells.</summary>
    public int Height { get; }

    /// <summary>Columns of cells.</summary>
    public int Width { get; }

    /// <summary>Cycles when every fold waits for the one before, as SCALE-Sim counts them.</summary>
    /// <param name="dataflow">What stays in the cells.</param>
    /// <param name="m">Rows of the product; at least 1.</param>
    /// <param name="n">Columns of the product; at least 1.</param>
    /// <param name="k">Inner size; at least 1.</param>
    public long SerialCycles(SystolicDataflow dataflow, long m, long n, long k)
    {
        (long folds, long load, long stream) = FoldsOf(dataflow, m, n, k);
        return (folds * (load + stream + Height + Width - 2)) - 1;
    }

    /// <summary>Cycles when the stationary operand is double-buffered, so that folds follow each other without a gap.</summary>
    /// <param name="dataflow">What stays in the cells.</param>
    /// <param name="m">Rows of the product; at least 1.</param>
    /// <param name="n">Columns of the product; at least 1.</param>
    /// <param name="k">Inner size; at least 1.</param>
    public long OverlappedCycles(SystolicDataflow dataflow, long m, long n, long k)
    {
        (long folds, long load, long stream) = FoldsOf(dataflow, m, n, k);
        return load + ((folds - 1) * Math.Max(stream, Height)) + stream + Height + Width - 3;
    }

    /// <summary>Cycles of the multiply-adds alone with every cell busy.</summary>
    /// <param name="m">Rows of the product.</param>
    /// <param name="n">Columns of the product.</param>
    /// <param name="k">Inner size.</param>
    public double IdealCycles(long m, long n, long k) => (double)m * n * k / ((double)Height * Width);

    private (long Folds, long Load, long Stream) FoldsOf(SystolicDataflow dataflow, long m, long n, long k) => dataflow switch
    {
        SystolicDataflow.WeightStationary => (Up(k, Height) * Up(n, Width), Height, m),
        SystolicDataflow.OutputStationary => (Up(m, Height) * Up(n, Width), 0, k),
        SystolicDataflow.InputStationary => (Up(k, Height) * Up(m, Width), Height, n),
        _ => throw new ArgumentOutOfRangeException(nameof(dataflow), dataflow, null),
    };

    private static long Up(long size, long part) => (size + part - 1) / part;
}

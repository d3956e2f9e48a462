namespace Fleetwright.Hardware.Kernels;

/// <summary>
/// How much longer a product takes than its best tile would, by its shape: a library picks a kernel by rules of its own, alike over ranges of
/// shapes. Factors at every eighth m from 1 to 4096 and every eighth n and k from 64 to 32768, between them interpolated (multilinear in the
/// logarithms of sizes and factor), beyond them the nearest. Equation and fit: docs/hardware.md, "Matrix products".
/// </summary>
internal sealed class ShapeFactors
{
    /// <summary>Factors of a kernel: m outermost, k innermost.</summary>
    public const int Count = Rows * Sizes * Sizes;

    /// <summary>Nodes around a shape.</summary>
    public const int Corners = 8;

    private const int Rows = 5, Sizes = 4;

    private readonly double[] _logs;

    /// <summary>Factors of time at the nodes.</summary>
    public ShapeFactors(IEnumerable<double> factors)
    {
        _logs = [.. factors.Select(f => Math.Log(f))];
    }

    /// <summary>The factor of a product.</summary>
    public double At(double m, double n, double k)
    {
        Span<int> nodes = stackalloc int[Corners];
        Span<double> shares = stackalloc double[Corners];
        Around(m, n, k, nodes, shares);
        double log = 0;
        for (int i = 0; i < Corners; i++)
        {
            log += shares[i] * _logs[nodes[i]];
        }

        return Math.Exp(log);
    }

    /// <summary>The nodes around a shape and their shares of it, which sum to 1.</summary>
    public static void Around(double m, double n, double k, Span<int> nodes, Span<double> shares)
    {
        (int row, double rowShare) = Place(m, 0, Rows);
        (int column, double columnShare) = Place(n, 6, Sizes);
        (int inner, double innerShare) = Place(k, 6, Sizes);
        for (int i = 0; i < Corners; i++)
        {
            int down = i >> 2, across = (i >> 1) & 1, along = i & 1;
            nodes[i] = ((((row + down) * Sizes) + column + across) * Sizes) + inner + along;
            shares[i] = (down == 0 ? 1 - rowShare : rowShare) * (across == 0 ? 1 - columnShare : columnShare) * (along == 0 ? 1 - innerShare : innerShare);
        }
    }

    private static (int Node, double Share) Place(double size, int firstLog, int nodes)
    {
        double at = Math.Clamp((Math.Log2(size) - firstLog) / 3, 0, nodes - 1);
        int node = Math.Min((int)at, nodes - 2);
        return (node, at - node);
    }
}

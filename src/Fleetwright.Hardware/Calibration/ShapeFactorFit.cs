using Fleetwright.Hardware.Kernels;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Hardware.Calibration;

/// <summary>
/// Fits <see cref="ShapeFactors"/> to what a model without them leaves over: least sum of |log error| over all rows (iteratively reweighted least
/// squares: Holland and Welsch, Communications in Statistics 6 (1977)) with a ridge towards 1, so that shapes of few rows keep the model's own time.
/// </summary>
internal static class ShapeFactorFit
{
    private const int Rounds = 8;

    // The ridge counts as so many rows at a node; errors below the least weigh alike.
    private const double Ridge = 1, LeastError = 0.02;

    /// <summary>The factors of least error.</summary>
    /// <param name="rows">Measured products.</param>
    /// <param name="models">The model of every chip, without factors.</param>
    /// <param name="operandBytes">Bytes of an operand element.</param>
    public static double[] Run(IReadOnlyList<OnChip<MatrixProductRow>> rows, MatrixProductModel[] models, double operandBytes)
    {
        (int[] nodes, double[] shares, double[] logs) = Left(rows, models, operandBytes);
        var factors = new double[ShapeFactors.Count];
        for (int round = 0; round < Rounds; round++)
        {
            factors = Weighted(nodes, shares, logs, factors);
        }

        return [.. factors.Select(Math.Exp)];
    }

    // Log of measured over priced time; what the host held up says nothing of the chip and is left out.
    private static (int[] Nodes, double[] Shares, double[] Logs) Left(IReadOnlyList<OnChip<MatrixProductRow>> rows, MatrixProductModel[] models, double operandBytes)
    {
        var nodes = new List<int>(rows.Count * ShapeFactors.Corners);
        var shares = new List<double>(rows.Count * ShapeFactors.Corners);
        var logs = new List<double>(rows.Count);
        Span<int> around = stackalloc int[ShapeFactors.Corners];
        Span<double> of = stackalloc double[ShapeFactors.Corners];
        foreach (OnChip<MatrixProductRow> row in rows)
        {
            (double m, double n, double k) = (row.Row.M, row.Row.N, row.Row.K);
            double seconds = models[row.Chip].OnChipSeconds(m, n, k, operandBytes);
            if (models[row.Chip].Issued(seconds, m) > 1.02 * seconds)
            {
                continue;
            }

            ShapeFactors.Around(m, n, k, around, of);
            nodes.AddRange(around);
            shares.AddRange(of);
            logs.Add(Math.Log(row.Row.Seconds / seconds));
        }

        return ([.. nodes], [.. shares], [.. logs]);
    }

    private static double[] Weighted(int[] nodes, double[] shares, double[] logs, double[] before)
    {
        const int Count = ShapeFactors.Count, Corners = ShapeFactors.Corners;
        var normal = new double[Count * Count];
        var right = new double[Count];
        for (int i = 0; i < Count; i++)
        {
            normal[(i * Count) + i] = Ridge;
        }

        for (int row = 0; row < logs.Length; row++)
        {
            ReadOnlySpan<int> at = nodes.AsSpan(row * Corners, Corners);
            ReadOnlySpan<double> of = shares.AsSpan(row * Corners, Corners);
            double fitted = 0;
            for (int i = 0; i < Corners; i++)
            {
                fitted += of[i] * before[at[i]];
            }

            double weight = LeastError / Math.Max(LeastError, Math.Abs(logs[row] - fitted));
            for (int i = 0; i < Corners; i++)
            {
                right[at[i]] += weight * of[i] * logs[row];
                for (int j = 0; j < Corners; j++)
                {
                    normal[(at[i] * Count) + at[j]] += weight * of[i] * of[j];
                }
            }
        }

        Cholesky.Factorise(normal, Count, Count);
        Cholesky.Solve(normal, Count, Count, right);
        return right;
    }
}

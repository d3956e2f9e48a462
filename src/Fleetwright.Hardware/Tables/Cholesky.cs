namespace Fleetwright.Hardware.Tables;

/// <summary>Solves small symmetric positive definite systems in place, one operation after another, so that the bytes do not depend on the machine.</summary>
internal static class Cholesky
{
    /// <summary>Replaces the lower triangle of a matrix by its factor.</summary>
    /// <param name="a">The matrix, row by row; only its lower triangle is read.</param>
    /// <param name="stride">Elements from a row to the next.</param>
    /// <param name="count">Rows.</param>
    public static void Factorise(Span<double> a, int stride, int count)
    {
        for (int j = 0; j < count; j++)
        {
            double diagonal = a[(j * stride) + j];
            for (int k = 0; k < j; k++)
            {
                diagonal -= a[(j * stride) + k] * a[(j * stride) + k];
            }

            diagonal = Math.Sqrt(Math.Max(diagonal, 1e-12));
            a[(j * stride) + j] = diagonal;
            for (int i = j + 1; i < count; i++)
            {
                double sum = a[(i * stride) + j];
                for (int k = 0; k < j; k++)
                {
                    sum -= a[(i * stride) + k] * a[(j * stride) + k];
                }

                a[(i * stride) + j] = sum / diagonal;
            }
        }
    }

    /// <summary>Replaces a right side by the solution.</summary>
    /// <param name="factor">What <see cref="Factorise"/> left.</param>
    /// <param name="stride">Elements from a row to the next.</param>
    /// <param name="count">Rows.</param>
    /// <param name="x">The right side.</param>
    public static void Solve(ReadOnlySpan<double> factor, int stride, int count, Span<double> x)
    {
        for (int i = 0; i < count; i++)
        {
            double sum = x[i];
            for (int k = 0; k < i; k++)
            {
                sum -= factor[(i * stride) + k] * x[k];
            }

            x[i] = sum / factor[(i * stride) + i];
        }

        for (int i = count - 1; i >= 0; i--)
        {
            double sum = x[i];
            for (int k = i + 1; k < count; k++)
            {
                sum -= factor[(k * stride) + i] * x[k];
            }

            x[i] = sum / factor[(i * stride) + i];
        }
    }
}

namespace Fleetwright.Hardware.Calibration;

/// <summary>Nelder–Mead's downhill simplex without derivatives: deterministic, for a handful of parameters. Nelder and Mead, Computer Journal 7 (1965).
/// With more than about ten of them the steps adapt to their number: Gao and Han, Computational Optimization and Applications 51 (2012).</summary>
internal static class NelderMead
{
    /// <summary>Finds a low point of <paramref name="f"/> near <paramref name="start"/>.</summary>
    /// <param name="f">What to minimise.</param>
    /// <param name="start">Where to start.</param>
    /// <param name="step">First edge of the simplex along every axis.</param>
    /// <param name="evaluations">Most evaluations of <paramref name="f"/>.</param>
    /// <param name="adaptive">Steps after Gao and Han.</param>
    public static double[] Minimise(Func<double[], double> f, double[] start, double step, int evaluations, bool adaptive = false)
    {
        int n = start.Length;
        double expansion = adaptive ? 1 + (2.0 / n) : 2;
        double contraction = adaptive ? 0.75 - (0.5 / n) : 0.5;
        double shrinkage = adaptive ? 1 - (1.0 / n) : 0.5;
        var points = new double[n + 1][];
        var values = new double[n + 1];
        for (int i = 0; i <= n; i++)
        {
            points[i] = [.. start];
            if (i > 0)
            {
                points[i][i - 1] += step;
            }

            values[i] = f(points[i]);
        }

        int used = n + 1;
        while (used < evaluations)
        {
            Array.Sort(values, points);
            if (values[n] - values[0] < 1e-7)
            {
                break;
            }

            double[] centre = Centre(points, n);
            double[] reflected = Along(centre, points[n], -1);
            double value = f(reflected);
            used++;
            if (value < values[0])
            {
                double[] expanded = Along(centre, points[n], -expansion);
                double further = f(expanded);
                used++;
                (points[n], values[n]) = further < value ? (expanded, further) : (reflected, value);
            }
            else if (value < values[n - 1])
            {
                (points[n], values[n]) = (reflected, value);
            }
            else
            {
                double[] contracted = Along(centre, value < values[n] ? reflected : points[n], contraction);
                double nearer = f(contracted);
                used++;
                if (nearer < Math.Min(value, values[n]))
                {
                    (points[n], values[n]) = (contracted, nearer);
                    continue;
                }

                for (int i = 1; i <= n; i++)
                {
                    points[i] = Along(points[0], points[i], shrinkage);
                    values[i] = f(points[i]);
                }

                used += n;
            }
        }

        Array.Sort(values, points);
        return points[0];
    }

    private static double[] Centre(double[][] points, int n)
    {
        var centre = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                centre[j] += points[i][j] / n;
            }
        }

        return centre;
    }

    private static double[] Along(double[] from, double[] to, double share)
    {
        var point = new double[from.Length];
        for (int j = 0; j < from.Length; j++)
        {
            point[j] = from[j] + (share * (to[j] - from[j]));
        }

        return point;
    }
}

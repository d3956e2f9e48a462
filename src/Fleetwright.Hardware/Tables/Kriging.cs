namespace Fleetwright.Hardware.Tables;

/// <summary>
/// Interpolates values over scattered points of shape space by ordinary kriging in a neighbourhood: the weights of the nearest points
/// that make the expected error least when values a distance apart (Σ |Δ log₂ size| · rate, a rate a size) are correlated as
/// exp(−distance). Exact at the points; far away the local mean. The rates and the noise are those of least leave-one-out error.
/// Matheron, Economic Geology 58 (1963); Rasmussen and Williams, Gaussian Processes (2006), section 2.7.
/// </summary>
internal sealed class Kriging
{
    private const int Neighbours = 24;
    private const int Probes = 400;
    private const int Rounds = 6;
    private const double Same = 1e-12;

    // Neighbours that leave this share of the spread say next to nothing.
    private const double MostlyNoise = 0.8;

    // Of fewer residuals the shortest half lies anywhere.
    private const int Least = 200;
    private readonly int[] _axes;
    private readonly double[] _coordinates;
    private readonly double[] _values;
    private readonly double _mean;
    private readonly double[] _rates;
    private readonly double _noise;
    private readonly double _shift;
    private readonly NearestPoints _points;

    /// <summary>Learns from points of one category; points that coincide are averaged.</summary>
    public Kriging(IReadOnlyList<ShapePoint> shapes, IReadOnlyList<double> values)
    {
        (ShapePoint[] distinct, _values) = Merge(shapes, values);
        _mean = _values.Average();
        _axes = [.. Enumerable.Range(0, ShapePoint.Length).Where(d => distinct.Any(p => p[d] != distinct[0][d]))];
        _coordinates = [.. distinct.SelectMany(p => _axes.Select(d => p[d]))];
        (_rates, _noise, _shift) = Learn();
        _points = Tree(_rates);
    }

    /// <summary>The value at <paramref name="shape"/>.</summary>
    public double At(in ShapePoint shape)
    {
        Span<double> query = stackalloc double[_axes.Length];
        for (int i = 0; i < query.Length; i++)
        {
            query[i] = shape[_axes[i]] * _rates[i];
        }

        Span<int> near = stackalloc int[Neighbours];
        Span<double> distances = stackalloc double[Neighbours];
        int count = _axes.Length == 0 ? 0 : _points.Find(query, near, distances);
        return count == 0 ? _mean : distances[0] < Same ? _values[near[0]] : Combine(near[..count], distances[..count], _rates, _noise) + _shift;
    }

    // The value at a place from its neighbours and their distances to it.
    private double Combine(ReadOnlySpan<int> near, ReadOnlySpan<double> distances, ReadOnlySpan<double> rates, double noise)
    {
        // Covariances of the neighbours, their Cholesky factor, and two solves: of the covariances with the query, and of ones.
        int count = near.Length;
        Span<double> factor = stackalloc double[Neighbours * Neighbours];
        Span<double> towards = stackalloc double[Neighbours];
        Span<double> ones = stackalloc double[Neighbours];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                factor[(i * Neighbours) + j] = Math.Exp(-Distance(near[i], near[j], rates));
            }

            factor[(i * Neighbours) + i] = 1 + noise;
            towards[i] = Math.Exp(-distances[i]);
            ones[i] = 1;
        }

        Cholesky.Factorise(factor, Neighbours, count);
        Cholesky.Solve(factor, Neighbours, count, towards);
        Cholesky.Solve(factor, Neighbours, count, ones);
        double sumTowards = 0, sumOnes = 0;
        for (int i = 0; i < count; i++)
        {
            sumTowards += towards[i];
            sumOnes += ones[i];
        }

        // Weights that sum to 1: no trend is assumed, only a local mean.
        double multiplier = (1 - sumTowards) / sumOnes, value = 0;
        for (int i = 0; i < count; i++)
        {
            value += (towards[i] + (multiplier * ones[i])) * _values[near[i]];
        }

        return value;
    }

    // Coordinate descent: each rate and the noise are doubled or halved while the leave-one-out error of some points falls.
    private (double[] Rates, double Noise, double Shift) Learn()
    {
        double[] rates = [.. _axes.Select(_ => 0.25)];
        double noise = 0.05;
        if (rates.Length == 0 || _values.Length < 2)
        {
            return (rates, noise, 0);
        }

        (int Probe, int[] Candidates)[] probes = Candidates(rates);
        double least = Loss(probes, rates, noise);
        for (int round = 0; round < Rounds; round++)
        {
            double before = least;
            for (int i = 0; i <= rates.Length; i++)
            {
                foreach (double step in (ReadOnlySpan<double>)[2, 0.5])
                {
                    double[] tried = [.. rates];
                    double triedNoise = i < rates.Length ? noise : Math.Clamp(noise * step * step, 1e-4, 4);
                    if (i < rates.Length)
                    {
                        tried[i] = Math.Clamp(tried[i] * step, 1e-3, 64);
                    }

                    double loss = Loss(probes, tried, triedNoise);
                    if (loss < least)
                    {
                        (rates, noise, least) = (tried, triedNoise, loss);
                        break;
                    }
                }
            }

            if (least > before * 0.997)
            {
                break;
            }
        }

        double[] ordered = [.. probes.Select(p => _values[p.Probe]).Order()];
        double spread = ordered.Average(v => Math.Abs(v - ordered[ordered.Length / 2]));
        return (rates, noise, least < MostlyNoise * spread ? 0 : Centre(Residuals(probes, rates, noise)));
    }

    // Weighted neighbours give the mean; where values are mostly noise (a host's: skewed) most of them lie below it. The middle of the shortest
    // half of the residuals is where the median error is least: Rousseeuw, Journal of the American Statistical Association 79 (1984).
    private static double Centre(double[] residuals)
    {
        Array.Sort(residuals);
        int half = (residuals.Length / 2) + 1, from = 0;
        if (residuals.Length < Least)
        {
            return 0;
        }

        for (int i = 1; i + half <= residuals.Length; i++)
        {
            if (residuals[i + half - 1] - residuals[i] < residuals[from + half - 1] - residuals[from])
            {
                from = i;
            }
        }

        return (residuals[from] + residuals[from + half - 1]) / 2;
    }

    // For evenly spaced points, those that may be near under any rates: near alike in all sizes, or near but for one size.
    private (int Probe, int[] Candidates)[] Candidates(double[] rates)
    {
        const int Alike = 48, ButOne = 24;
        var found = new SortedSet<int>[Math.Min(Probes, _values.Length)];
        double stride = _values.Length / (double)found.Length;
        for (int axis = -1; axis < (rates.Length > 1 ? rates.Length : 0); axis++)
        {
            double[] skewed = [.. rates];
            if (axis >= 0)
            {
                skewed[axis] *= 0.05;
            }

            NearestPoints tree = Tree(skewed);
            var near = new int[axis < 0 ? Alike : ButOne];
            var distances = new double[near.Length];
            for (int p = 0; p < found.Length; p++)
            {
                int probe = (int)(p * stride);
                double[] query = [.. skewed.Select((r, i) => _coordinates[(probe * _axes.Length) + i] * r)];
                int count = tree.Find(query, near, distances);
                (found[p] ??= []).UnionWith(near[..count]);
                found[p].Remove(probe);
            }
        }

        return [.. found.Select((f, p) => ((int)(p * stride), f.ToArray()))];
    }

    private double Loss((int Probe, int[] Candidates)[] probes, double[] rates, double noise) => Residuals(probes, rates, noise).Sum(Math.Abs) / probes.Length;

    // Values less what the others say of them.
    private double[] Residuals((int Probe, int[] Candidates)[] probes, double[] rates, double noise)
    {
        Span<int> near = stackalloc int[Neighbours];
        Span<double> distances = stackalloc double[Neighbours];
        var residuals = new double[probes.Length];
        for (int p = 0; p < probes.Length; p++)
        {
            (int probe, int[] candidates) = probes[p];
            int count = 0;
            foreach (int candidate in candidates)
            {
                NearestPoints.Offer(candidate, Distance(probe, candidate, rates), near, distances, ref count);
            }

            residuals[p] = _values[probe] - Combine(near[..count], distances[..count], rates, noise);
        }

        return residuals;
    }

    private double Distance(int a, int b, ReadOnlySpan<double> rates)
    {
        double distance = 0;
        for (int i = 0; i < rates.Length; i++)
        {
            distance += Math.Abs(_coordinates[(a * rates.Length) + i] - _coordinates[(b * rates.Length) + i]) * rates[i];
        }

        return distance;
    }

    private NearestPoints Tree(double[] rates)
    {
        var scaled = new double[_coordinates.Length];
        for (int i = 0; i < scaled.Length; i++)
        {
            scaled[i] = _coordinates[i] * rates[i % rates.Length];
        }

        return new NearestPoints(scaled, Math.Max(1, rates.Length));
    }

    private static (ShapePoint[] Shapes, double[] Values) Merge(IReadOnlyList<ShapePoint> shapes, IReadOnlyList<double> values)
    {
        var merged = new Dictionary<ShapePoint, (double Sum, int Count)>();
        for (int i = 0; i < shapes.Count; i++)
        {
            (double sum, int count) = merged.GetValueOrDefault(shapes[i]);
            merged[shapes[i]] = (sum + values[i], count + 1);
        }

        return ([.. merged.Keys], [.. merged.Values.Select(v => v.Sum / v.Count)]);
    }
}

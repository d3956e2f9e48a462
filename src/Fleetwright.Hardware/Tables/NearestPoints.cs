namespace Fleetwright.Hardware.Tables;

/// <summary>A k-d tree over points with city-block distance: finds the nearest few. Bentley, CACM 18 (1975).</summary>
internal sealed class NearestPoints
{
    private const int LeafSize = 8;
    private readonly double[] _coordinates;
    private readonly int _dimensions;
    private readonly int[] _order;
    private readonly double[] _cuts;
    private readonly byte[] _axes;

    /// <summary>A tree over <paramref name="coordinates"/>: point after point, <paramref name="dimensions"/> numbers each.</summary>
    public NearestPoints(double[] coordinates, int dimensions)
    {
        (_coordinates, _dimensions) = (coordinates, dimensions);
        int count = coordinates.Length / dimensions;
        _order = [.. Enumerable.Range(0, count)];
        int nodes = 1;
        while (count / nodes > LeafSize)
        {
            nodes *= 2;
        }

        _cuts = new double[nodes];
        _axes = new byte[nodes];
        Split(1, 0, count);
    }

    /// <summary>Writes the indices of the points nearest to <paramref name="query"/>, nearest first, and their distances; returns how many.</summary>
    /// <param name="query">Where to look.</param>
    /// <param name="indices">Room for the answer; as many are sought as fit.</param>
    /// <param name="distances">Their distances; as long as <paramref name="indices"/>.</param>
    public int Find(ReadOnlySpan<double> query, Span<int> indices, Span<double> distances)
    {
        int found = 0;
        Visit(1, 0, _order.Length, 0, query, indices, distances, ref found);
        return found;
    }

    private void Split(int node, int from, int to)
    {
        if (node >= _cuts.Length)
        {
            return;
        }

        // The widest axis, cut at its median.
        int axis = 0;
        double widest = -1;
        for (int d = 0; d < _dimensions; d++)
        {
            double low = double.PositiveInfinity, high = double.NegativeInfinity;
            for (int i = from; i < to; i++)
            {
                double x = _coordinates[(_order[i] * _dimensions) + d];
                (low, high) = (Math.Min(low, x), Math.Max(high, x));
            }

            if (high - low > widest)
            {
                (axis, widest) = (d, high - low);
            }
        }

        // Sorted with ties by index, so that the tree does not depend on the sort's whims.
        Span<int> part = _order.AsSpan(from, to - from);
        part.Sort();
        var keys = new double[part.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = _coordinates[(part[i] * _dimensions) + axis];
        }

        keys.AsSpan().Sort(part);
        int middle = (from + to) / 2;
        _axes[node] = (byte)axis;
        _cuts[node] = _coordinates[(_order[middle] * _dimensions) + axis];
        Split(2 * node, from, middle);
        Split((2 * node) + 1, middle, to);
    }

    private void Visit(int node, int from, int to, double gap, ReadOnlySpan<double> query, Span<int> indices, Span<double> distances, ref int found)
    {
        if (found == indices.Length && gap > distances[found - 1])
        {
            return;
        }

        if (node >= _cuts.Length)
        {
            for (int i = from; i < to; i++)
            {
                Measure(_order[i], query, indices, distances, ref found);
            }

            return;
        }

        int middle = (from + to) / 2;
        double side = query[_axes[node]] - _cuts[node];
        double beyond = Math.Abs(side);
        if (side < 0)
        {
            Visit(2 * node, from, middle, gap, query, indices, distances, ref found);
            Visit((2 * node) + 1, middle, to, Math.Max(gap, beyond), query, indices, distances, ref found);
        }
        else
        {
            Visit((2 * node) + 1, middle, to, gap, query, indices, distances, ref found);
            Visit(2 * node, from, middle, Math.Max(gap, beyond), query, indices, distances, ref found);
        }
    }

    private void Measure(int point, ReadOnlySpan<double> query, Span<int> indices, Span<double> distances, ref int found)
    {
        double worst = found == indices.Length ? distances[found - 1] : double.PositiveInfinity;
        double distance = 0;
        for (int d = 0; d < _dimensions; d++)
        {
            distance += Math.Abs(query[d] - _coordinates[(point * _dimensions) + d]);
            if (distance > worst)
            {
                return;
            }
        }

        Offer(point, distance, indices, distances, ref found);
    }

    /// <summary>Keeps a point when it is among the nearest so far; of equally near ones those of lower index.</summary>
    public static void Offer(int point, double distance, Span<int> indices, Span<double> distances, ref int found)
    {
        if (found == indices.Length && (distance > distances[found - 1] || (distance == distances[found - 1] && point > indices[found - 1])))
        {
            return;
        }

        int place = found < indices.Length ? found++ : found - 1;
        while (place > 0 && (distances[place - 1] > distance || (distances[place - 1] == distance && indices[place - 1] > point)))
        {
            (distances[place], indices[place]) = (distances[place - 1], indices[place - 1]);
            place--;
        }

        (distances[place], indices[place]) = (distance, point);
    }
}

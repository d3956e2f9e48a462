namespace Fleetwright.Serving.Simulation.Traffic.Randomness;

/// <summary>Draws one of n things with given weights in the same time for any n (Walker 1977, built as in Vose 1991).</summary>
internal sealed class AliasTable
{
    private readonly double[] _keep;
    private readonly int[] _other;

    /// <param name="weights">Not negative, at least one above 0.</param>
    public AliasTable(ReadOnlySpan<double> weights)
    {
        int n = weights.Length;
        double total = 0;
        foreach (double weight in weights)
        {
            total += weight;
        }

        (_keep, _other) = (new double[n], new int[n]);
        int[] stack = new int[n];
        int small = 0, large = n;
        for (int i = 0; i < n; i++)
        {
            _keep[i] = weights[i] * n / total;
            stack[_keep[i] < 1 ? small++ : --large] = i;
        }

        // Each column too low is filled up by one too high; both kinds share the array from its ends.
        while (small > 0 && large < n)
        {
            int low = stack[--small], high = stack[large];
            _other[low] = high;
            _keep[high] -= 1 - _keep[low];
            if (_keep[high] < 1)
            {
                large++;
                stack[small++] = high;
            }
        }

        // What rounding left over is whole.
        while (small > 0)
        {
            _keep[stack[--small]] = 1;
        }

        while (large < n)
        {
            _keep[stack[large++]] = 1;
        }
    }

    public int Next(ref RandomStream random)
    {
        double at = random.NextUnit() * _keep.Length;
        int i = (int)at;
        return at - i < _keep[i] ? i : _other[i];
    }
}

using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Serving.Simulation.Results;

/// <summary>
/// Counts of times in bins that are each 1/128 of an octave wide, from a microsecond to twelve days: quantiles within 0.4 % in bounded memory.
/// Sketches add up exactly and in any order.
/// </summary>
/// <remarks>A bin is the exponent and the first seven bits of the fraction of a double, as in HdrHistogram (Tene); not thread-safe.</remarks>
public sealed class LatencySketch : IState
{
    private const int FractionBits = 7;
    private const int Shift = 52 - FractionBits;
    private const long FirstBin = (1023L - 20) << FractionBits;
    private const int Bins = 40 << FractionBits;
    private readonly long[] _counts = new long[Bins];
    private long _zeros;

    /// <summary>How many times were added.</summary>
    public long Count { get; private set; }

    /// <summary>Sum of the times in seconds, each to its tick.</summary>
    public double SumSeconds => (double)new Int128(_ticksHigh, _ticksLow) / Ticks.PerSecond;

    /// <summary>Mean in seconds; not a number when empty.</summary>
    public double Mean => SumSeconds / Count;

    /// <summary>The longest time in seconds.</summary>
    public double Maximum => Ticks.Seconds(_longest);

    // A sum of 128 bits in two halves: the type's own arithmetic costs as much as the rest of an addition.
    private ulong _ticksHigh;
    private ulong _ticksLow;
    private long _longest;

    /// <summary>Adds a time of at least 0 <paramref name="weight"/> times over.</summary>
    public void Add(long ticks, long weight = 1)
    {
        Count += weight;
        Sum(Math.BigMul((ulong)ticks, (ulong)weight, out ulong low), low);
        _longest = Math.Max(_longest, ticks);
        long bin = (BitConverter.DoubleToInt64Bits(ticks / Ticks.PerSecond) >> Shift) - FirstBin;
        if (bin < 0)
        {
            _zeros += weight;
        }
        else
        {
            _counts[Math.Min(bin, Bins - 1)] += weight;
        }
    }

    /// <summary>Adds all of another sketch.</summary>
    public void Add(LatencySketch other)
    {
        Count += other.Count;
        Sum(other._ticksHigh, other._ticksLow);
        _longest = Math.Max(_longest, other._longest);
        _zeros += other._zeros;
        for (int i = 0; i < Bins; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    /// <summary>The time in seconds that a share <paramref name="quantile"/> of all does not exceed; not a number when empty.</summary>
    public double Quantile(double quantile)
    {
        if (Count == 0)
        {
            return double.NaN;
        }

        double rank = quantile * (Count - 1);
        double below = _zeros;
        if (rank < below)
        {
            return 0;
        }

        for (int i = 0; i < Bins; i++)
        {
            if (rank < below + _counts[i])
            {
                double low = Edge(i), high = Edge(i + 1);
                return Math.Min(Maximum, low + ((high - low) * (rank - below + 0.5) / _counts[i]));
            }

            below += _counts[i];
        }

        return Maximum;
    }

    /// <summary>Points of the distribution for a plot: at most <paramref name="points"/> times in seconds with the share of all that do not exceed them.</summary>
    public IReadOnlyList<(double Seconds, double Share)> Distribution(int points) =>
        Count == 0 ? [] : [.. Enumerable.Range(0, points).Select(i => (double)i / (points - 1)).Select(q => (Quantile(q), q))];

    private void Sum(ulong high, ulong low)
    {
        _ticksLow += low;
        _ticksHigh += high + (_ticksLow < low ? 1UL : 0UL);
    }

    private static double Edge(int bin) => BitConverter.Int64BitsToDouble((bin + FirstBin) << Shift);

    /// <inheritdoc/>
    void IState.Transfer(StateTransfer state)
    {
        Count = state.Of(Count);
        (_zeros, _ticksHigh, _ticksLow, _longest) = (state.Of(_zeros), state.Of(_ticksHigh), state.Of(_ticksLow), state.Of(_longest));
        state.All(_counts.AsSpan());
    }
}

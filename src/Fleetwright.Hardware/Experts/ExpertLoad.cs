using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fleetwright.Hardware.Experts;

/// <summary>
/// What one rank of an expert layer worked on when it was measured: experts touched, token rows that chose them, and the tiles of each height
/// that those rows fill. Balanced tables deal tokens out in a fixed order and time rank 0; skewed ones draw each expert's share from a power
/// law, give every rank a run of neighbouring experts and time the fullest rank; the mean over a few draws is taken. As aiconfigurator's
/// collector does (collector/helper.py at commit 095f58a5: <c>balanced_logits</c>, <c>_generate_power_law_distribution</c>).
/// </summary>
internal sealed class ExpertLoad
{
    private const int Draws = 8;

    // The loads of a table are drawn in its first second, before the runtime would see that this is hot: compiled in full at once.
    private const MethodImplOptions Hot = MethodImplOptions.AggressiveOptimization;

    private static readonly int[] Heights = [8, 16, 32, 48, 64, 128];

    private readonly double[] _blocks = new double[Heights.Length];

    private ExpertLoad()
    {
    }

    /// <summary>Experts with a row.</summary>
    public double Touched { get; private set; }

    /// <summary>Rows of them.</summary>
    public double Rows { get; private set; }

    /// <summary>Blocks of <paramref name="height"/> rows that the experts' rows fill, each expert's rounded up.</summary>
    public double Blocks(int height)
    {
        int i = 0;
        while (i < Heights.Length - 1 && Heights[i] < height)
        {
            i++;
        }

        return _blocks[i];
    }

    /// <summary>The load of a row of a table.</summary>
    /// <param name="tokens">Tokens of the layer.</param>
    /// <param name="experts">Experts of all ranks.</param>
    /// <param name="choices">Experts a token.</param>
    /// <param name="ranks">Ranks that the experts are spread over.</param>
    /// <param name="exponent">Exponent of the power law; 0 for balanced.</param>
    /// <param name="early">The collector's correction of rounding before April 2026 (rows of <c>vllm_fused_moe</c>), which piles few rows on one rank.</param>
    public static ExpertLoad Of(int tokens, int experts, int choices, int ranks, double exponent, bool early = false) =>
        exponent == 0 ? Balanced(tokens, experts, choices, ranks) : PowerLaw(tokens, experts, choices, ranks, exponent, early);

    [MethodImpl(Hot)]
    public static ExpertLoad Balanced(int tokens, int experts, int choices, int ranks)
    {
        int stride = (experts + choices - 1) / choices;
        long[] counts = new long[experts];
        for (int choice = 0; choice < choices; choice++)
        {
            if (tokens >= stride)
            {
                Deal(counts, choice * stride, tokens);
                continue;
            }

            for (int token = 0; token < tokens; token++)
            {
                counts[(int)(((double)token * stride / tokens) + (choice * stride)) % experts]++;
            }
        }

        var load = new ExpertLoad();
        load.Add(counts.AsSpan(0, experts / ranks), 1);
        return load;
    }

    [MethodImpl(Hot)]
    public static ExpertLoad PowerLaw(int tokens, int experts, int choices, int ranks, double exponent, bool early = false)
    {
        var load = new ExpertLoad();
        ulong state = ((ulong)tokens << 32) ^ ((ulong)experts << 16) ^ ((ulong)choices << 8) ^ (ulong)ranks;
        long[] counts = new long[experts];
        double[] shares = new double[(experts + Vector256<double>.Count - 1) / Vector256<double>.Count * Vector256<double>.Count];
        int each = experts / ranks;
        for (int draw = 0; draw < Draws; draw++)
        {
            Shares(counts, shares, tokens, choices, exponent, ref state);
            if (early)
            {
                CorrectAll(counts, tokens, choices);
            }
            else
            {
                CorrectByRank(counts, tokens, choices, ranks);
            }

            (int fullest, long most) = (0, -1);
            for (int rank = 0; rank < ranks; rank++)
            {
                long sum = Sum(counts.AsSpan(rank * each, each));
                (fullest, most) = sum > most ? (rank, sum) : (fullest, most);
            }

            load.Add(counts.AsSpan(fullest * each, each), 1.0 / Draws);
        }

        return load;
    }

    [MethodImpl(Hot)]
    private void Add(ReadOnlySpan<long> counts, double weight)
    {
        // A weight is a power of two, so that sums of whole numbers times it are exact.
        long touched = 0, rows = 0, of8 = 0, of16 = 0, of32 = 0, of48 = 0, of64 = 0, of128 = 0;
        foreach (long count in counts)
        {
            touched += count > 0 ? 1 : 0;
            rows += count;
            of8 += (count + 7) >> 3;
            of16 += (count + 15) >> 4;
            of32 += (count + 31) >> 5;
            of48 += (count + 47) / 48;
            of64 += (count + 63) >> 6;
            of128 += (count + 127) >> 7;
        }

        Touched += weight * touched;
        Rows += weight * rows;
        ReadOnlySpan<long> blocks = [of8, of16, of32, of48, of64, of128];
        for (int i = 0; i < blocks.Length; i++)
        {
            _blocks[i] += weight * blocks[i];
        }
    }

    // One token each to so many experts from one on, round and round.
    private static void Deal(long[] counts, int from, int tokens)
    {
        (int rounds, int rest) = Math.DivRem(tokens, counts.Length);
        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] += rounds;
        }

        for (int i = 0; i < rest; i++)
        {
            counts[(from + i) % counts.Length]++;
        }
    }

    // Shares of a power law, rounded to whole rows; no expert gets a token twice.
    [MethodImpl(Hot)]
    private static void Shares(long[] counts, double[] shares, int tokens, int choices, double exponent, ref ulong state)
    {
        long wanted = (long)tokens * choices;
        (double low, double high) = wanted > counts.Length ? (1.0, tokens * 0.8) : (0.01, 2.0);
        double lowPower = Math.Pow(low, 1 - exponent), highPower = Math.Pow(high, 1 - exponent), inverse = 1 / (1 - exponent);
        for (int i = 0; i < counts.Length; i++)
        {
            shares[i] = ((highPower - lowPower) * Uniform(ref state)) + lowPower;
        }

        // x^p of all shares, four at a time.
        foreach (ref Vector256<double> four in MemoryMarshal.Cast<double, Vector256<double>>(shares.AsSpan()))
        {
            four = Vector256.Exp(inverse * Vector256.Log(four));
        }

        double total = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            total += shares[i];
        }

        for (int i = 0; i < counts.Length; i++)
        {
            counts[i] = Math.Min(tokens, (long)Math.Round(shares[i] / total * wanted));
        }
    }

    // What rounding lost or gained is set right rank by rank, a row at a time from the first on: a lost one to the least loaded expert of the
    // rank, one too many from the fullest.
    [MethodImpl(Hot)]
    private static void CorrectByRank(long[] counts, int tokens, int choices, int ranks)
    {
        int each = counts.Length / ranks;
        long missing = ((long)tokens * choices) - Sum(counts), left = Math.Abs(missing);
        if (left == 0)
        {
            return;
        }

        long[] room = new long[ranks], turns = new long[ranks];
        for (int rank = 0; rank < ranks; rank++)
        {
            long rows = Sum(counts.AsSpan(rank * each, each));
            room[rank] = missing > 0 ? ((long)each * tokens) - rows : rows;
        }

        while (left > 0)
        {
            (int open, long least) = (0, long.MaxValue);
            foreach (long rows in room)
            {
                (open, least) = rows > 0 ? (open + 1, Math.Min(least, rows)) : (open, least);
            }

            if (open == 0)
            {
                break;
            }

            // Whole rounds at once, and then a last one that does not reach every rank.
            long rounds = Math.Max(1, Math.Min(left / open, least));
            for (int rank = 0; rank < ranks && left > 0; rank++)
            {
                if (room[rank] > 0)
                {
                    (room[rank], turns[rank], left) = (room[rank] - rounds, turns[rank] + rounds, left - rounds);
                }
            }
        }

        for (int rank = 0; rank < ranks; rank++)
        {
            Level(counts.AsSpan(rank * each, each), missing > 0 ? turns[rank] : -turns[rank]);
        }
    }

    // Adds rows one by one to the least loaded expert, or takes them from the fullest; of equal ones the first. That fills (or drains) all to one
    // level, and what is left over changes the first experts at it.
    [MethodImpl(Hot)]
    private static void Level(Span<long> counts, long rows)
    {
        if (rows == 0)
        {
            return;
        }

        // Draining is filling upside down.
        long sign = Math.Sign(rows), left = Math.Abs(rows), low = long.MaxValue;
        foreach (long count in counts)
        {
            low = Math.Min(low, sign * count);
        }

        long high = low + left;
        while (low < high)
        {
            long middle = low + ((high - low + 1) / 2);
            (low, high) = Below(counts, sign, middle) <= left ? (middle, high) : (low, middle - 1);
        }

        left -= Below(counts, sign, low);
        for (int i = 0; i < counts.Length; i++)
        {
            long level = Math.Max(sign * counts[i], low);
            if (level == low && left > 0)
            {
                (level, left) = (level + 1, left - 1);
            }

            counts[i] = sign * level;
        }
    }

    [MethodImpl(Hot)]
    private static long Below(ReadOnlySpan<long> counts, long sign, long level)
    {
        long sum = 0;
        foreach (long count in counts)
        {
            sum += Math.Max(0, level - (sign * count));
        }

        return sum;
    }

    // What rounding lost or gained is set right from the least loaded expert on, the last ones first: with few rows, neighbours get them all.
    [MethodImpl(Hot)]
    private static void CorrectAll(long[] counts, int tokens, int choices)
    {
        long missing = ((long)tokens * choices) - Sum(counts);
        if (missing == 0)
        {
            return;
        }

        long[] order = new long[counts.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = (counts[i] * order.Length) + order.Length - 1 - i;
        }

        Array.Sort(order);
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = order.Length - 1 - (order[i] % order.Length);
        }

        for (int i = 0; missing != 0; i = (i + 1) % order.Length)
        {
            ref long count = ref counts[order[i]];
            if (missing > 0 && count < tokens)
            {
                count++;
                missing--;
            }
            else if (missing < 0)
            {
                counts[count > 0 ? order[i] : Fullest(counts)]--;
                missing++;
            }
        }
    }

    private static int Fullest(ReadOnlySpan<long> counts)
    {
        int most = 0;
        for (int i = 1; i < counts.Length; i++)
        {
            most = counts[i] > counts[most] ? i : most;
        }

        return most;
    }

    [MethodImpl(Hot)]
    private static long Sum(ReadOnlySpan<long> counts)
    {
        long sum = 0;
        foreach (long count in counts)
        {
            sum += count;
        }

        return sum;
    }

    // SplitMix64 (Steele, Lea and Flood 2014), as 53 bits in [0, 1).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Uniform(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}

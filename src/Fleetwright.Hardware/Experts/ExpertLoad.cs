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

    public static ExpertLoad Balanced(int tokens, int experts, int choices, int ranks)
    {
        int stride = (experts + choices - 1) / choices;
        long[] counts = new long[experts];
        for (int token = 0; token < tokens; token++)
        {
            for (int choice = 0; choice < choices; choice++)
            {
                double first = tokens >= stride ? token : (double)token * stride / tokens;
                counts[(int)(first + (choice * stride)) % experts]++;
            }
        }

        var load = new ExpertLoad();
        load.Add(counts.AsSpan(0, experts / ranks), 1);
        return load;
    }

    public static ExpertLoad PowerLaw(int tokens, int experts, int choices, int ranks, double exponent, bool early = false)
    {
        var load = new ExpertLoad();
        ulong state = ((ulong)tokens << 32) ^ ((ulong)experts << 16) ^ ((ulong)choices << 8) ^ (ulong)ranks;
        long[] counts = new long[experts];
        int each = experts / ranks;
        for (int draw = 0; draw < Draws; draw++)
        {
            Shares(counts, tokens, choices, exponent, ref state);
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

    private void Add(ReadOnlySpan<long> counts, double weight)
    {
        foreach (long count in counts)
        {
            if (count > 0)
            {
                Touched += weight;
                Rows += weight * count;
                for (int i = 0; i < Heights.Length; i++)
                {
                    _blocks[i] += weight * ((count + Heights[i] - 1) / Heights[i]);
                }
            }
        }
    }

    // Shares of a power law, rounded to whole rows; no expert gets a token twice.
    private static void Shares(long[] counts, int tokens, int choices, double exponent, ref ulong state)
    {
        long wanted = (long)tokens * choices;
        (double low, double high) = wanted > counts.Length ? (1.0, tokens * 0.8) : (0.01, 2.0);
        double lowPower = Math.Pow(low, 1 - exponent), highPower = Math.Pow(high, 1 - exponent);
        double[] shares = new double[counts.Length];
        double total = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            shares[i] = Math.Pow(((highPower - lowPower) * Uniform(ref state)) + lowPower, 1 / (1 - exponent));
            total += shares[i];
        }

        for (int i = 0; i < shares.Length; i++)
        {
            counts[i] = Math.Min(tokens, (long)Math.Round(shares[i] / total * wanted));
        }
    }

    // What rounding lost or gained is set right rank by rank.
    private static void CorrectByRank(long[] counts, int tokens, int choices, int ranks)
    {
        int each = counts.Length / ranks;
        long missing = ((long)tokens * choices) - Sum(counts);
        for (int rank = 0; missing != 0; rank = (rank + 1) % ranks)
        {
            Span<long> local = counts.AsSpan(rank * each, each);
            (int least, int most) = Extremes(local);
            if (missing > 0 && local[least] < tokens)
            {
                local[least]++;
                missing--;
            }
            else if (missing < 0 && local[most] > 0)
            {
                local[most]--;
                missing++;
            }
        }
    }

    // What rounding lost or gained is set right from the least loaded expert on, the last ones first: with few rows, neighbours get them all.
    private static void CorrectAll(long[] counts, int tokens, int choices)
    {
        long missing = ((long)tokens * choices) - Sum(counts);
        if (missing == 0)
        {
            return;
        }

        int[] order = new int[counts.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        long[] drawn = [.. counts];
        Array.Sort(order, (a, b) => drawn[a] != drawn[b] ? drawn[a].CompareTo(drawn[b]) : b.CompareTo(a));
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
                counts[count > 0 ? order[i] : Extremes(counts).Most]--;
                missing++;
            }
        }
    }

    private static (int Least, int Most) Extremes(ReadOnlySpan<long> counts)
    {
        (int least, int most) = (0, 0);
        for (int i = 1; i < counts.Length; i++)
        {
            least = counts[i] < counts[least] ? i : least;
            most = counts[i] > counts[most] ? i : most;
        }

        return (least, most);
    }

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
    private static double Uniform(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}

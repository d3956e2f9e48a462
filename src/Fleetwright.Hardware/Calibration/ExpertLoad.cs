namespace Fleetwright.Hardware.Calibration;

/// <summary>
/// What one rank of an expert layer worked on when it was measured: experts touched, and token rows that chose them. Skewed tables draw
/// each expert's share from a power law, give every rank a run of neighbouring experts, and time the fullest rank (aiconfigurator
/// collector/helper.py, commit 006afd78, <c>power_law_logits_v3</c>); its mean over a few draws is taken. Balanced tables deal rows evenly.
/// </summary>
internal readonly record struct ExpertLoad(double Touched, double Rows)
{
    private const int Draws = 8;

    public static ExpertLoad Balanced(int tokens, int experts, int choices, int ranks)
    {
        double touched = Math.Max(1, Math.Min(experts, (double)tokens * choices) / ranks);
        return new(touched, Math.Max(1, (double)tokens * choices / ranks));
    }

    public static ExpertLoad PowerLaw(int tokens, int experts, int choices, int ranks, double exponent)
    {
        double touched = 0, rows = 0;
        ulong state = ((ulong)tokens << 32) ^ ((ulong)experts << 16) ^ ((ulong)choices << 8) ^ (ulong)ranks;
        for (int draw = 0; draw < Draws; draw++)
        {
            long[] counts = Counts(tokens, experts, choices, ranks, exponent, ref state);
            (int fullest, long most) = (0, -1);
            int each = experts / ranks;
            for (int rank = 0; rank < ranks; rank++)
            {
                long sum = counts.AsSpan(rank * each, each).ToArray().Sum();
                (fullest, most) = sum > most ? (rank, sum) : (fullest, most);
            }

            touched += counts.Skip(fullest * each).Take(each).Count(c => c > 0) / (double)Draws;
            rows += most / (double)Draws;
        }

        return new(touched, rows);
    }

    // Shares of a power law, rounded to whole rows; no expert gets a token twice; what rounding lost or gained is set right rank by rank.
    private static long[] Counts(int tokens, int experts, int choices, int ranks, double exponent, ref ulong state)
    {
        long wanted = (long)tokens * choices;
        (double low, double high) = wanted > experts ? (1.0, tokens * 0.8) : (0.01, 2.0);
        double lowPower = Math.Pow(low, 1 - exponent), highPower = Math.Pow(high, 1 - exponent);
        var shares = new double[experts];
        for (int i = 0; i < experts; i++)
        {
            shares[i] = Math.Pow(((highPower - lowPower) * Uniform(ref state)) + lowPower, 1 / (1 - exponent));
        }

        double total = shares.Sum();
        long[] counts = [.. shares.Select(s => Math.Min(tokens, (long)Math.Round(s / total * wanted)))];
        int each = experts / ranks;
        long missing = wanted - counts.Sum();
        for (int rank = 0; missing != 0; rank = (rank + 1) % ranks)
        {
            Span<long> local = counts.AsSpan(rank * each, each);
            int least = 0, most = 0;
            for (int i = 1; i < each; i++)
            {
                least = local[i] < local[least] ? i : least;
                most = local[i] > local[most] ? i : most;
            }

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

        return counts;
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

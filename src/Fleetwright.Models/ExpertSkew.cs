namespace Fleetwright.Models;

/// <summary>
/// How unevenly the tokens of a step fall on the experts of a layer and on the chips that hold them: the i-th most popular expert is chosen in proportion to
/// i^−s (Zipf), experts lie on chips without regard to it or balanced with copies of the popular ones, and all chips wait for the busiest.
/// </summary>
/// <remarks>
/// A token takes the k experts whose exponential clocks of those rates ring first (Gumbel top-k). An expert is among them with q = 1 − exp(−w·t), with t such
/// that Σ q = k (Rosén 1972, successive sampling). What falls on a chip is taken as normal with the moments of independent choices, and the busiest of R
/// chips as the mean over <see cref="Placements"/> fixed ways to lay out the experts, each with its own R normal numbers, so that more tokens are never less work.
/// </remarks>
public sealed class ExpertSkew
{
    /// <summary>Ways to lay experts out on chips over which the busiest is averaged; layers differ in which experts are popular.</summary>
    public const int Placements = 64;

    private readonly Lock _guard = new();
    private volatile Layout[] _layouts = [];

    private ExpertSkew(double exponent, double ratio, int? copies = null) => (Exponent, Ratio, Redundant) = (exponent, ratio, copies);

    /// <summary>Exponent s of the popularity; 0 for choices that are random but equally likely.</summary>
    public double Exponent { get; }

    /// <summary>Measured: rows of the busiest chip ÷ of the mean one; 0 where they follow from the exponent.</summary>
    public double Ratio { get; }

    /// <summary>Experts of a layer that are held a second time or more, with experts laid out so that chips have as much to do as each other; null for layouts at random.</summary>
    public int? Redundant { get; }

    /// <summary>
    /// The same popularity with so many copies, balanced as DeepSeek's EPLB does it for one group of chips: each copy goes to the expert with the most rows a copy,
    /// then each expert, the most popular first, to the least loaded chip with room; tokens are dealt evenly to copies.
    /// </summary>
    /// <param name="copies">Copies of experts, of all chips together; experts and copies must divide by the chips.</param>
    public ExpertSkew Balanced(int copies) => copies >= 0 && Ratio == 0 ? new ExpertSkew(Exponent, 0, copies) : throw new ArgumentOutOfRangeException(nameof(copies), copies, "allowed: at least 0, for popularity by Zipf's law");

    /// <summary>Popularity by Zipf's law.</summary>
    /// <param name="exponent">s, from 0 to 3.</param>
    public static ExpertSkew Zipf(double exponent) => exponent is >= 0 and <= 3 ? new ExpertSkew(exponent, 0) : throw new ArgumentOutOfRangeException(nameof(exponent), exponent, "allowed: 0 to 3");

    /// <summary>A measured imbalance that does not depend on the tokens; the experts that are touched stay those of even choices.</summary>
    /// <param name="ratio">Rows of the busiest chip ÷ of the mean one, at least 1.</param>
    public static ExpertSkew Measured(double ratio) => ratio is >= 1 and <= 1024 ? new ExpertSkew(0, ratio) : throw new ArgumentOutOfRangeException(nameof(ratio), ratio, "allowed: 1 to 1024");

    /// <summary>What the chip with the most has to do.</summary>
    /// <param name="tokens">Tokens of the step, at least one.</param>
    /// <param name="experts">Experts of the layer.</param>
    /// <param name="chosen">Experts of a token.</param>
    /// <param name="chips">Chips, or groups of chips, that the experts are spread over.</param>
    /// <returns>Experts with a row on the chip with the most of them, and rows of the chip with the most of those.</returns>
    public (double Touched, double Rows) Busiest(double tokens, int experts, int chosen, int chips)
    {
        double own = experts / (double)chips;
        if (Ratio > 0)
        {
            double even = own * (1 - Math.Pow(1 - ((double)chosen / experts), tokens));
            return (even, Math.Max(even, Math.Min(tokens * Math.Min(chosen, own), Ratio * tokens * chosen / chips)));
        }

        Layout layout = Find(experts, chosen, chips);
        int held = layout.Chosen.Length, each = held / chips;
        own = each;
        Span<double> hit = held <= 1024 ? stackalloc double[held] : new double[held];
        for (int e = 0; e < held; e++)
        {
            hit[e] = 1 - Math.Pow(1 - layout.Chosen[e], tokens);
        }

        double touched = 0, rows = 0;
        for (int p = 0; p < Placements; p++)
        {
            double mostTouched = 0, mostRows = 0;
            for (int c = 0; c < chips; c++)
            {
                double mean = 0, variance = 0;
                for (int i = 0; i < each; i++)
                {
                    double share = hit[layout.Order[(p * held) + (c * each) + i]];
                    mean += share;
                    variance += share * (1 - share);
                }

                int at = (p * chips) + c;
                mostTouched = Math.Max(mostTouched, mean + (layout.Normal[at] * Math.Sqrt(variance)));
                mostRows = Math.Max(mostRows, (tokens * layout.Mean[at]) + (layout.Normal[at] * Math.Sqrt(tokens * layout.Variance[at])));
            }

            touched += Math.Min(own, mostTouched);
            rows += Math.Min(tokens * Math.Min(chosen, own), mostRows);
        }

        (touched, rows) = (Math.Max(Math.Min(1, tokens), touched / Placements), rows / Placements);
        return (touched, Math.Max(touched, rows));
    }

    /// <summary>The chance of each expert, from the most popular, to be among those that a token takes.</summary>
    internal static double[] Inclusion(int experts, int chosen, double exponent)
    {
        double[] chance = new double[experts];
        if (chosen >= experts)
        {
            Array.Fill(chance, 1);
            return chance;
        }

        // The time at which k clocks have rung on average, by bisection: the sum only grows.
        double low = 0, high = 1;
        while (Filled(high) < chosen)
        {
            high *= 2;
        }

        for (int i = 0; i < 100; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Filled(middle) < chosen ? (middle, high) : (low, middle);
        }

        _ = Filled(high);
        return chance;

        double Filled(double time)
        {
            double sum = 0;
            for (int e = 0; e < experts; e++)
            {
                sum += chance[e] = 1 - Math.Exp(-time * Math.Pow(e + 1, -exponent));
            }

            return sum;
        }
    }

    private Layout Find(int experts, int chosen, int chips)
    {
        foreach (Layout known in _layouts)
        {
            if (known.Is(experts, chosen, chips))
            {
                return known;
            }
        }

        lock (_guard)
        {
            Layout made = new(experts, chosen, chips, Exponent, Redundant);
            _layouts = [.. _layouts, made];
            return made;
        }
    }

    // The experts of a layer in all ways to lay them out: their order on chips, and of each chip the mean and variance of rows a token and a normal number.
    private sealed class Layout
    {
        private readonly (int, int, int) _of;

        public Layout(int experts, int chosen, int chips, double exponent, int? redundant)
        {
            _of = (experts, chosen, chips);
            Chosen = WithCopies(Inclusion(experts, chosen, exponent), redundant ?? 0);
            int[]? balanced = redundant is null ? null : Balance(Chosen, chips);
            int held = Chosen.Length;
            Order = new int[Placements * held];
            (Mean, Variance, Normal) = (new double[Placements * chips], new double[Placements * chips], new double[Placements * chips]);
            ulong state = ((ulong)experts << 32) ^ ((ulong)chosen << 16) ^ (ulong)chips;

            // A token's choices exclude each other, and what one chip has more the others have less: where all are equally likely the two together make the spread
            // between chips that of independent choices times E ÷ (E − 1).
            double together = chips > 1 ? experts / (experts - 1.0) : 0;
            for (int p = 0; p < Placements; p++)
            {
                Span<int> order = Order.AsSpan(p * held, held);
                balanced.CopyTo(order);
                for (int e = 0; balanced is null && e < held; e++)
                {
                    int other = (int)(Uniform(ref state) * (e + 1));
                    (order[e], order[other]) = (order[other], e);
                }

                for (int c = 0; c < chips; c++)
                {
                    int at = (p * chips) + c;
                    foreach (int e in order.Slice(c * (held / chips), held / chips))
                    {
                        Mean[at] += Chosen[e];
                        Variance[at] += Chosen[e] * (1 - Chosen[e]) * together;
                    }

                    Normal[at] = chips > 1 ? Math.Sqrt(-2 * Math.Log(1 - Uniform(ref state))) * Math.Cos(2 * Math.PI * Uniform(ref state)) : 0;
                }
            }
        }

        // Each copy to the expert with the most rows a copy.
        private static double[] WithCopies(double[] chosen, int redundant)
        {
            int[] copies = new int[chosen.Length];
            Array.Fill(copies, 1);
            for (int i = 0; i < redundant; i++)
            {
                int most = 0;
                for (int e = 1; e < chosen.Length; e++)
                {
                    most = chosen[e] / copies[e] > chosen[most] / copies[most] ? e : most;
                }

                copies[most]++;
            }

            return [.. chosen.SelectMany((q, e) => Enumerable.Repeat(q / copies[e], copies[e]))];
        }

        // The most popular first, each to the least loaded chip that has room.
        private static int[] Balance(double[] chosen, int chips)
        {
            int each = chosen.Length / chips;
            int[] order = new int[chosen.Length], count = new int[chips];
            double[] load = new double[chips];
            foreach (int e in Enumerable.Range(0, chosen.Length).OrderByDescending(e => chosen[e]).ThenBy(e => e))
            {
                int least = Enumerable.Range(0, chips).Where(c => count[c] < each).MinBy(c => load[c]);
                order[(least * each) + count[least]++] = e;
                load[least] += chosen[e];
            }

            return order;
        }

        public double[] Chosen { get; }

        public int[] Order { get; }

        public double[] Mean { get; }

        public double[] Variance { get; }

        public double[] Normal { get; }

        public bool Is(int experts, int chosen, int chips) => _of == (experts, chosen, chips);

        // SplitMix64 (Steele, Lea and Flood 2014), as 53 bits in [0, 1).
        private static double Uniform(ref ulong state)
        {
            state += 0x9E3779B97F4A7C15;
            ulong z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
        }
    }
}

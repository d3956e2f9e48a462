using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Tables;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>What a <see cref="ProfileTable"/> has not measured.</summary>
public sealed record ProfileOptions
{
    /// <summary>Layers of the model.</summary>
    public required int Layers { get; init; }

    /// <summary>Seconds of the collectives of an iteration by its tokens, over all layers; none when null.</summary>
    public Func<int, double>? Communication { get; init; }

    /// <summary>Seconds of an iteration beyond its operators.</summary>
    public double StepSeconds { get; init; }

    /// <summary>Experts of a layer, and how many each token chooses; 0 without experts.</summary>
    public int Experts { get; init; }

    /// <summary>Experts that each token chooses.</summary>
    public int Chosen { get; init; }

    /// <summary>Chips over which the experts are spread; the tokens of all meet at them, and all wait for the chip with the most.</summary>
    public int ExpertRanks { get; init; } = 1;

    /// <summary>Seconds in which ranks in lockstep exchange their tokens before and after the experts, over all layers, by the tokens that a rank gets from the others.</summary>
    public Func<int, double>? Exchange { get; init; }

    /// <summary>Batches for which there are captured graphs, ascending: when no rank has more tokens than the last, all compute as many as the one above the largest batch.</summary>
    public IReadOnlyList<int> GraphSizes { get; init; } = [];

    /// <summary>
    /// Multiprocessors of the chip, from which follows where FlashAttention-2 stops to split the contexts of decodes over them; 0 to interpolate over that.
    /// </summary>
    public int Multiprocessors { get; init; }

    /// <summary>Heads of keys and values on a chip.</summary>
    public int KeyHeads { get; init; } = 1;

    /// <summary>Most sequences of an iteration.</summary>
    public int MaximumSequences { get; init; } = 256;

    /// <summary>Most tokens of an iteration.</summary>
    public int MaximumTokens { get; init; } = 2048;
}

/// <summary>
/// Iterations from measured operator tables of LLMServingSim's layout, in microseconds for one layer: <c>dense.csv</c> (layer, tokens),
/// <c>per_sequence.csv</c> (layer, sequences), <c>attention.csv</c> (chunk, its past, decodes, their mean context; both measured in one call) and
/// <c>moe.csv</c> (tokens, experts that were chosen by any). Contexts of unequal length take longer than as many equal ones: a share of the way to
/// the time of contexts that are all as long as the longest, fitted to <c>skew.csv</c> by the number of decodes, with and without a chunk beside them. Everything is linear between measured points on each axis, and beyond the last;
/// but decodes alone not between a number of them whose contexts FlashAttention-2 splits over multiprocessors and one whose contexts it does not: there the line through the two nearest points of the same kind is taken.
/// </summary>
/// <remarks>
/// FlashAttention-2 (<c>num_splits_heuristic</c> in <c>csrc/flash_attn/flash_api.cpp</c>) does not split when sequences × heads of keys are at least 0.8 · 2 · multiprocessors. Split, contexts of any lengths
/// take as long as their sum; not split, all wait for the longest, which takes as long however few the others are.
/// </remarks>
internal sealed class ProfileTable
{
    private static readonly string[] Once = ["embedding", "final_layernorm"];
    private readonly double[] _tokens;
    private readonly double[] _experts;
    private readonly double[] _exchange;
    private readonly int[] _graphs;
    private readonly double[] _sequences;
    private readonly Axis _chunk;
    private readonly Axis _past;
    private readonly Axis _decodes;
    private readonly Axis _context;
    private readonly double[] _attention;
    private readonly double[][] _skew;

    // The fewest decodes of a graph whose contexts are not split.
    private readonly int _whole;

    private ProfileTable(double[] tokens, double[] experts, double[] exchange, ProfileOptions options, double[] sequences, CsvTable attention, double scale, CsvTable? skew)
    {
        (_tokens, _experts, _exchange, _graphs, _sequences) = (tokens, experts, exchange, [.. options.GraphSizes], sequences);
        _whole = LeastWhole(options.Multiprocessors, options.KeyHeads);

        // The points that are measured for all others: powers of two and 0. The table has finer ones for long contexts only.
        _chunk = new Axis([.. Powers(attention, "prefill_chunk")]);
        _past = new Axis([.. Powers(attention, "kv_prefill")]);
        _decodes = new Axis([.. Powers(attention, "n_decode")]);
        _context = new Axis([.. Powers(attention, "kv_decode")]);
        var points = new Dictionary<(int, int, int, int), double>();
        foreach (CsvRow r in attention.Rows)
        {
            points[(r.Whole("prefill_chunk"), r.Whole("kv_prefill"), r.Whole("n_decode"), r.Whole("kv_decode"))] = scale * r.Number("time_us");
        }

        _attention = new double[_chunk.Count * _past.Count * _decodes.Count * _context.Count];
        int at = 0;
        foreach (int c in _chunk.Points)
        {
            foreach (int p in _past.Points)
            {
                foreach (int d in _decodes.Points)
                {
                    foreach (int k in _context.Points)
                    {
                        // Without a chunk its past is nothing, without decodes their context is.
                        (int, int, int, int) key = (c, c == 0 ? 0 : p, k == 0 ? 0 : d, d == 0 ? 0 : k);
                        _attention[at++] = points.TryGetValue(key, out double seconds) ? seconds : key is (0, 0, 0, 0) ? 0 : double.NaN;
                    }
                }
            }
        }

        Extend();
        _skew = [Skew(skew, mixed: false), Skew(skew, mixed: true)];
    }

    /// <summary>Reads a folder.</summary>
    /// <exception cref="InputException">A file is missing, cut or wrong.</exception>
    public static ProfileTable Read(string folder, ProfileOptions options)
    {
        double scale = options.Layers * 1e-6;
        double[] tokens = new double[options.MaximumTokens + options.MaximumSequences + 1], sequences = new double[options.MaximumSequences + 1];
        foreach (IGrouping<string, CsvRow> layer in CsvTable.Read(Path.Combine(folder, "dense.csv"), "layer", "tokens", "time_us").Rows.GroupBy(r => r["layer"]))
        {
            Add(tokens, layer, "tokens", Once.Contains(layer.Key) ? 1e-6 : layer.Key == "layernorm" ? 2 * scale : scale);
        }

        foreach (IGrouping<string, CsvRow> layer in CsvTable.Read(Path.Combine(folder, "per_sequence.csv"), "layer", "sequences", "time_us").Rows.GroupBy(r => r["layer"]))
        {
            Add(sequences, layer, "sequences", 1e-6);
        }

        double[] experts = new double[((tokens.Length - 1) * options.ExpertRanks) + 1];
        if (options.Experts > 0)
        {
            AddExperts(experts, CsvTable.Read(Path.Combine(folder, "moe.csv"), "tokens", "activated_experts", "time_us"), options, scale);
        }

        for (int i = 1; i < tokens.Length; i++)
        {
            tokens[i] += options.StepSeconds + (options.Communication?.Invoke(i) ?? 0);
        }

        double[] exchange = new double[experts.Length];
        for (int i = 0; i < exchange.Length; i++)
        {
            exchange[i] = options.Exchange?.Invoke(i) ?? 0;
        }

        string uneven = Path.Combine(folder, "skew.csv"), meta = Path.Combine(folder, "..", "meta.yaml");

        // A profile whose own description says that uneven contexts were not measured has that file from elsewhere.
        bool measured = File.Exists(uneven) && (!File.Exists(meta) || YamlFile.Open(meta).Root.OptionalMap("skew_profile")?.Flag("enabled", true) != false);
        CsvTable? skew = measured ? CsvTable.Read(uneven, "n", "pc", "t_mean_us", "t_max_us", "t_skew_us") : null;
        return new ProfileTable(tokens, experts, exchange, options, sequences, CsvTable.Read(Path.Combine(folder, "attention.csv"), "prefill_chunk", "kv_prefill", "n_decode", "kv_decode", "time_us"), scale, skew);
    }

    /// <summary>The fewest decodes whose contexts FlashAttention-2 does not split over multiprocessors.</summary>
    /// <param name="multiprocessors">Of the chip; 0 for no limit.</param>
    /// <param name="keyHeads">Heads of keys and values on it.</param>
    public static int LeastWhole(int multiprocessors, int keyHeads) => multiprocessors == 0 ? 0 : (int)Math.Ceiling(0.8 * 2 * multiprocessors / keyHeads);

    /// <summary>Seconds of an iteration of ranks in lockstep; see <see cref="ILockstepTimes.Iteration"/>.</summary>
    public double Iteration(ReadOnlySpan<RankBatch> ranks)
    {
        Span<int> tokens = stackalloc int[ranks.Length];
        double together = Together(ranks, tokens), slowest = 0;
        for (int i = 0; i < ranks.Length; i++)
        {
            slowest = Math.Max(slowest, Own(ranks[i], tokens[i]));
        }

        return slowest + together;
    }

    /// <summary>A run of decodes of ranks in lockstep; see <see cref="ILockstepTimes.Decode"/>.</summary>
    public int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double until, out double seconds)
    {
        Span<int> tokens = stackalloc int[ranks.Length];
        Span<double> first = stackalloc double[ranks.Length], step = stackalloc double[ranks.Length];
        double together = Together(ranks, tokens);
        int done = 0;
        seconds = 0;
        while (true)
        {
            int within = iterations - done;
            for (int i = 0; i < ranks.Length; i++)
            {
                RankBatch r = ranks[i];
                first[i] = _tokens[Math.Min(tokens[i], _tokens.Length - 1)] + _sequences[Math.Min(r.Decodes, _sequences.Length - 1)];
                step[i] = 0;
                if (r.Decodes > 0)
                {
                    double context = ((double)r.ContextTokens / r.Decodes) + done, here = Decodes(r, tokens[i], done);
                    first[i] += here;
                    step[i] = Decodes(r, tokens[i], done + 1) - here;
                    within = Math.Min(within, Straight(context, r.LongestContext + done));
                }
            }

            done += SlowestRun.Take(first, step, together, within, until - seconds, out double run);
            seconds += run;
            if (done == iterations || seconds >= until)
            {
                return done;
            }
        }
    }

    private static IEnumerable<int> Powers(CsvTable table, string column) => table.Rows.Select(r => r.Whole(column)).Distinct().Where(v => (v & (v - 1)) == 0).Order();

    private static void Add(double[] into, IEnumerable<CsvRow> rows, string by, double scale)
    {
        (int At, double Seconds)[] points = [.. rows.Select(r => (r.Whole(by), scale * r.Number("time_us"))).OrderBy(p => p.Item1)];
        var axis = new Axis([.. points.Select(p => p.At)]);
        for (int i = 1; i < into.Length; i++)
        {
            int low = axis.Below(i);
            into[i] += points[low].Seconds + ((points[low + 1].Seconds - points[low].Seconds) * axis.Share(low, i));
        }
    }

    // A chip has its share of the experts and of the choices, and all wait for the one with the most.
    private static void AddExperts(double[] into, CsvTable table, ProfileOptions options, double scale)
    {
        Axis tokens = new([.. table.Rows.Select(r => r.Whole("tokens")).Distinct().Order()]), chosen = new([.. table.Rows.Select(r => r.Whole("activated_experts")).Distinct().Order()]);
        var points = table.Rows.ToDictionary(r => (r.Whole("tokens"), r.Whole("activated_experts")), r => scale * r.Number("time_us"));
        var routing = new RandomRouting(options.Experts, options.Chosen, options.ExpertRanks);
        for (int i = 1; i < into.Length; i++)
        {
            double active = routing.BusiestActive(i), own = routing.BusiestChoices(i) / options.Chosen;
            int t = tokens.Below(own), e = chosen.Below(active);
            double down = tokens.Share(t, own), right = chosen.Share(e, active);
            into[i] += (At(t, e) * (1 - down) * (1 - right)) + (At(t + 1, e) * down * (1 - right)) + (At(t, e + 1) * (1 - down) * right) + (At(t + 1, e + 1) * down * right);
        }

        // Few tokens cannot choose many experts: those points are not measured, and the nearest with more tokens stands for them.
        double At(int t, int e)
        {
            for (; t < tokens.Count; t++)
            {
                if (points.TryGetValue((tokens.Points[t], chosen.Points[e]), out double seconds))
                {
                    return seconds;
                }
            }

            return 0;
        }
    }

    // For each measured number of decodes the α of least squares in t_skew − t_mean = α·(t_max − t_mean).
    private double[] Skew(CsvTable? table, bool mixed)
    {
        double[] shares = new double[_decodes.Count];
        for (int i = 0; i < shares.Length; i++)
        {
            double product = 0, square = 0;
            foreach (CsvRow r in table?.Rows ?? [])
            {
                if (r.Whole("n") == _decodes.Points[i] && r.Number("pc") > 0 == mixed)
                {
                    double most = r.Number("t_max_us") - r.Number("t_mean_us");
                    product += most * (r.Number("t_skew_us") - r.Number("t_mean_us"));
                    square += most * most;
                }
            }

            shares[i] = square > 0 ? Math.Clamp(product / square, 0, 1) : i > 0 ? shares[i - 1] : 0;
        }

        return shares;
    }

    // What a rank does for its own batch, of which it computes as many tokens as the graph has.
    private double Own(in RankBatch batch, int tokens)
    {
        // Several prompts are taken as one with as many tokens and pairs; several short ones have fewer pairs than that, and count as one shorter.
        double one = Math.Min(batch.ChunkTokens, Math.Sqrt(batch.DoublePairs));
        double past = one > 0 ? Math.Max(0, ((batch.DoublePairs / one) - one) / 2) : 0;
        double seconds = _tokens[Math.Min(tokens, _tokens.Length - 1)] + _sequences[Math.Min(batch.Sequences, _sequences.Length - 1)];
        return seconds + (one > 0 ? Beside(one, past, batch) : Decodes(batch, tokens, 0));
    }

    private double Experts(int tokens) => _experts[Math.Min(tokens, _experts.Length - 1)];

    // Says what each rank computes: at least one token, as a rank without work runs a dummy pass. And what it takes the ranks to exchange and compute those of all at the experts.
    private double Together(ReadOnlySpan<RankBatch> ranks, Span<int> tokens)
    {
        int most = 1;
        for (int i = 0; i < ranks.Length; i++)
        {
            tokens[i] = Captured(Math.Max(1, ranks[i].Tokens));
            most = Math.Max(most, tokens[i]);
        }

        if (_graphs.Length > 0 && most <= _graphs[^1])
        {
            tokens.Fill(most);
        }

        int all = 0;
        foreach (int own in tokens)
        {
            all += own;
        }

        // On average a rank gets the tokens of all others.
        return Experts(all) + _exchange[Math.Min((int)((long)all * (tokens.Length - 1) / tokens.Length), _exchange.Length - 1)];
    }

    private int Captured(int tokens)
    {
        foreach (int size in _graphs)
        {
            if (size >= tokens)
            {
                return size;
            }
        }

        return tokens;
    }

    // Iterations until a context passes a point of the table.
    private int Straight(double context, long longest) =>
        (int)Math.Min(int.MaxValue, Math.Max(1, Math.Ceiling(Math.Min(_context.PointAbove(context) - context, _context.PointAbove(longest) - longest))));

    // Decodes beside prompts.
    private double Beside(double chunk, double past, in RankBatch batch)
    {
        int decodes = batch.Decodes, below = _decodes.Below(decodes);
        double context = decodes > 0 ? (double)batch.ContextTokens / decodes : 0, even = Attention(chunk, past, below, decodes, context);
        if (decodes < 2 || batch.LongestContext <= context)
        {
            return even;
        }

        double share = Between(_skew[1][below], _skew[1][below + 1], Math.Min(1, _decodes.Share(below, decodes)));
        return even + (share * (Attention(chunk, past, below, decodes, batch.LongestContext) - even));
    }

    // Decodes alone, so many iterations later, in a graph of so many.
    private double Decodes(in RankBatch batch, int captured, int later)
    {
        int decodes = batch.Decodes, below = _decodes.Below(decodes);
        if (decodes == 0)
        {
            return 0;
        }

        if (_decodes.Points[below] < _whole && _whole <= _decodes.Points[below + 1])
        {
            below = captured >= _whole ? Math.Min(below + 1, _decodes.Count - 2) : Math.Max(below - 1, 0);
        }

        double context = ((double)batch.ContextTokens / decodes) + later, longest = batch.LongestContext + later;
        double even = Attention(0, 0, below, decodes, context);
        if (decodes < 2 || longest <= context)
        {
            return even;
        }

        // Among fewer than were measured whole, the longest takes as long as among those.
        double at = _decodes.Share(below, decodes), low = _skew[0][below];
        double share = at < 0 ? Math.Min(1, low * _decodes.Points[below] / decodes) : Between(low, _skew[0][below + 1], Math.Min(1, at));
        return even + (share * (Attention(0, 0, below, decodes, longest) - even));
    }

    private static double Between(double low, double high, double share) => low + ((high - low) * share);

    private double Attention(double chunk, double past, int d, double decodes, double context)
    {
        int c = _chunk.Below(chunk), p = _past.Below(past), k = _context.Below(context);
        double fc = _chunk.Share(c, chunk), fp = _past.Share(p, past), fd = _decodes.Share(d, decodes), fk = _context.Share(k, context);
        double sum = 0;
        for (int corner = 0; corner < 16; corner++)
        {
            double weight = ((corner & 8) != 0 ? fc : 1 - fc) * ((corner & 4) != 0 ? fp : 1 - fp) * ((corner & 2) != 0 ? fd : 1 - fd) * ((corner & 1) != 0 ? fk : 1 - fk);
            if (weight != 0)
            {
                sum += weight * _attention[Index(c + (corner >> 3), p + ((corner >> 2) & 1), d + ((corner >> 1) & 1), k + (corner & 1))];
            }
        }

        return Math.Max(0, sum);
    }

    private int Index(int c, int p, int d, int k) => (((((c * _past.Count) + p) * _decodes.Count) + d) * _context.Count) + k;

    // Combinations too large to be measured continue the last two measured ones along one axis: decodes, then past, then chunk.
    private void Extend()
    {
        for (int c = 0; c < _chunk.Count; c++)
        {
            for (int p = 0; p < _past.Count; p++)
            {
                for (int d = 0; d < _decodes.Count; d++)
                {
                    for (int k = 0; k < _context.Count; k++)
                    {
                        int at = Index(c, p, d, k);
                        if (double.IsNaN(_attention[at]))
                        {
                            _attention[at] = d >= 2 ? Beyond(_decodes, d, i => Index(c, p, i, k)) : p >= 2 ? Beyond(_past, p, i => Index(c, i, d, k)) : Beyond(_chunk, c, i => Index(i, p, d, k));
                        }
                    }
                }
            }
        }

        double Beyond(Axis axis, int i, Func<int, int> index)
        {
            double before = _attention[index(i - 2)], last = _attention[index(i - 1)];
            return last + ((last - before) * (axis.Points[i] - axis.Points[i - 1]) / (axis.Points[i - 1] - (double)axis.Points[i - 2]));
        }
    }

    private sealed class Axis(int[] points)
    {
        public int[] Points => points;

        public int Count => points.Length;

        /// <summary>The last point at or below a value, but never the very last.</summary>
        public int Below(double value)
        {
            int i = 0;
            while (i < points.Length - 2 && points[i + 1] <= value)
            {
                i++;
            }

            return i;
        }

        public double Share(int below, double value) => (value - points[below]) / (points[below + 1] - points[below]);

        public double PointAbove(double value)
        {
            int below = Below(value);
            return points[below + 1] > value ? points[below + 1] : double.PositiveInfinity;
        }
    }
}

/// <summary>Iterations from a <see cref="ProfileTable"/>.</summary>
internal readonly struct ProfileTimes(ProfileTable table) : ILockstepTimes
{
    /// <inheritdoc/>
    public double Iteration(ReadOnlySpan<RankBatch> ranks) => table.Iteration(ranks);

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double untilSeconds, out double seconds) => table.Decode(ranks, iterations, untilSeconds, out seconds);
}

using Fleetwright.Hardware.Tables;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// Iterations from the operator tables of a Vidur profile: one table by tokens for everything but attention, one for decoding by batch size
/// and mean context, one for prompts by cached tokens and chunk. Rounding and factors are Vidur's, so that its runs can be repeated
/// to the picosecond. Format and semantics: <c>docs/serving.md</c>, section Vidur.
/// </summary>
internal readonly struct VidurTables : IIterationTimes
{
    private const int KvStep = 64;
    private const double UnevenBatchFactor = 1.1;
    private readonly double[] _tokens;
    private readonly double[][] _decode;
    private readonly double[][] _prompts;

    private VidurTables(double[] tokens, double[][] decode, double[][] prompts) => (_tokens, _decode, _prompts) = (tokens, decode, prompts);

    /// <summary>The largest batch of the decode table.</summary>
    public int LargestBatch => _decode.Length - 1;

    /// <summary>Tokens that the tables reach: the next power of two, as profiles are made.</summary>
    public int LongestContext => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(_tokens.Length - 1, (_prompts.Length - 1) * KvStep));

    /// <summary>Reads <c>PREFIX_ops.csv.gz</c>, <c>PREFIX_attn_decode.csv.gz</c> and <c>PREFIX_attn_prefill.csv.gz</c>.</summary>
    /// <param name="prefix">Path without the ending.</param>
    /// <param name="layers">Layers of the model; the tables hold one, in milliseconds.</param>
    /// <exception cref="Catalog.Reading.InputException">A file is missing, cut or wrong.</exception>
    public static VidurTables Read(string prefix, int layers)
    {
        double scale = layers * 1e-3;
        CsvTable ops = CsvTable.Read(prefix + "_ops.csv.gz", "num_tokens", "attn_kv_cache_save");
        string[] perToken = ["attn_pre_proj", "attn_post_proj", "mlp_up_proj", "mlp_down_proj", "mlp_act", "attn_rope", "input_layernorm", "post_attention_layernorm", "add"];
        double[] tokens = Steps(ops.Rows, "num_tokens", r => scale * (perToken.Sum(r.Number) + AllReduce(r)));
        double[] kvSave = Steps(ops.Rows, "num_tokens", r => scale * r.Number("attn_kv_cache_save"));

        // All but attention: Vidur rounds the tokens of its operators up to eight, but not those saved in the cache.
        double[] all = [.. kvSave.Select((save, i) => tokens[Math.Min((i + 7) & ~7, tokens.Length - 1)] + save)];

        // Beyond a table's end its last value holds, as a random forest's does.
        IGrouping<int, CsvRow>[] batches = [.. CsvTable.Read(prefix + "_attn_decode.csv.gz", "batch_size", "kv_from", "ms").Rows.GroupBy(r => r.Whole("batch_size")).OrderBy(g => g.Key)];
        double[][] decode = new double[batches[^1].Key + 1][];
        int from = 0;
        foreach (IGrouping<int, CsvRow> batch in batches)
        {
            double[] contexts = new double[(batch.Max(r => r.Whole("kv_from")) / KvStep) + 1];
            foreach (CsvRow r in batch.OrderBy(r => r.Whole("kv_from")))
            {
                contexts.AsSpan(r.Whole("kv_from") / KvStep).Fill(scale * r.Number("ms"));
            }

            decode.AsSpan(from, batch.Key + 1 - from).Fill(contexts);
            from = batch.Key + 1;
        }

        CsvRow[] prefill = [.. CsvTable.Read(prefix + "_attn_prefill.csv.gz", "kv_cache_size", "chunk_from", "ms").Rows];
        int rows = (prefill.Max(r => r.Whole("kv_cache_size")) / KvStep) + 1;
        double[][] prompts = new double[rows][];
        foreach (IGrouping<int, CsvRow> kv in prefill.GroupBy(r => r.Whole("kv_cache_size") / KvStep))
        {
            prompts[kv.Key] = Steps(kv, "chunk_from", r => scale * r.Number("ms"));
        }

        for (int i = 1; i < rows; i++)
        {
            prompts[i] ??= prompts[i - 1];
        }

        return new VidurTables(all, decode, prompts);

        // Two all-reduces a layer, each with a launch of 0.02 ms.
        static double AllReduce(CsvRow r) => r.NumberOr(-1, "all_reduce") is var ms and >= 0 ? 2 * (ms + 0.02) : 0;
    }

    /// <inheritdoc/>
    public static bool ReadsLongestContext => false;

    /// <inheritdoc/>
    public double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks)
    {
        int tokens = decodes, past = 0;
        long squares = 0;
        foreach (PromptChunk chunk in chunks)
        {
            tokens += chunk.Tokens;
            past += (chunk.Past + KvStep - 1) / KvStep;
            squares += (long)chunk.Tokens * chunk.Tokens;
        }

        double seconds = At(_tokens, tokens);
        if (decodes > 0)
        {
            seconds += At(At(_decode, decodes), ColumnOf(contextTokens / decodes)) * Uneven(decodes);
        }

        if (chunks.Length > 0)
        {
            int size = chunks.Length == 1 ? tokens - decodes : (int)Math.Round(Math.Sqrt(squares));
            seconds += At(At(_prompts, past), size) * Uneven(chunks.Length);
        }

        return seconds;
    }

    /// <inheritdoc/>
    public int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds)
    {
        // The time is the same until the mean context, one longer each iteration, passes the next multiple of 64.
        double rest = At(_tokens, decodes), uneven = Uneven(decodes);
        double[] contexts = At(_decode, decodes);
        long mean = contextTokens / decodes;
        int column = ColumnOf(mean), reach = (int)((KvStep * column) - mean) + 1, done = 0;
        seconds = 0;
        while (true)
        {
            double each = rest + (At(contexts, column) * uneven);
            int same = Math.Min(iterations - done, reach);
            double left = untilSeconds - seconds;
            if (same * each >= left)
            {
                int needed = Math.Clamp((int)Math.Ceiling(left / each), 1, same);
                seconds += needed * each;
                return done + needed;
            }

            seconds += same * each;
            done += same;
            if (done == iterations)
            {
                return done;
            }

            column++;
            reach = KvStep;
        }
    }

    // Beyond its end, a table's last value holds.
    private static T At<T>(T[] table, int index) => table[Math.Min(index, table.Length - 1)];

    private static double Uneven(int sequences) => sequences > 1 ? UnevenBatchFactor : 1;

    private static int ColumnOf(long meanContext) => (int)((ulong)(meanContext + KvStep - 1) / KvStep);

    // Each row's value holds up to the next row, the first one's from 0.
    private static double[] Steps(IEnumerable<CsvRow> table, string by, Func<CsvRow, double> value)
    {
        CsvRow[] rows = [.. table.OrderBy(r => r.Whole(by))];
        double[] steps = new double[rows[^1].Whole(by) + 1];
        for (int i = 0; i < rows.Length; i++)
        {
            int from = i == 0 ? 0 : rows[i].Whole(by), to = i + 1 < rows.Length ? rows[i + 1].Whole(by) : steps.Length;
            steps.AsSpan(from..to).Fill(value(rows[i]));
        }

        return steps;
    }
}

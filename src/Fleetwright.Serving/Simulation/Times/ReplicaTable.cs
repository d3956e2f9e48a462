using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Adapters;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// The iterations of a replica, priced by its chip model and kept. What depends on the number of tokens is kept for every number that occurs,
/// so it is exact; decode attention is piecewise linear in the mean context on a grid of 16 nodes an octave, so that a run of decodes has a
/// closed form; prompt attention is bilinear in the tokens of an iteration and the mean number of tokens that they attend to, 8 nodes an octave.
/// </summary>
/// <remarks>
/// Filled when first asked for. Threads may fill the same entry at once: both write the same number. Prompts of unequal length in one
/// iteration are priced as equal ones with the same number of tokens and of pairs of a token and one that it attends to.
/// </remarks>
internal sealed partial class ReplicaTable
{
    private static readonly LogGrid Contexts = new(4);
    private static readonly LogGrid Prompts = new(3);
    private static readonly int ContextNodes = Contexts.Below(1L << 24) + 1;
    private static readonly int PromptNodes = Prompts.Below(1L << 24) + 1;

    private readonly Replica _replica;
    private readonly int _groups;
    private readonly double[] _shared;
    private readonly double[] _experts;
    private readonly double[] _heads;
    private readonly double[] _decodeRest;
    private readonly double[] _decodeSteps;
    private readonly double[]?[] _decodeAttention;
    private readonly double[]?[] _promptAttention;
    private readonly double[] _expansions;
    private readonly bool _expands;
    private readonly bool _expandsCache;

    /// <param name="replica">The replica; a replica of several pipeline stages takes an iteration through all of them.</param>
    /// <param name="mostSequences">Sequences that it runs at most, those of all ranks together.</param>
    /// <param name="mostTokens">Tokens of an iteration at most, those of all ranks together.</param>
    public ReplicaTable(Replica replica, int mostSequences, int mostTokens)
    {
        _replica = replica;
        _groups = replica.Sharding.AttentionDataParallel;
        int tokens = Math.Max(mostSequences, mostTokens) + 1;
        _shared = Empty(tokens);
        _experts = Empty(tokens);
        _heads = Empty(mostSequences + 1);
        _decodeRest = Empty(mostSequences + 1);
        _decodeSteps = Empty(mostSequences + 1);
        _decodeAttention = new double[]?[mostSequences + 1];
        _promptAttention = new double[]?[PromptNodes];
        _expansions = Empty(PromptNodes);
        _expands = Price(StepShape.Prefill(_groups, 64), Part.ContextExpansion) > 0;
        _expandsCache = Price(StepShape.Prefill(_groups, 64, 4096), Part.ContextExpansion) > Price(StepShape.Prefill(_groups, 64), Part.ContextExpansion);
    }

    private enum Part
    {
        Shared,
        Experts,
        Head,
        ContextAttention,
        ContextExpansion,
        DecodeAttention,
    }

    /// <summary>Seconds of an iteration of a replica whose attention is not data parallel; see <see cref="IIterationTimes.Iteration"/>.</summary>
    public double Iteration(int decodes, long contextTokens, ReadOnlySpan<PromptChunk> chunks)
    {
        var batch = RankBatch.Of(decodes, contextTokens, 0, chunks);
        return Math.Max(Own(batch) + Experts(batch.Tokens), Launched(batch));
    }

    /// <summary>The same where a part passes through adapters; see <see cref="IIterationTimes.Adapted"/>.</summary>
    public double Iteration(int decodes, long contextTokens, ReadOnlySpan<PromptChunk> chunks, AdapterTable table, in AdapterBatch adapters)
    {
        var batch = RankBatch.Of(decodes, contextTokens, 0, chunks);
        double launched = Launched(batch);
        return Math.Max(Own(batch) + Experts(batch.Tokens) + table.Seconds(adapters), launched > 0 ? launched + table.LaunchSeconds(adapters, batch.Tokens) : 0);
    }

    /// <summary>Seconds of an iteration of ranks in lockstep; see <see cref="ILockstepTimes.Iteration"/>.</summary>
    public double Iteration(ReadOnlySpan<RankBatch> ranks)
    {
        // Prompts on any rank keep all from replaying a graph: ranks wait for each other in the experts.
        double slowest = 0, launched = 0;
        foreach (ref readonly RankBatch rank in ranks)
        {
            slowest = Math.Max(slowest, Own(rank));
            launched = Math.Max(launched, Launched(rank));
        }

        return Math.Max(slowest + Experts(Tokens(ranks)), launched);
    }

    /// <summary>A run of decodes of ranks in lockstep; see <see cref="ILockstepTimes.Decode"/>.</summary>
    public int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double until, out double seconds)
    {
        Span<double> first = stackalloc double[ranks.Length], step = stackalloc double[ranks.Length];
        double together = Experts(Tokens(ranks));
        int done = 0;
        seconds = 0;
        while (true)
        {
            int within = iterations - done;
            for (int i = 0; i < ranks.Length; i++)
            {
                RankBatch r = ranks[i];
                int all = _groups * r.Decodes;
                first[i] = Shared(Math.Max(_groups, all)) + Head(all) + Host(r.Decodes);
                step[i] = 0;
                if (all > 0)
                {
                    double[] nodes = _decodeAttention[all] ??= Empty(ContextNodes);
                    double context = ((double)r.ContextTokens / r.Decodes) + done;
                    int node = Contexts.Below((long)context);
                    double from = Contexts.Value(node), to = Contexts.Value(node + 1), low = DecodeNode(nodes, all, node);
                    step[i] = (DecodeNode(nodes, all, node + 1) - low) / (to - from);
                    first[i] += DecodeRest(all) + low + (step[i] * (context - from));
                    within = (int)Math.Min(within, Math.Ceiling(to - context));
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

    /// <summary>A run of decodes, each iteration with something more to do; see <see cref="IIterationTimes.Decode"/>.</summary>
    public int Decode(int decodes, long contextTokens, int iterations, double until, out double seconds, double more = 0)
    {
        double rest = _decodeSteps[decodes];
        if (double.IsNaN(rest))
        {
            rest = _decodeSteps[decodes] = Shared(decodes) + Experts(decodes) + Head(decodes) + DecodeRest(decodes) + Host(decodes);
        }

        double[] nodes = _decodeAttention[decodes] ??= Empty(ContextNodes);
        double context = (double)contextTokens / decodes;
        int done = 0;
        seconds = 0;
        while (true)
        {
            int node = Contexts.Below((long)context);
            double from = Contexts.Value(node), to = Contexts.Value(node + 1);
            double low = DecodeNode(nodes, decodes, node), slope = (DecodeNode(nodes, decodes, node + 1) - low) / (to - from);
            int within = (int)Math.Min(iterations - done, Math.Ceiling(to - context));
            int taken = ArithmeticRun.Take(rest + more + low + (slope * (context - from)), slope, within, until - seconds, out double run);
            seconds += run;
            done += taken;
            if (taken < within || done == iterations || seconds >= until)
            {
                return done;
            }

            context += taken;
        }
    }

    // A rank without work computes one token with the others.
    private static int Tokens(ReadOnlySpan<RankBatch> ranks)
    {
        int tokens = 0;
        foreach (ref readonly RankBatch rank in ranks)
        {
            tokens += Math.Max(1, rank.Tokens);
        }

        return tokens;
    }

    // What a rank takes for its own batch: as long as if all had the same.
    private double Own(in RankBatch batch)
    {
        double seconds = Shared(_groups * Math.Max(1, batch.Tokens)) + Head(_groups * batch.Sequences) + Host(batch.Sequences);
        if (batch.Decodes > 0)
        {
            seconds += DecodeRest(_groups * batch.Decodes) + DecodeAttention(_groups * batch.Decodes, (double)batch.ContextTokens / batch.Decodes);
        }

        if (batch.ChunkTokens > 0)
        {
            seconds += PromptAttention(batch.ChunkTokens, batch.DoublePairs / batch.ChunkTokens) + Expansion(batch.ChunkTokens + (_expandsCache ? (double)batch.PastTokens : 0));
        }

        return seconds;
    }

    // What the host takes for a step with prompts, which is not replayed from a graph.
    private double Launched(in RankBatch batch) => batch.ChunkTokens > 0 ? _replica.LaunchSeconds(batch.Tokens) + Host(batch.Sequences) : 0;

    private static double[] Empty(int length)
    {
        double[] values = new double[length];
        Array.Fill(values, double.NaN);
        return values;
    }

    // The keys and values of latent attention are computed from the cache for what is attended to: they go with attention.
    private static Part PartOf(in Operator op, bool decodes) => op.Kind switch
    {
        OperatorKind.ContextAttention => Part.ContextAttention,
        OperatorKind.DecodeAttention => Part.DecodeAttention,
        _ => op.Role switch
        {
            OperatorRole.KvUp => decodes ? Part.DecodeAttention : Part.ContextExpansion,
            OperatorRole.ExpertsUp or OperatorRole.ExpertsDown or OperatorRole.ExpertDispatch or OperatorRole.ExpertCombine => Part.Experts,
            OperatorRole.Head or OperatorRole.Sampling => Part.Head,
            _ => Part.Shared,
        },
    };

    private double Price(in StepShape shape, Part part)
    {
        double seconds = 0;
        foreach (ref readonly Operator op in _replica.Operators(shape))
        {
            seconds += PartOf(op, shape.DecodeSequences > 0) == part ? op.Count * _replica.Seconds(op) : 0;
        }

        return seconds;
    }

    // The host of a rank, for its own sequences.
    private double Host(int sequences) => _replica.HostSeconds(sequences);

    private double Shared(int tokens) => Kept(_shared, tokens, Part.Shared);

    private double Experts(int tokens) => Kept(_experts, tokens, Part.Experts);

    // More tokens than an iteration should have (a busiest group, a scheduler without a budget) are priced each time.
    private double Kept(double[] table, int tokens, Part part)
    {
        if (tokens >= table.Length)
        {
            return Price(StepShape.Prefill(1, tokens), part);
        }

        double kept = table[tokens];
        return double.IsNaN(kept) ? table[tokens] = Price(StepShape.Prefill(1, tokens), part) : kept;
    }

    private double Head(int sequences)
    {
        // One token is priced for each: what else an iteration computes does not matter to the head.
        int known = Math.Min(sequences, _heads.Length - 1);
        double kept = _heads[known];
        return double.IsNaN(kept) ? _heads[known] = Price(StepShape.Decode(known, 1), Part.Head) : kept;
    }

    // What decoding sequences cost beyond their tokens, such as the states of recurrent layers: nothing in most models.
    private double DecodeRest(int sequences)
    {
        double kept = _decodeRest[sequences];
        if (!double.IsNaN(kept))
        {
            return kept;
        }

        StepShape shape = StepShape.Decode(sequences, 1);
        return _decodeRest[sequences] = Price(shape, Part.Shared) + Price(shape, Part.Experts) - Shared(sequences) - Experts(sequences);
    }

    private double DecodeAttention(int sequences, double context)
    {
        double[] nodes = _decodeAttention[sequences] ??= Empty(ContextNodes);
        int node = Contexts.Below((long)context);
        double from = Contexts.Value(node), to = Contexts.Value(node + 1), low = DecodeNode(nodes, sequences, node);
        return low + ((DecodeNode(nodes, sequences, node + 1) - low) * (context - from) / (to - from));
    }

    // The context counts the newest token; what is in the cache before the iteration does not.
    private double DecodeNode(double[] nodes, int sequences, int node)
    {
        double kept = nodes[node];
        return double.IsNaN(kept) ? nodes[node] = Price(StepShape.Decode(sequences, Math.Max(0, Contexts.Value(node) - 1)), Part.DecodeAttention) : kept;
    }

    // By the tokens T of a group and twice the mean number attended to u: one sequence with (u − T)/2 tokens in the cache or, where u is less than T, T/u whole ones.
    private double PromptAttention(double tokens, double twiceAttended)
    {
        int row = Prompts.Below((long)tokens), column = Prompts.Below((long)twiceAttended);
        double right = (twiceAttended - Prompts.Value(column)) / (Prompts.Value(column + 1) - Prompts.Value(column));
        double down = (tokens - Prompts.Value(row)) / (Prompts.Value(row + 1) - Prompts.Value(row));
        double upper = Between(row), lower = down > 0 ? Between(row + 1) : 0;
        return upper + ((lower - upper) * down);

        double Between(int at) => right > 0
            ? PromptNode(at, column) + ((PromptNode(at, column + 1) - PromptNode(at, column)) * right)
            : PromptNode(at, column);
    }

    // Latent attention computes the keys and values of all tokens that a prompt attends to, the cached ones too, unless it absorbs them into the query.
    private double Expansion(double tokens)
    {
        if (!_expands)
        {
            return 0;
        }

        int node = Prompts.Below((long)tokens);
        double low = ExpansionNode(node);
        return low + ((ExpansionNode(node + 1) - low) * (tokens - Prompts.Value(node)) / (Prompts.Value(node + 1) - Prompts.Value(node)));
    }

    private double ExpansionNode(int node)
    {
        double kept = _expansions[node];
        return double.IsNaN(kept) ? _expansions[node] = Price(StepShape.Prefill(_groups, Math.Max(1, Prompts.Value(node))), Part.ContextExpansion) : kept;
    }

    private double PromptNode(int row, int column)
    {
        double[] nodes = _promptAttention[row] ??= Empty(PromptNodes);
        double kept = nodes[column];
        if (!double.IsNaN(kept))
        {
            return kept;
        }

        double tokens = Math.Max(1, Prompts.Value(row)), attended = Math.Max(1, Prompts.Value(column));
        double sequences = Math.Max(1, tokens / attended);
        return nodes[column] = Price(StepShape.Prefill(_groups * sequences, tokens / sequences, Math.Max(0, (attended - (tokens / sequences)) / 2)), Part.ContextAttention);
    }
}

/// <summary>Iterations from a <see cref="ReplicaTable"/>.</summary>
internal readonly struct ReplicaTimes(ReplicaTable table, SpeculationTable? speculation = null, AdapterTable? adapters = null) : IIterationTimes, ILockstepTimes
{
    /// <inheritdoc/>
    public static bool ReadsLongestContext => false;

    /// <inheritdoc/>
    public double Speculation(int decodes, double contextTokens, ReadOnlySpan<PromptChunk> chunks) => speculation!.Iteration(decodes, contextTokens, chunks);

    /// <inheritdoc/>
    public int Speculations(int decodes, double contextTokens, double growth, int iterations, double untilSeconds, out double seconds) =>
        speculation!.Decode(decodes, contextTokens, growth, iterations, untilSeconds, out seconds);

    /// <inheritdoc/>
    public double Adapted(int decodes, long contextTokens, ReadOnlySpan<PromptChunk> chunks, in AdapterBatch batch) => table.Iteration(decodes, contextTokens, chunks, adapters!, batch);

    /// <inheritdoc/>
    public int AdaptedRun(int decodes, long contextTokens, in AdapterBatch batch, int iterations, double untilSeconds, out double seconds) =>
        table.Decode(decodes, contextTokens, iterations, untilSeconds, out seconds, adapters!.Seconds(batch));

    /// <inheritdoc/>
    public double Iteration(ReadOnlySpan<RankBatch> ranks) => table.Iteration(ranks);

    /// <inheritdoc/>
    public int Decode(ReadOnlySpan<RankBatch> ranks, int iterations, double untilSeconds, out double seconds) => table.Decode(ranks, iterations, untilSeconds, out seconds);

    /// <inheritdoc/>
    public double Iteration(int decodes, long contextTokens, long longestContext, ReadOnlySpan<PromptChunk> chunks) => table.Iteration(decodes, contextTokens, chunks);

    /// <inheritdoc/>
    public int Decode(int decodes, long contextTokens, long longestContext, int iterations, double untilSeconds, out double seconds) =>
        table.Decode(decodes, contextTokens, iterations, untilSeconds, out seconds);
}

using Fleetwright.Catalog.Units;

namespace Fleetwright.Models.Operators;

/// <summary>How an operator is priced.</summary>
public enum OperatorKind : byte
{
    /// <summary>A dense matrix product [m,k]·[k,n].</summary>
    Gemm,

    /// <summary>One matrix product per touched expert.</summary>
    GroupedGemm,

    /// <summary>Attention of new tokens over themselves and what came before (prefill).</summary>
    ContextAttention,

    /// <summary>Attention of one new token per sequence over its cache (decode).</summary>
    DecodeAttention,

    /// <summary>Work bound by reading and writing activations: norms, activations, rotary embedding, residual adds, sampling, recurrences.</summary>
    Elementwise,

    /// <summary>Reading rows of a table: token embeddings, embedding bags.</summary>
    Gather,

    /// <summary>Sum over ranks, result on all.</summary>
    AllReduce,

    /// <summary>Concatenation over ranks, result on all.</summary>
    AllGather,

    /// <summary>Sum over ranks, each keeps its part.</summary>
    ReduceScatter,

    /// <summary>Each rank sends a different part to each other rank.</summary>
    AllToAll,

    /// <summary>One rank sends to one other.</summary>
    Send,
}

/// <summary>Which part of the model an operator is; its name in reports.</summary>
public enum OperatorRole : byte
{
    /// <summary>Token embedding look-up.</summary>
    Embedding,

    /// <summary>Norms and residual adds.</summary>
    Norm,

    /// <summary>Query, key and value projection (for latent attention: the down projections).</summary>
    QkvProjection,

    /// <summary>Second query projection of latent attention.</summary>
    QueryUp,

    /// <summary>Key and value up projection of latent attention, or its absorbed form.</summary>
    KvUp,

    /// <summary>Rotary embedding and writing the cache.</summary>
    Rotary,

    /// <summary>Prefill attention.</summary>
    ContextAttention,

    /// <summary>Decode attention.</summary>
    DecodeAttention,

    /// <summary>The sparse-attention indexer.</summary>
    Indexer,

    /// <summary>Linear attention or state-space recurrence.</summary>
    Recurrence,

    /// <summary>Attention output projection.</summary>
    OutputProjection,

    /// <summary>Sum of partial attention outputs over tensor-parallel ranks.</summary>
    AttentionAllReduce,

    /// <summary>The expert router.</summary>
    Router,

    /// <summary>Gate and up matrices of a feed-forward part.</summary>
    FeedForwardUp,

    /// <summary>The activation function.</summary>
    Activation,

    /// <summary>Down matrix of a feed-forward part.</summary>
    FeedForwardDown,

    /// <summary>Gate and up matrices of routed experts.</summary>
    ExpertsUp,

    /// <summary>Down matrix of routed experts.</summary>
    ExpertsDown,

    /// <summary>Sending tokens to the ranks of their experts.</summary>
    ExpertDispatch,

    /// <summary>Bringing expert outputs back.</summary>
    ExpertCombine,

    /// <summary>Sum of partial feed-forward outputs over tensor-parallel ranks.</summary>
    FeedForwardAllReduce,

    /// <summary>Output head.</summary>
    Head,

    /// <summary>Gathering logits and sampling.</summary>
    Sampling,

    /// <summary>Passing activations to the next pipeline stage.</summary>
    PipelineSend,

    /// <summary>Embedding bags of a ranking model.</summary>
    EmbeddingBag,

    /// <summary>Bottom MLP of a ranking model.</summary>
    BottomMlp,

    /// <summary>Pairwise feature interaction of a ranking model.</summary>
    Interaction,

    /// <summary>Top MLP of a ranking model.</summary>
    TopMlp,

    /// <summary>Anything else.</summary>
    Other,
}

/// <summary>
/// One operator as one chip runs it, <see cref="Count"/> times. Sizes are those of the chip's own shard.
/// A step of a model is a span of these; nothing here refers to a chip.
/// </summary>
public readonly record struct Operator
{
    /// <summary>How it is priced.</summary>
    public OperatorKind Kind { get; init; }

    /// <summary>Which part of the model it is.</summary>
    public OperatorRole Role { get; init; }

    /// <summary>How often the step runs it, layers included.</summary>
    public int Count { get; init; }

    /// <summary>Rows of a matrix product (tokens); mean rows per expert for <see cref="OperatorKind.GroupedGemm"/>.</summary>
    public double M { get; init; }

    /// <summary>Columns of a matrix product.</summary>
    public double N { get; init; }

    /// <summary>Inner size of a matrix product.</summary>
    public double K { get; init; }

    /// <summary>Matrix products in a grouped one: experts touched on this chip. 1 otherwise.</summary>
    public double Groups { get; init; }

    /// <summary>Weights that a matrix product joins side by side, such as those of queries, keys and values: 3. 0 for work that is no such product.</summary>
    public int Parts { get; init; }

    /// <summary>Sequences of an attention.</summary>
    public double Sequences { get; init; }

    /// <summary>New tokens per sequence of an attention.</summary>
    public double QueryTokens { get; init; }

    /// <summary>Tokens that the last query of a sequence sees, itself included, before any window.</summary>
    public double ContextTokens { get; init; }

    /// <summary>Query heads on this chip.</summary>
    public int Heads { get; init; }

    /// <summary>Key and value heads on this chip.</summary>
    public int KvHeads { get; init; }

    /// <summary>Width of a query or key head.</summary>
    public int HeadSize { get; init; }

    /// <summary>Width of a value head.</summary>
    public int ValueHeadSize { get; init; }

    /// <summary>Tokens a query sees at most; 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>Number format that the matrix unit multiplies in.</summary>
    public Dtype ComputeDtype { get; init; }

    /// <summary>Number format of the stored weights or cache that it reads.</summary>
    public Dtype StorageDtype { get; init; }

    /// <summary>Matrix operations of one run (a multiply-add is two).</summary>
    public double MatrixFlops { get; init; }

    /// <summary>Vector operations of one run.</summary>
    public double VectorFlops { get; init; }

    /// <summary>Bytes of weights read by one run.</summary>
    public double WeightBytes { get; init; }

    /// <summary>Bytes of activations read and written by one run.</summary>
    public double ActivationBytes { get; init; }

    /// <summary>Bytes of KV cache or recurrent state read and written by one run.</summary>
    public double CacheBytes { get; init; }

    /// <summary>Elements of the hidden vectors that are dealt to experts (up products) or summed from them (down products), those of other ranks' experts included where this chip passes over them; 0 outside expert layers.</summary>
    public double RoutedElements { get; init; }

    /// <summary>Ranks of a collective; 1 otherwise.</summary>
    public int Ranks { get; init; }

    /// <summary>Bytes of a collective as its algorithm counts them: the full vector of an all-reduce, the gathered result, the data that each rank holds for an all-to-all, the message of a send.</summary>
    public double MessageBytes { get; init; }

    /// <summary>Bytes between chip and memory of one run.</summary>
    public double MemoryBytes => WeightBytes + ActivationBytes + CacheBytes;

    /// <summary>Whether it is communication.</summary>
    public bool IsCollective => Kind >= OperatorKind.AllReduce;

    /// <summary>A matrix product of <paramref name="m"/> tokens with an n × k weight.</summary>
    /// <param name="role">Which part of the model.</param>
    /// <param name="m">Rows (tokens).</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Inner size.</param>
    /// <param name="weights">Number format of the weight.</param>
    /// <param name="compute">Number format of the product; also of the activations read.</param>
    /// <param name="count">How often.</param>
    /// <param name="parts">Weights that it joins.</param>
    public static Operator Gemm(OperatorRole role, double m, double n, double k, Dtype weights, Dtype compute, int count = 1, int parts = 1) => new()
    {
        Kind = OperatorKind.Gemm,
        Parts = parts,
        Role = role,
        Count = count,
        M = m,
        N = n,
        K = k,
        Groups = 1,
        Ranks = 1,
        ComputeDtype = compute,
        StorageDtype = weights,
        MatrixFlops = 2 * m * n * k,
        WeightBytes = n * k * weights.Bytes(),
        ActivationBytes = m * ((k * compute.Bytes()) + (n * OutputBytes(compute))),
    };

    /// <summary>One dense matrix product per head, all of one shape: <see cref="GroupedGemm"/> without an expert layer's routing, priced as a dense product.</summary>
    /// <param name="role">Which part of the model.</param>
    /// <param name="batch">Products.</param>
    /// <param name="m">Rows of each.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Inner size.</param>
    /// <param name="weights">Number format of the weights.</param>
    /// <param name="compute">Number format of the products.</param>
    /// <param name="count">How often.</param>
    public static Operator BatchedGemm(OperatorRole role, double batch, double m, double n, double k, Dtype weights, Dtype compute, int count = 1) =>
        GroupedGemm(role, batch, m, n, k, weights, compute, count) with { Kind = OperatorKind.Gemm };

    /// <summary>Matrix products of <paramref name="groups"/> experts with <paramref name="m"/> tokens each on average.</summary>
    /// <param name="role">Which part of the model.</param>
    /// <param name="groups">Experts touched on this chip (may be an expectation).</param>
    /// <param name="m">Mean tokens per touched expert.</param>
    /// <param name="n">Columns.</param>
    /// <param name="k">Inner size.</param>
    /// <param name="weights">Number format of the weights.</param>
    /// <param name="compute">Number format of the products.</param>
    /// <param name="count">How often.</param>
    public static Operator GroupedGemm(OperatorRole role, double groups, double m, double n, double k, Dtype weights, Dtype compute, int count = 1) => new()
    {
        Kind = OperatorKind.GroupedGemm,
        Role = role,
        Count = count,
        M = m,
        N = n,
        K = k,
        Groups = groups,
        Ranks = 1,
        ComputeDtype = compute,
        StorageDtype = weights,
        MatrixFlops = 2 * groups * m * n * k,
        WeightBytes = groups * n * k * weights.Bytes(),
        ActivationBytes = groups * m * ((k * compute.Bytes()) + (n * OutputBytes(compute))),
    };

    /// <summary>
    /// Attention of <paramref name="sequences"/> sequences, each with <paramref name="queryTokens"/> new tokens after <paramref name="pastTokens"/> old ones.
    /// Causal: the i-th new token sees past + i tokens, at most <paramref name="window"/>. FLOPs = 2 · heads · (head + value head) · Σ seen.
    /// </summary>
    public static Operator Attention(
        double sequences, double queryTokens, double pastTokens, int heads, int kvHeads, int headSize, int valueHeadSize, int window, Dtype compute, Dtype cache, int count = 1)
    {
        bool decode = queryTokens <= 1;
        double context = pastTokens + queryTokens;
        double seen = SeenTokens(queryTokens, pastTokens, window);
        double cached = window > 0 ? Math.Min(context, window + queryTokens) : context;
        return new()
        {
            Kind = decode ? OperatorKind.DecodeAttention : OperatorKind.ContextAttention,
            Role = decode ? OperatorRole.DecodeAttention : OperatorRole.ContextAttention,
            Count = count,
            Groups = 1,
            Ranks = 1,
            Sequences = sequences,
            QueryTokens = queryTokens,
            ContextTokens = context,
            Heads = heads,
            KvHeads = kvHeads,
            HeadSize = headSize,
            ValueHeadSize = valueHeadSize,
            Window = window,
            ComputeDtype = compute,
            StorageDtype = cache,
            MatrixFlops = 2.0 * sequences * heads * (headSize + valueHeadSize) * seen,
            ActivationBytes = sequences * queryTokens * heads * (headSize + valueHeadSize) * OutputBytes(compute),
            CacheBytes = sequences * cached * kvHeads * (headSize + valueHeadSize) * cache.Bytes(),
        };
    }

    /// <summary>Work that only streams activations (and state): <paramref name="bytes"/> in and out, <paramref name="vectorFlops"/> operations.</summary>
    public static Operator Elementwise(OperatorRole role, double bytes, double vectorFlops, int count = 1, double cacheBytes = 0) => new()
    {
        Kind = OperatorKind.Elementwise,
        Role = role,
        Count = count,
        Groups = 1,
        Ranks = 1,
        ComputeDtype = Dtype.Fp32,
        StorageDtype = Dtype.Bf16,
        VectorFlops = vectorFlops,
        ActivationBytes = bytes,
        CacheBytes = cacheBytes,
    };

    /// <summary>Reads <paramref name="rows"/> rows of <paramref name="width"/> elements from a table and writes <paramref name="outputs"/> sums or copies.</summary>
    public static Operator Gather(OperatorRole role, double rows, double width, double outputs, Dtype table, int count = 1) => new()
    {
        Kind = OperatorKind.Gather,
        Role = role,
        Count = count,
        M = rows,
        N = width,
        Groups = 1,
        Ranks = 1,
        ComputeDtype = Dtype.Fp32,
        StorageDtype = table,
        VectorFlops = rows * width,
        WeightBytes = rows * width * table.Bytes(),
        ActivationBytes = outputs * width * 2,
    };

    /// <summary>A collective over <paramref name="ranks"/> chips, or a send.</summary>
    public static Operator Collective(OperatorKind kind, OperatorRole role, double messageBytes, int ranks, int count = 1) => new()
    {
        Kind = kind,
        Role = role,
        Count = count,
        Groups = 1,
        Ranks = ranks,
        MessageBytes = messageBytes,
        ComputeDtype = Dtype.Bf16,
        StorageDtype = Dtype.Bf16,
    };

    // Products of 8-bit and 4-bit operands are written back in 16 bits.
    private static double OutputBytes(Dtype compute) => Math.Max(2, compute.Bytes());

    // Σ over new tokens i = 1..q of min(past + i, window).
    private static double SeenTokens(double query, double past, int window)
    {
        double full = (query * past) + (query * (query + 1) / 2);
        if (window <= 0 || past + query <= window)
        {
            return full;
        }

        double rising = Math.Max(0, window - past);
        return (rising * past) + (rising * (rising + 1) / 2) + ((query - rising) * window);
    }
}

using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Models;

/// <summary>The architecture of a model, as its maker publishes it. What it costs to run follows in <c>Fleetwright.Models</c>.</summary>
public sealed record ModelSpec
{
    /// <summary>The catalogue name, such as <c>llama-3.1-70b</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The maker's name for it.</summary>
    public required string Title { get; init; }

    /// <summary>Other names it is found by, Hugging Face repositories among them.</summary>
    public required IReadOnlyList<string> Aliases { get; init; }

    /// <summary>Who publishes it.</summary>
    public required string Vendor { get; init; }

    /// <summary>Published number of parameters; null when the publisher states none.</summary>
    public Fact? PublishedParameters { get; init; }

    /// <summary>Published number of parameters that one token uses; null for dense models or when not stated.</summary>
    public Fact? PublishedActiveParameters { get; init; }

    /// <summary>The number format that the weights are published in.</summary>
    public Dtype NativeDtype { get; init; } = Dtype.Bf16;

    /// <summary>
    /// Side of the square blocks of weights that share a scale in the maker's own fp8 checkpoint (<c>quantization_config.weight_block_size</c>): 128; null
    /// where a scale serves more (a matrix, a row), or where its maker publishes no such checkpoint.
    /// </summary>
    public Fact? Fp8Block { get; init; }

    /// <summary>Width of the residual stream; 0 for a ranking model.</summary>
    public int HiddenSize { get; init; }

    /// <summary>Tokens in the vocabulary; 0 for a ranking model.</summary>
    public int VocabularySize { get; init; }

    /// <summary>Longest context in tokens.</summary>
    public int MaximumContext { get; init; }

    /// <summary>Whether the output head reuses the input embedding.</summary>
    public bool TiedEmbeddings { get; init; }

    /// <summary>Rows of a learned position embedding (GPT-3: 2,048); 0 for none.</summary>
    public int LearnedPositions { get; init; }

    /// <summary>Whether norms and linear layers carry biases (GPT-3, BLOOM).</summary>
    public bool Biases { get; init; }

    /// <summary>Norms around each part of a layer: 1 before it, or 2 when its output is normalised as well (Gemma).</summary>
    public int NormsPerPart { get; init; } = 1;

    /// <summary>The decoder's layers, in groups of equal ones. Order within the model is not kept.</summary>
    public IReadOnlyList<LayerGroup> Layers { get; init; } = [];

    /// <summary>Parameters of encoders beside the decoder (vision tower, projector); not run for text.</summary>
    public long EncoderParameters { get; init; }

    /// <summary>The ranking (DLRM) architecture; null for a language model.</summary>
    public RankingSpec? Ranking { get; init; }

    /// <summary>Number of decoder layers.</summary>
    public int LayerCount => Layers.Sum(l => l.Count);
}

/// <summary>Equal layers of a decoder.</summary>
/// <param name="Count">How many.</param>
/// <param name="Mixer">What mixes tokens: attention or a recurrence.</param>
/// <param name="FeedForward">What follows.</param>
public sealed record LayerGroup(int Count, TokenMixer Mixer, FeedForward FeedForward);

/// <summary>The part of a layer that mixes information between tokens.</summary>
public abstract record TokenMixer;

/// <summary>Softmax attention with keys and values shared by groups of heads (MHA when all have their own, MQA when one serves all).</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="KvHeads">Key and value heads.</param>
/// <param name="HeadSize">Width of a query and key head.</param>
/// <param name="ValueHeadSize">Width of a value head.</param>
/// <param name="Window">Tokens that a query sees at most (sliding or chunked); 0 for all.</param>
/// <param name="QkvBias">Whether the query, key and value projections carry biases.</param>
/// <param name="QkNorm">Whether queries and keys are normalised per head.</param>
/// <param name="OutputGate">Whether a gate as wide as the heads multiplies the output (Qwen3.5).</param>
/// <param name="OutputBias">Whether the output projection carries a bias.</param>
/// <param name="Sinks">Whether each head carries a learned sink logit (gpt-oss).</param>
/// <param name="KeysAreValues">Whether one projection makes keys and values (the full-attention layers of Gemma 4); the cache still holds both.</param>
/// <param name="QkNormOfAllHeads">Whether <paramref name="QkNorm"/> is taken over all heads together rather than per head (MiniMax-M2).</param>
public sealed record GroupedQueryAttention(
    int Heads, int KvHeads, int HeadSize, int ValueHeadSize, int Window = 0,
    bool QkvBias = false, bool QkNorm = false, bool OutputGate = false, bool OutputBias = false, bool Sinks = false, bool KeysAreValues = false, bool QkNormOfAllHeads = false) : TokenMixer;

/// <summary>Multi-head latent attention (DeepSeek): keys and values are stored as one compressed vector per token.</summary>
/// <param name="Heads">Query heads.</param>
/// <param name="QueryRank">Width of the compressed query; 0 when the query is projected at once.</param>
/// <param name="KvRank">Width of the compressed key and value.</param>
/// <param name="NopeHeadSize">Width of a head's part without position.</param>
/// <param name="RopeHeadSize">Width of a head's part with rotary position, shared by all heads in the cache.</param>
/// <param name="ValueHeadSize">Width of a value head.</param>
/// <param name="IndexHeads">Heads of the sparse-attention indexer; 0 for dense attention, or when the layer reuses what an earlier layer selected.</param>
/// <param name="IndexHeadSize">Width of an indexer head.</param>
/// <param name="IndexTopK">Tokens that a query attends to at most, chosen by the indexer; 0 for all.</param>
public sealed record LatentAttention(
    int Heads, int QueryRank, int KvRank, int NopeHeadSize, int RopeHeadSize, int ValueHeadSize,
    int IndexHeads = 0, int IndexHeadSize = 0, int IndexTopK = 0) : TokenMixer;

/// <summary>Gated delta-rule linear attention (Qwen3.5, Qwen3-Next): a fixed-size state per head instead of a growing cache.</summary>
/// <param name="KeyHeads">Key heads.</param>
/// <param name="ValueHeads">Value heads.</param>
/// <param name="KeyHeadSize">Width of a key head.</param>
/// <param name="ValueHeadSize">Width of a value head.</param>
/// <param name="ConvolutionSize">Taps of the causal convolution before it.</param>
public sealed record LinearAttention(int KeyHeads, int ValueHeads, int KeyHeadSize, int ValueHeadSize, int ConvolutionSize) : TokenMixer;

/// <summary>A Mamba-2 state-space layer.</summary>
/// <param name="Heads">State heads.</param>
/// <param name="HeadSize">Channels of a head.</param>
/// <param name="StateSize">State per channel.</param>
/// <param name="Groups">Groups that share B and C.</param>
/// <param name="ConvolutionSize">Taps of the causal convolution before it.</param>
public sealed record StateSpace(int Heads, int HeadSize, int StateSize, int Groups, int ConvolutionSize) : TokenMixer;

/// <summary>A layer without a token mixer (feed-forward only, as in Nemotron-H).</summary>
public sealed record NoMixer : TokenMixer;

/// <summary>The part of a layer that works on each token alone.</summary>
public abstract record FeedForward;

/// <summary>Two matrices (up, down), or three when gated (gate, up, down).</summary>
/// <param name="Size">Intermediate width.</param>
/// <param name="Gated">Whether it has a gate matrix (SwiGLU and its like).</param>
public sealed record DenseFeedForward(int Size, bool Gated = true) : FeedForward;

/// <summary>A router and many experts, of which each token uses a few, and experts that every token uses.</summary>
/// <param name="Experts">Routed experts.</param>
/// <param name="TopK">Routed experts per token.</param>
/// <param name="ExpertSize">Intermediate width of a routed expert.</param>
/// <param name="SharedSize">Intermediate width of all shared experts together; 0 for none.</param>
/// <param name="Gated">Whether experts have a gate matrix.</param>
/// <param name="SharedGate">Whether the shared expert has a scalar gate of its own (Qwen).</param>
/// <param name="ExpertBiases">Whether expert matrices carry biases (gpt-oss).</param>
public sealed record MixtureOfExperts(
    int Experts, int TopK, int ExpertSize, int SharedSize = 0, bool Gated = true, bool SharedGate = false, bool ExpertBiases = false) : FeedForward;

/// <summary>A layer without a feed-forward part.</summary>
public sealed record NoFeedForward : FeedForward;

/// <summary>A ranking model of the DLRM class: embedding bags, a bottom MLP over dense features, pairwise interaction, a top MLP.</summary>
/// <param name="Tables">Embedding tables.</param>
/// <param name="RowsPerTable">Rows of a table on average.</param>
/// <param name="EmbeddingSize">Width of a row.</param>
/// <param name="Pooling">Rows looked up per table and sample on average.</param>
/// <param name="DenseFeatures">Dense input features.</param>
/// <param name="BottomLayers">Output widths of the bottom MLP.</param>
/// <param name="TopLayers">Output widths of the top MLP.</param>
/// <param name="EmbeddingDtype">Number format of the tables.</param>
/// <param name="CrossLayers">Low-rank cross layers (DCNv2) that take the place of pairwise products; 0 for pairwise products.</param>
/// <param name="CrossRank">Rank of a cross layer.</param>
public sealed record RankingSpec(
    long Tables, long RowsPerTable, int EmbeddingSize, double Pooling, int DenseFeatures,
    IReadOnlyList<int> BottomLayers, IReadOnlyList<int> TopLayers, Dtype EmbeddingDtype, int CrossLayers = 0, int CrossRank = 0)
{
    /// <summary>Vectors that interact: one a table and the output of the bottom MLP.</summary>
    public long InteractingVectors => Tables + 1;

    /// <summary>Width of the top MLP's input: every pair's product and the bottom MLP's output, or all vectors side by side after cross layers.</summary>
    public long TopInput => CrossLayers > 0
        ? InteractingVectors * EmbeddingSize
        : (InteractingVectors * (InteractingVectors - 1) / 2) + EmbeddingSize;
}

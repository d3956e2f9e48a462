using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models;

namespace Fleetwright.Edge.Devices;

/// <summary>What a model in an engine's format weighs and works: bytes of its file, bytes and operations per token, cache by context.</summary>
internal sealed record ModelFootprint
{
    /// <summary>Bytes of weights on the device.</summary>
    public required double FileBytes { get; init; }

    /// <summary>Bytes of weights that one token reads (of a mixture of experts: the active ones).</summary>
    public required double BytesPerToken { get; init; }

    /// <summary>Bytes of the output head.</summary>
    public double HeadBytes { get; init; }

    /// <summary>Layers.</summary>
    public int Layers { get; init; } = 1;

    /// <summary>Operations that one prompt token takes in matrices.</summary>
    public required double OperationsPerToken { get; init; }

    /// <summary>Attention operations per pair of tokens: 4 × heads × head size, over all layers.</summary>
    public double OperationsPerPair { get; init; }

    /// <summary>Bytes of keys and values at a context length.</summary>
    public Func<double, double> CacheBytes { get; init; } = static _ => 0;

    /// <summary>Longest context in tokens.</summary>
    public double MaximumContext { get; init; } = double.PositiveInfinity;

    /// <summary>The footprint of <paramref name="model"/> as an engine stores it.</summary>
    public static ModelFootprint Of(ModelSpec model, WeightFormat format)
    {
        ParameterCount count = ParameterCount.Of(model);
        var graph = new ModelGraph(model, Precision.Bf16, Sharding.None);
        bool tied = model.TiedEmbeddings;
        double head = tied ? count.Embedding : count.Head;
        double embedding = tied && !format.SeparateEmbedding ? 0 : count.Embedding;
        double layers = count.Total - count.Encoder - count.Embedding - count.Head;
        double active = layers - count.Experts + count.ActiveExperts;
        return new ModelFootprint
        {
            FileBytes = ((layers * format.LayerBits) + (head * format.HeadBits) + (embedding * format.EmbeddingBits)) / 8,
            BytesPerToken = ((active * format.LayerBits) + (head * format.HeadBits)) / 8,
            HeadBytes = head * format.HeadBits / 8,
            Layers = model.Layers.Sum(l => l.Count),
            OperationsPerToken = 2 * (active + head),
            OperationsPerPair = PairOperations(model),
            CacheBytes = graph.CacheBytesPerSequence,
            MaximumContext = model.MaximumContext,
        };
    }

    private static double PairOperations(ModelSpec model)
    {
        double operations = 0;
        foreach (LayerGroup layer in model.Layers)
        {
            operations += layer.Count * layer.Mixer switch
            {
                GroupedQueryAttention a => 2.0 * a.Heads * (a.HeadSize + a.ValueHeadSize),
                LatentAttention a => 2.0 * a.Heads * (a.NopeHeadSize + a.RopeHeadSize + a.ValueHeadSize),
                _ => 0,
            };
        }

        return operations;
    }
}

using Fleetwright.Catalog.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

// A ranking model (Naumov 2019): tables are spread over the chips, which exchange the pooled rows; MLPs are copied and split the samples.
public sealed partial class ModelGraph
{
    private void AddRanking(ref Sink sink, RankingSpec ranking, double samples)
    {
        int ranks = Sharding.TensorParallel;
        double local = samples / ranks;
        double tables = (double)ranking.Tables / ranks;
        int width = ranking.EmbeddingSize;
        double vectors = ranking.InteractingVectors;

        sink.Add(Operator.Gather(OperatorRole.EmbeddingBag, samples * tables * ranking.Pooling, width, samples * tables, ranking.EmbeddingDtype));
        if (ranks > 1)
        {
            sink.Add(Operator.Collective(OperatorKind.AllToAll, OperatorRole.EmbeddingBag, samples * tables * width * Bf16Bytes, ranks));
        }

        AddMlp(ref sink, OperatorRole.BottomMlp, local, ranking.DenseFeatures, ranking.BottomLayers);
        if (ranking.CrossLayers == 0)
        {
            sink.Add(Operator.GroupedGemm(OperatorRole.Interaction, local, vectors, vectors, width, HeadCompute, HeadCompute));
        }
        else
        {
            sink.Add(Operator.Gemm(OperatorRole.Interaction, local, ranking.CrossRank, ranking.TopInput, Precision.Weights, Precision.Compute, ranking.CrossLayers));
            sink.Add(Operator.Gemm(OperatorRole.Interaction, local, ranking.TopInput, ranking.CrossRank, Precision.Weights, Precision.Compute, ranking.CrossLayers));
            sink.Add(Operator.Elementwise(OperatorRole.Interaction, local * ranking.TopInput * Bf16Bytes * 4, local * ranking.TopInput * 3, ranking.CrossLayers));
        }

        AddMlp(ref sink, OperatorRole.TopMlp, local, ranking.TopInput, ranking.TopLayers);
    }

    private void AddMlp(ref Sink sink, OperatorRole role, double samples, long input, IReadOnlyList<int> layers)
    {
        double k = input;
        for (int i = 0; i < layers.Count; i++)
        {
            sink.Add(Operator.Gemm(role, samples, layers[i], k, Precision.Weights, Precision.Compute));
            k = layers[i];
        }
    }
}

using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models.Operators;

namespace Fleetwright.Models;

// Softmax attention: grouped-query and latent.
public sealed partial class ModelGraph
{
    private void AddGroupedQuery(ref Sink sink, GroupedQueryAttention a, in StepShape shape, double groups, double tokens, int count)
    {
        int tp = Sharding.TensorParallel;
        int heads = a.Heads / tp;
        int kvHeads = Split(a.KvHeads, tp);
        double queryWidth = heads * a.HeadSize;
        double kvWidth = kvHeads * (a.HeadSize + a.ValueHeadSize);
        double projectedKv = a.KeysAreValues ? kvHeads * a.HeadSize : kvWidth;
        double gateWidth = a.OutputGate ? heads * a.ValueHeadSize : 0;
        sink.Add(Operator.Gemm(OperatorRole.QkvProjection, tokens, queryWidth + projectedKv + gateWidth, Model.HiddenSize, LayerDtype, LayerCompute, count, parts: a.KeysAreValues ? 2 : 3));
        if (a.QkNormOfAllHeads)
        {
            AddNormOfAllHeads(ref sink, queryWidth + (kvHeads * a.HeadSize), tokens, count);
        }

        sink.Add(Rotary(tokens, queryWidth + kvWidth, kvWidth, count));
        if (shape.PrefillSequences > 0)
        {
            sink.Add(AsContext(Operator.Attention(shape.PrefillSequences / groups, shape.PrefillTokens, shape.PrefillPast, heads, kvHeads, a.HeadSize, a.ValueHeadSize, a.Window, AttentionCompute, Precision.KvCache, count)));
        }

        if (shape.DecodeSequences > 0)
        {
            // Drafts that are verified read the cache once for all: each is one more set of query heads.
            sink.Add(Operator.Attention(shape.DecodeSequences / groups, 1, shape.DecodePast + shape.DraftTokens, heads * (1 + shape.DraftTokens), kvHeads, a.HeadSize, a.ValueHeadSize, a.Window, AttentionCompute, Precision.KvCache, count));
        }

        sink.Add(Operator.Gemm(OperatorRole.OutputProjection, tokens, Model.HiddenSize, heads * a.ValueHeadSize, LayerDtype, LayerCompute, count));
    }

    // A norm over all heads sums squares over tensor-parallel ranks: two numbers of 32 bits a token (vLLM, MiniMaxText01RMSNormTP.forward_qk), in the
    // way of the kernel that would rotate and normalise a head at once. Norms of single heads go with that kernel.
    private void AddNormOfAllHeads(ref Sink sink, double width, double tokens, int count)
    {
        sink.Add(Operator.Elementwise(OperatorRole.Norm, tokens * width * 2 * Bf16Bytes, tokens * width * 4, count));
        AddReduce(ref sink, OperatorRole.AttentionAllReduce, tokens * 2 * sizeof(float), Sharding.TensorParallel, count);
    }

    // Decode, and prefill under a sparse indexer, work on the compressed cache: the key up-projection is absorbed into the query and the
    // value up-projection into the output, so all heads share one key of KvRank + Rope and one value of KvRank (DeepSeek-V2, section 2.1.2).
    // Dense prefill expands keys and values of every token in the context for all heads, as engines do, for fewer operations.
    // Down projections, the cache and the indexer are on every tensor-parallel rank.
    private void AddLatent(ref Sink sink, LatentAttention a, in StepShape shape, double groups, double tokens, int count)
    {
        int heads = a.Heads / Sharding.TensorParallel;
        int keySize = a.NopeHeadSize + a.RopeHeadSize;
        int latent = a.KvRank + a.RopeHeadSize;
        double queryWidth = heads * keySize;
        int queryInput = a.QueryRank > 0 ? a.QueryRank : Model.HiddenSize;
        double down = latent + (a.QueryRank > 0 ? a.QueryRank : queryWidth);
        sink.Add(Operator.Gemm(OperatorRole.QkvProjection, tokens, down, Model.HiddenSize, LayerDtype, LayerCompute, count, parts: 2));
        if (a.QueryRank > 0)
        {
            sink.Add(Operator.Gemm(OperatorRole.QueryUp, tokens, queryWidth, a.QueryRank, LayerDtype, LayerCompute, count));
        }

        sink.Add(Rotary(tokens, down + queryWidth, latent, count));
        if (a.IndexHeads > 0)
        {
            sink.Add(Operator.Gemm(OperatorRole.Indexer, tokens, a.IndexHeads * a.IndexHeadSize, queryInput, LayerDtype, LayerCompute, count));
            sink.Add(Operator.Gemm(OperatorRole.Indexer, tokens, a.IndexHeadSize + a.IndexHeads, Model.HiddenSize, Dtype.Bf16, HeadCompute, count));
        }

        if (shape.PrefillSequences > 0)
        {
            double sequences = shape.PrefillSequences / groups;
            AddIndexScores(ref sink, a, sequences, shape.PrefillTokens, shape.PrefillPast, count);
            if (a.IndexTopK > 0)
            {
                AddAbsorbed(ref sink, a, heads, sequences, shape.PrefillTokens, shape.PrefillPast, count);
            }
            else
            {
                double expanded = sequences * (shape.PrefillTokens + shape.PrefillPast);
                sink.Add(Operator.Gemm(OperatorRole.KvUp, expanded, heads * (a.NopeHeadSize + a.ValueHeadSize), a.KvRank, LayerDtype, LayerCompute, count));
                sink.Add(AsContext(Operator.Attention(sequences, shape.PrefillTokens, shape.PrefillPast, heads, heads, keySize, a.ValueHeadSize, 0, AttentionCompute, AttentionCompute, count)));
            }
        }

        if (shape.DecodeSequences > 0)
        {
            double sequences = shape.DecodeSequences / groups;
            double past = shape.DecodePast + shape.DraftTokens;
            AddIndexScores(ref sink, a, sequences, 1, past, count, 1 + shape.DraftTokens);
            AddAbsorbed(ref sink, a, heads, sequences, 1, past, count, 1 + shape.DraftTokens);
        }

        sink.Add(Operator.Gemm(OperatorRole.OutputProjection, tokens, Model.HiddenSize, heads * a.ValueHeadSize, LayerDtype, LayerCompute, count));
    }

    private void AddAbsorbed(ref Sink sink, LatentAttention a, int heads, double sequences, double newTokens, double past, int count, int verified = 1)
    {
        double tokens = sequences * newTokens * verified;
        int latent = a.KvRank + a.RopeHeadSize;
        sink.Add(Operator.BatchedGemm(OperatorRole.KvUp, heads, tokens, a.KvRank, a.NopeHeadSize, LayerDtype, LayerCompute, count));
        Operator attention = Operator.Attention(sequences, newTokens, past, heads * verified, 1, latent, a.KvRank, a.IndexTopK, AttentionCompute, Precision.KvCache, count);

        // The value is a part of the key, so it is read once. A prefill under an indexer reads every token that some query chose: at most all.
        double read = a.IndexTopK > 0 ? Math.Min(past + newTokens, newTokens * a.IndexTopK) : past + newTokens;
        attention = attention with { CacheBytes = sequences * read * latent * Precision.KvCache.Bytes() };
        sink.Add(newTokens > 1 ? AsContext(attention) : attention);
        sink.Add(Operator.BatchedGemm(OperatorRole.KvUp, heads, tokens, a.ValueHeadSize, a.KvRank, LayerDtype, LayerCompute, count));
    }

    // One dot product per indexer head with every earlier token's index key, in fp8 (DeepSeek-V3.2); then the choice of the top k.
    private static void AddIndexScores(ref Sink sink, LatentAttention a, double sequences, double newTokens, double past, int count, int verified = 1)
    {
        if (a.IndexHeads > 0)
        {
            sink.Add(Operator.Attention(sequences, newTokens, past, a.IndexHeads * verified, 1, a.IndexHeadSize, 0, 0, Dtype.Fp8, IndexKeyDtype, count)
                with
            { Role = OperatorRole.Indexer });
        }
    }

    private const Dtype IndexKeyDtype = Dtype.Fp8;

    private Operator Rotary(double tokens, double width, double cached, int count) =>
        Operator.Elementwise(OperatorRole.Rotary, tokens * width * Bf16Bytes * 2, tokens * width * 4, count, tokens * cached * Precision.KvCache.Bytes());

    private static Operator AsContext(in Operator attention) =>
        attention with { Kind = OperatorKind.ContextAttention, Role = OperatorRole.ContextAttention };
}

using Fleetwright.Catalog.Models;

namespace Fleetwright.Models;

/// <summary>
/// Operations that a model needs in principle, whatever runs it: the numerator of model FLOPs utilisation.
/// Forward per token = 2 · (parameters that it is multiplied by) + attention; training = 3 × forward (backward is two products for each forward one;
/// Kaplan et al. 2020, arXiv:2001.08361, section 2.1; Narayanan et al. 2021, arXiv:2104.04473, without recomputation).
/// </summary>
public static class ModelFlops
{
    /// <summary>Parameters that one token is multiplied by: active ones without look-up tables and norms.</summary>
    public static double MatrixParameters(ModelSpec model)
    {
        ParameterCount count = ParameterCount.Of(model);
        return count.ActiveWithoutLookUps - count.Norms;
    }

    /// <summary>Matrix operations of one forward token, averaged over a causal sequence of <paramref name="sequenceTokens"/> from its start.</summary>
    public static double ForwardPerToken(ModelSpec model, double sequenceTokens) =>
        (2 * MatrixParameters(model)) + AttentionPerToken(model, sequenceTokens);

    /// <summary>Matrix operations of one training token, forward and backward, without recomputation.</summary>
    public static double TrainingPerToken(ModelSpec model, double sequenceTokens) => 3 * ForwardPerToken(model, sequenceTokens);

    /// <summary>The part of <see cref="ForwardPerToken"/> in mixing tokens: scores and sums of attention (expanded form for dense latent attention, absorbed form under an indexer), and recurrences.</summary>
    public static double AttentionPerToken(ModelSpec model, double sequenceTokens)
    {
        double total = 0;
        foreach (LayerGroup layer in model.Layers)
        {
            total += layer.Count * layer.Mixer switch
            {
                GroupedQueryAttention a => 2.0 * a.Heads * (a.HeadSize + a.ValueHeadSize) * MeanSeen(sequenceTokens, a.Window),
                LatentAttention { IndexTopK: 0 } a => 2.0 * a.Heads * (a.NopeHeadSize + a.RopeHeadSize + a.ValueHeadSize) * MeanSeen(sequenceTokens, 0),
                LatentAttention a => (2.0 * a.Heads * ((2 * a.KvRank) + a.RopeHeadSize) * MeanSeen(sequenceTokens, a.IndexTopK))
                    + (2.0 * a.IndexHeads * a.IndexHeadSize * MeanSeen(sequenceTokens, 0)),
                LinearAttention a => a.ValueHeads * RecurrenceFlops.DeltaRulePrefill(a),
                StateSpace s => (s.Heads * RecurrenceFlops.StateSpacePrefillHead(s)) + (s.Groups * RecurrenceFlops.StateSpacePrefillGroup(s)),
                _ => 0,
            };
        }

        return total;
    }

    // Mean of min(i, window) over i = 1..s.
    private static double MeanSeen(double sequence, int window) =>
        window <= 0 || sequence <= window
            ? (sequence + 1) / 2
            : ((window * (window + 1.0) / 2) + ((sequence - window) * window)) / sequence;
}

using Fleetwright.Serving.Replicas;
using Fleetwright.Serving.Simulation.Speculation;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>
/// Iterations that draft and verify. Verification is one pass of the target over K + 1 tokens a sequence that reads each cache once. A draft model passes
/// over the same tokens first and then K − 1 times over one a sequence, and over the prompts that the target computes (vLLM: <c>v1/spec_decode/eagle.py</c>,
/// <c>propose</c>); the host is counted once. Decode attention of all passes is piecewise linear in the mean context, as in <see cref="ReplicaTable"/>.
/// </summary>
/// <remarks>Filled when first asked for; threads may fill the same entry at once, with the same number.</remarks>
internal sealed class SpeculationTable
{
    private readonly ReplicaTable _target;
    private readonly ReplicaTable? _draft;
    private readonly int _drafts;
    private readonly double _share;
    private readonly double _host;
    private readonly double[] _around;
    private readonly double[]?[] _attention;

    /// <param name="target">The replica that verifies.</param>
    /// <param name="speculation">What is drafted, and by what.</param>
    /// <param name="mostSequences">Sequences that it runs at most.</param>
    /// <param name="mostTokens">Tokens of an iteration at most.</param>
    public SpeculationTable(Replica target, SpeculativeDecoding speculation, int mostSequences, int mostTokens)
    {
        (_drafts, _share, _host) = (speculation.DraftTokens, speculation.Draft is null ? speculation.DraftShare : 0, speculation.DraftTokens * speculation.HostSeconds);
        int most = mostSequences * (1 + _drafts);
        _target = new ReplicaTable(target, most, mostTokens);
        _draft = speculation.Draft is { } draft ? new ReplicaTable(draft, most, mostTokens) : null;
        _around = new double[mostSequences + 1];
        Array.Fill(_around, double.NaN);
        _attention = new double[]?[mostSequences + 1];
    }

    /// <summary>See <see cref="IIterationTimes.Speculation"/>.</summary>
    public double Iteration(int decodes, double contextTokens, ReadOnlySpan<PromptChunk> chunks)
    {
        if (chunks.Length == 0)
        {
            _ = Decode(decodes, contextTokens, 0, 1, double.PositiveInfinity, out double seconds);
            return seconds;
        }

        var batch = RankBatch.Of(decodes, 0, 0, chunks);
        double all = _target.Around(batch, 1 + _drafts) + _target.HostOf(batch.Sequences) + (_draft?.Around(batch, 1 + _drafts) ?? 0);
        if (decodes > 0)
        {
            RankBatch alone = RankBatch.Of(decodes, 0, 0, []);
            all += _host + ((_drafts - 1) * (_draft?.Around(alone, 1) ?? 0)) + (_share > 0 ? _drafts * _share * (_target.Around(alone, 1) + _target.HostOf(decodes)) : 0);
            Segment(decodes, contextTokens / decodes, out double low, out double slope, out double from, out _);
            all += low + (slope * ((contextTokens / decodes) - from));
        }

        return all;
    }

    /// <summary>See <see cref="IIterationTimes.Speculations"/>.</summary>
    public int Decode(int decodes, double contextTokens, double growth, int iterations, double until, out double seconds)
    {
        double rest = Around(decodes), context = contextTokens / decodes, each = growth / decodes;
        int done = 0;
        seconds = 0;
        while (true)
        {
            Segment(decodes, context, out double low, out double slope, out double from, out double to);
            int within = each > 0 ? (int)Math.Min(iterations - done, Math.Max(1, Math.Ceiling((to - context) / each))) : iterations - done;
            int taken = ArithmeticRun.Take(rest + low + (slope * (context - from)), slope * each, within, until - seconds, out double run);
            seconds += run;
            done += taken;
            if (taken < within || done == iterations || seconds >= until)
            {
                return done;
            }

            context += taken * each;
        }
    }

    // All of an iteration without prompts but for decode attention.
    private double Around(int decodes)
    {
        double kept = _around[decodes];
        if (!double.IsNaN(kept))
        {
            return kept;
        }

        RankBatch batch = RankBatch.Of(decodes, 0, 0, []);
        double own = _target.HostOf(decodes), drafting = _draft is null ? 0 : _draft.Around(batch, 1 + _drafts) + ((_drafts - 1) * _draft.Around(batch, 1));
        drafting += _share > 0 ? _drafts * _share * (_target.Around(batch, 1) + own) : 0;
        return _around[decodes] = _target.Around(batch, 1 + _drafts) + own + drafting + _host;
    }

    // The straight line that decode attention is on between two nodes of the mean context.
    private void Segment(int decodes, double context, out double low, out double slope, out double from, out double to)
    {
        double[] nodes = _attention[decodes] ??= Empty();
        int node = ReplicaTable.ContextGrid.Below((long)context);
        (from, to, low) = (ReplicaTable.ContextGrid.Value(node), ReplicaTable.ContextGrid.Value(node + 1), Node(nodes, decodes, node));
        slope = (Node(nodes, decodes, node + 1) - low) / (to - from);
    }

    private double Node(double[] nodes, int decodes, int node)
    {
        double kept = nodes[node];
        if (!double.IsNaN(kept))
        {
            return kept;
        }

        long context = ReplicaTable.ContextGrid.Value(node);
        double seconds = _target.AttentionOf(decodes, 1 + _drafts, context) + (_share > 0 ? _drafts * _share * _target.AttentionOf(decodes, 1, context) : 0);
        if (_draft is not null)
        {
            seconds += _draft.AttentionOf(decodes, 1 + _drafts, context) + ((_drafts - 1) * _draft.AttentionOf(decodes, 1, context));
        }

        return nodes[node] = seconds;
    }

    private static double[] Empty()
    {
        double[] nodes = new double[ReplicaTable.ContextGrid.Below(1L << 24) + 1];
        Array.Fill(nodes, double.NaN);
        return nodes;
    }
}

using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>A prefill and a decode pool without any cleverness, written from docs/serving-split.md: every iteration is a step, every transfer two times in a list. Requests are dealt out in turn.</summary>
internal sealed class PlainSplit(IReadOnlyList<PlainReplica> prefill, IReadOnlyList<PlainReplica> decode, AffineTimes times, KvLink link, double bytesPerToken, FirstToken firstToken)
{
    private readonly Step[] _prefillSteps = [.. prefill.Select(_ => new Step())];
    private readonly Step[] _decodeSteps = [.. decode.Select(_ => new Step())];
    private readonly long[] _sends = new long[prefill.Count];
    private readonly long[] _receives = new long[decode.Count];
    private readonly List<Transfer> _transfers = [];

    public int Sent { get; private set; }

    public void Run(IEnumerable<Request> requests)
    {
        var coming = new Queue<Request>(requests);
        int toPrefill = 0, toDecode = 0;
        while (true)
        {
            long now = new[] { coming.Count > 0 ? coming.Peek().Arrival : Ticks.Never }.Concat(_prefillSteps.Concat(_decodeSteps).Select(s => s.End)).Concat(_transfers.Select(t => Math.Min(t.Leaves, t.Landed))).Min();
            if (now == Ticks.Never)
            {
                return;
            }

            List<int> first = Finish(prefill, _prefillSteps, now), second = Finish(decode, _decodeSteps, now);
            for (int p = 0; p < prefill.Count; p++)
            {
                foreach (PlainReplica.Sequence s in prefill[p].Outbox!)
                {
                    int d = toDecode++ % decode.Count;
                    _transfers.Add(new Transfer { From = p, Sent = s, To = d, Received = decode[d].ArriveComputed(s) });
                    second.Add(d);
                }

                prefill[p].Outbox!.Clear();
            }

            foreach (Transfer t in _transfers.Where(t => t.Leaves == now))
            {
                _receives[t.To] = Math.Max(now, _receives[t.To]) + t.Busy;
                (t.Leaves, t.Landed) = (Ticks.Never, _receives[t.To] + Ticks.Of(link.LatencySeconds));
            }

            foreach (Transfer t in _transfers.Where(t => t.Landed == now).ToArray())
            {
                _transfers.Remove(t);
                prefill[t.From].ReleaseHeld(t.Sent);
                t.Received.FirstToken = firstToken == FirstToken.AfterTransfer ? now : t.Received.FirstToken;
                decode[t.To].Land(t.Received);
                first.Add(t.From);
                second.Add(t.To);
            }

            while (coming.Count > 0 && coming.Peek().Arrival <= now)
            {
                int p = toPrefill++ % prefill.Count;
                prefill[p].Arrive(coming.Dequeue());
                first.Add(p);
            }

            foreach (int p in first.Distinct().Where(p => _prefillSteps[p].End == Ticks.Never))
            {
                Start(_prefillSteps[p], prefill[p].Form(), now);
            }

            foreach (int d in second.Distinct().Where(d => _decodeSteps[d].End == Ticks.Never))
            {
                decode[d].Join();
                Start(_decodeSteps[d], decode[d].Form(), now);
                foreach (PlainReplica.Sequence s in decode[d].Reserve())
                {
                    Transfer t = _transfers.Single(t => t.Received == s);
                    long busy = Ticks.Of(s.Prompt * bytesPerToken / link.BytesPerSecond);
                    long leaves = Math.Max(now, _sends[t.From]);
                    _sends[t.From] = leaves + busy;
                    (t.Leaves, t.Busy) = (leaves, busy);
                    Sent++;
                }
            }
        }
    }

    private static List<int> Finish(IReadOnlyList<PlainReplica> replicas, Step[] steps, long now)
    {
        List<int> ended = [];
        for (int i = 0; i < steps.Length; i++)
        {
            if (steps[i].End == now)
            {
                replicas[i].Finish(steps[i].Batch, steps[i].Start, now);
                steps[i].End = Ticks.Never;
                ended.Add(i);
            }
        }

        return ended;
    }

    private void Start(Step step, List<(PlainReplica.Sequence Sequence, int Tokens)> batch, long now)
    {
        if (batch.Count > 0)
        {
            (int decodes, long context, int longest, PromptChunk[] chunks) = PlainReplica.Shape(batch);
            (step.Batch, step.Start, step.End) = (batch, now, now + Ticks.Of(times.Iteration(decodes, context, longest, chunks)));
        }
    }

    private sealed class Step
    {
        public List<(PlainReplica.Sequence Sequence, int Tokens)> Batch { get; set; } = [];

        public long Start { get; set; }

        public long End { get; set; } = Ticks.Never;
    }

    private sealed class Transfer
    {
        public required int From { get; init; }

        public required PlainReplica.Sequence Sent { get; init; }

        public required int To { get; init; }

        public required PlainReplica.Sequence Received { get; init; }

        public long Busy { get; set; }

        /// <summary>When it leaves its sender, until it has.</summary>
        public long Leaves { get; set; } = Ticks.Never;

        public long Landed { get; set; } = Ticks.Never;
    }
}

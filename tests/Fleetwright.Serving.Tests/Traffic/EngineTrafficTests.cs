using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Schedulers;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Sources on the engine, where one request at a time is served, against queueing theory.</summary>
public sealed class EngineTrafficTests
{
    // Prompts of exponential length at a constant time a token: 1 s of service in the mean, in 4,000 steps of equal likelihood.
    private const double MeanTokens = 1e5;
    private static readonly LengthModel Exponential = new EmpiricalLength(
        [.. Enumerable.Range(0, 4000).Select(i => Math.Max(1, (int)(-MeanTokens * Math.Log(1 - ((i + 0.5) / 4000)))))], [.. Enumerable.Repeat(1.0, 4000)]);

    private static readonly RequestLengths Lengths = new IndependentLengths(Exponential, new ConstantLength(1));

    [Theory]
    [InlineData(1, 3)]
    [InlineData(5, 3)]
    [InlineData(5, 0.5)]
    [InlineData(20, 10)]
    public void Clients_who_think_are_served_as_machines_that_are_repaired(int clients, double thinkSeconds)
    {
        // M/M/1 with a finite source: p0 = 1 / Σ N! / (N − n)! (S / Z)^n, throughput (1 − p0) / S.
        double sum = 1, term = 1;
        for (int n = 1; n <= clients; n++)
        {
            sum += term *= (clients - n + 1) / thinkSeconds;
        }

        Sink sink = Run(new CutSource(new ClosedLoopSource("repair", Lengths, clients, 1, new DelayModel(DelayKind.Exponential, thinkSeconds)), count: 200_000));
        double throughput = sink.Count / sink.Seconds;
        Assert.Equal(1 - (1 / sum), throughput, 0.01);

        // Little's law: a client thinks, or is at the server.
        Assert.Equal(clients / throughput, thinkSeconds + (sink.Stay / sink.Count), 0.02 * clients / throughput);
    }

    [Fact]
    public void Gamma_arrivals_wait_as_G_M_1()
    {
        // E[W] = σ / (1 − σ) S with σ = E[e^(−(1 − σ) A / S)], which for gamma gaps of shape k is (1 + (1 − σ) / (λ k))^−k.
        const double Rate = 0.6, Cv = 1.6, Shape = 1 / (Cv * Cv);
        double sigma = 0.5;
        for (int i = 0; i < 1000; i++)
        {
            sigma = Math.Pow(1 + ((1 - sigma) / (Rate * Shape)), -Shape);
        }

        var traffic = new TrafficClass("gamma", new ArrivalModel(new ConstantRate(Rate), GapModel.GammaOfCv(Cv)), Lengths);
        Sink sink = Run(new CutSource(new GeneratedSource(traffic, 1), count: 400_000));
        Assert.Equal(sigma / (1 - sigma), sink.Queue / sink.Count, 0.05 * sigma / (1 - sigma));
    }

    [Fact]
    public void Round_robin_of_a_Poisson_stream_waits_as_Erlang_arrivals()
    {
        // Every fourth arrival of a Poisson process, drawn by itself: E4/M/1.
        double sigma = 0.5;
        for (int i = 0; i < 1000; i++)
        {
            sigma = Math.Pow(1 + ((1 - sigma) / (0.8 * 4)), -4);
        }

        var traffic = new TrafficClass("part", ArrivalModel.Poisson(3.2), Lengths);
        Sink sink = Run(new CutSource(GeneratedSource.Part(traffic, 1, 2, 4, SplitRule.RoundRobin), count: 400_000));
        Assert.Equal(sigma / (1 - sigma), sink.Queue / sink.Count, 0.05 * sigma / (1 - sigma));
    }

    [Fact]
    public void Every_turn_of_every_session_is_served()
    {
        var model = new SessionModel { Turns = new ConstantLength(4), FirstPrompt = new ConstantLength(1000), UserTokens = new ConstantLength(50), Output = new ConstantLength(1), Pause = new DelayModel(DelayKind.Exponential, 2) };
        Sink sink = Run(new CutSource(SessionSource.Open("chat", model, ArrivalModel.Poisson(5), 1), toSeconds: 10_000));

        // 1000 + 1051 + 1102 + 1153 tokens of prompts in a whole session; those at the end of the window are cut off.
        Assert.InRange(sink.Count, 196_000, 203_000);
        Assert.Equal(1076.5, (double)sink.Tokens / sink.Count, 1);
    }

    private static Sink Run(IRequestSource source)
    {
        var sink = new Sink();
        var limits = new SchedulerLimits { TokenBudget = 100_000_000, MaximumSequences = 1, Blocks = 100_000_000 };
        new ReplicaSimulator<AffineTimes>(new AffineTimes { PerToken = 1 / MeanTokens }, new VllmV1Scheduler(), new ReplicaState(limits), sink) { Loop = source as IClosedLoop }.Run(source);
        return sink;
    }

    private sealed class Sink : ICompletionSink
    {
        public long Count { get; private set; }

        public long Tokens { get; private set; }

        public double Queue { get; private set; }

        public double Stay { get; private set; }

        public double Seconds { get; private set; }

        public void Completed(in CompletedRequest request)
        {
            Count++;
            Tokens += request.PromptTokens;
            Queue += request.QueueSeconds;
            Stay += request.EndToEnd;
            Seconds = Ticks.Seconds(request.Completed);
        }

        public void Rejected(in Request request) => throw new InvalidOperationException();
    }
}

using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Scaling, cutting, joining and limiting of traces.</summary>
public sealed class TransformTests
{
    [Fact]
    public void A_rate_is_scaled_by_its_times_and_lengths_by_their_tokens()
    {
        Assert.Equal(
            [(0.0, 50, 3), (2.5, 100, 6), (5, 150, 9)],
            All(new ScaledSource(Three(), rate: 4, prompt: 0.5, output: 3)).Select(r => (Ticks.Seconds(r.Arrival), r.PromptTokens, r.OutputTokens)));
        Assert.Equal(256, new ScaledSource(new Hashed(), prompt: 0.5).HashTokens);
        Assert.Throws<InputException>(() => new ScaledSource(Three(), rate: 0));
        Assert.Throws<InputException>(() => new ScaledSource(Loop(), rate: 2));
    }

    [Fact]
    public void A_window_counts_from_its_start_and_ends_in_time_or_count()
    {
        Assert.Equal([(0L, 200), (10, 300)], All(new CutSource(Three(), 10)).Select(r => ((long)Ticks.Seconds(r.Arrival), r.PromptTokens)));
        Assert.Equal([100, 200], All(new CutSource(Three(), 0, 20)).Select(r => r.PromptTokens));
        Assert.Equal([100], All(new CutSource(Three(), count: 1)).Select(r => r.PromptTokens));
        Assert.Throws<InputException>(() => new CutSource(Three(), 5, 5));
        Assert.Throws<InputException>(() => new CutSource(Loop(), 5));
    }

    [Fact]
    public void Traces_are_joined_one_gap_apart()
    {
        Assert.Equal([0.0, 10, 20, 30, 40, 50], All(SplicedSource.Of([Three, Three])).Select(r => Ticks.Seconds(r.Arrival)));
        Assert.Equal([0.0, 10, 20, 100, 110, 120], All(SplicedSource.Repeat(Three, 2, periodSeconds: 100)).Select(r => Ticks.Seconds(r.Arrival)));
        Assert.Equal(Enumerable.Range(0, 6).Select(i => (long)i), All(SplicedSource.Repeat(Three, 2)).Select(r => r.Id));
        Assert.Equal([0.0, 10, 20, 20, 25, 35], All(SplicedSource.Repeat(Three, 2, periodSeconds: 15)).Select(r => Ticks.Seconds(r.Arrival)));
        Assert.Throws<InputException>(() => SplicedSource.Of([]));
        Assert.Throws<InputException>(() => SplicedSource.Of([Loop]));
    }

    [Fact]
    public void A_repeated_trace_does_not_find_its_own_prompts_in_the_cache()
    {
        Request[] requests = [.. All(SplicedSource.Repeat(() => new Hashed(), 3))];
        Assert.Equal(9, requests.SelectMany(r => r.PrefixHashes!).Distinct().Count());
        Assert.Equal(3, requests.Select(r => r.Session).Distinct().Count());

        // Merged traces neither; and within each of them equal stays equal.
        Request[] merged = [.. All(new MergedSource([new Hashed(), new Hashed()]))];
        Assert.Equal(6, merged.SelectMany(r => r.PrefixHashes!).Distinct().Count());
        Assert.Equal(512, new MergedSource([new Hashed(), Three()]).HashTokens);
        Assert.Throws<InputException>(() => new MergedSource([new Hashed(), new ScaledSource(new Hashed(), prompt: 0.5)]));
    }

    [Fact]
    public void A_process_gives_a_traces_requests_other_times()
    {
        var source = new RetimedSource(new CutSource(new GeneratedSource(new TrafficClass("a", ArrivalModel.Poisson(1), new IndependentLengths(new UniformLength(1, 99), new ConstantLength(5))), 1), count: 10_000), ArrivalModel.Poisson(50), 1, "times");
        var summary = TraceSummary.Of(source);
        Assert.Equal(10_000, summary.Requests);
        Assert.InRange(summary.PerSecond, 47.5, 52.5);
        Assert.Equal(50_000, summary.OutputTokens);
    }

    [Theory]
    [InlineData(LongPrompts.Reject, new[] { 100, 200 }, 1, 0)]
    [InlineData(LongPrompts.Truncate, new[] { 100, 200, 247 }, 0, 1)]
    public void A_prompt_longer_than_the_context_is_turned_away_or_cut_and_counted(LongPrompts rule, int[] prompts, int rejected, int truncated)
    {
        var limit = new ContextLimit(250, rule);
        Assert.Equal(prompts, All(new ContextLimitedSource(Three(), limit)).Select(r => r.PromptTokens));
        Assert.Equal((rejected, truncated, 0), (limit.Rejected, limit.Truncated, limit.Shortened));
        Assert.Contains("context of 250 tokens", limit.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void An_answer_ends_where_the_context_does_and_cut_prompts_keep_the_hashes_that_they_hold()
    {
        var limit = new ContextLimit(301, LongPrompts.Reject);
        Assert.Equal([1, 2, 1], All(new ContextLimitedSource(Three(), limit)).Select(r => r.OutputTokens));
        Assert.Equal((0L, 1L), (limit.Rejected, limit.Shortened));
        Request cut = All(new ContextLimitedSource(new Hashed(), new ContextLimit(600, LongPrompts.Truncate))).Single();
        Assert.Equal((599, 2), (cut.PromptTokens, cut.PrefixHashes!.Length));
        Assert.Null(new ContextLimit(301, LongPrompts.Reject).Note);
        Assert.Throws<InputException>(() => new ContextLimit(1, LongPrompts.Reject));
    }

    [Theory]
    [InlineData("2", DelayKind.Constant)]
    [InlineData("exponential:2", DelayKind.Exponential)]
    [InlineData("lognormal:2,0.5", DelayKind.Lognormal)]
    public void Pauses_have_their_mean(string text, DelayKind kind)
    {
        DelayModel model = DelayModel.Parse("--think", text);
        Assert.Equal(kind, model.Kind);
        var random = new RandomStream(1, "test", text);
        Assert.InRange(Enumerable.Range(0, 100_000).Average(_ => Ticks.Seconds(model.EndAfter(0, ref random))), 1.98, 2.02);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("exp:2")]
    [InlineData("lognormal:2")]
    [InlineData("x")]
    public void A_wrong_pause_is_told(string text) => Assert.StartsWith("--think", Assert.Throws<InputException>(() => DelayModel.Parse("--think", text)).Message, StringComparison.Ordinal);

    private static ListSource Three() => new([new(0, 0, 100, 1), new(1, Ticks.Of(10), 200, 2), new(2, Ticks.Of(20), 300, 3)]);

    private static ClosedLoopSource Loop() => new("loop", new IndependentLengths(new ConstantLength(5), new ConstantLength(5)), 1, 1);

    private static IEnumerable<Request> All(IRequestSource source)
    {
        while (source.NextArrival != Ticks.Never)
        {
            yield return source.Take();
        }
    }

    private sealed class Hashed : IRequestSource
    {
        private bool _taken;

        public long NextArrival => _taken ? Ticks.Never : 0;

        public int HashTokens => 512;

        public Request Take()
        {
            _taken = true;
            return new Request(0, 0, 1500, 1) { Session = 9, PrefixHashes = [1, 2, 3] };
        }
    }
}

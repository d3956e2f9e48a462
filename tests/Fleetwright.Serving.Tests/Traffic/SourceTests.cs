using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Generated sources: repeatable, undisturbed by each other, without garbage.</summary>
public sealed class SourceTests
{
    private static readonly RequestLengths Lengths = new IndependentLengths(new LognormalLength(1024, 0.8), new LognormalLength(256, 0.7));

    private static readonly SessionModel Chat = new()
    {
        Turns = new UniformLength(1, 9),
        FirstPrompt = new LognormalLength(800, 0.5),
        UserTokens = new LognormalLength(60, 1),
        Output = new LognormalLength(200, 0.7),
        Pause = new DelayModel(DelayKind.Lognormal, 5, 1),
        ContextTokens = 8192,
    };

    [Fact]
    public void The_same_seed_gives_the_same_requests_and_another_seed_others()
    {
        Request[] first = [.. First(new GeneratedSource(Class("chat", 5), 1), 1000)];
        Assert.Equal(first, First(new GeneratedSource(Class("chat", 5), 1), 1000));
        Assert.NotEqual(first, First(new GeneratedSource(Class("chat", 5), 2), 1000));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => (long)i), first.Select(r => r.Id));
    }

    [Fact]
    public void Another_class_shifts_nobody()
    {
        TrafficClass chat = Class("chat", 5), code = Class("code", 9) with { Class = 1 }, batch = Class("batch", 2) with { Class = 2 };
        Request[] without = [.. First(new MergedSource([new GeneratedSource(chat, 1), new GeneratedSource(code, 1)]), 14_000)];
        Request[] with = [.. First(new MergedSource([new GeneratedSource(batch, 1), new GeneratedSource(chat, 1), new GeneratedSource(code, 1)]), 14_000)];
        foreach (int c in (int[])[0, 1])
        {
            IEnumerable<(long, int, int)> of(Request[] all) => all.Where(r => r.Class == c).Take(3000).Select(r => (r.Arrival, r.PromptTokens, r.OutputTokens));
            Assert.Equal(of(without), of(with));
        }

        Assert.Equal(with.OrderBy(r => r.Arrival).ThenBy(r => r.Id), with);
        Assert.InRange(with.Count(r => r.Class == 2) / 14_000.0, 0.11, 0.14);
    }

    [Fact]
    public void Another_distribution_of_answers_leaves_arrivals_and_prompts_as_they_were()
    {
        TrafficClass other = Class("chat", 5) with { Lengths = new IndependentLengths(new LognormalLength(1024, 0.8), new UniformLength(1, 9)) };
        Assert.Equal(
            First(new GeneratedSource(Class("chat", 5), 1), 1000).Select(r => (r.Arrival, r.PromptTokens)),
            First(new GeneratedSource(other, 1), 1000).Select(r => (r.Arrival, r.PromptTokens)));
    }

    [Fact]
    public void Parts_of_bursts_share_the_bursts_and_have_numbers_of_their_own()
    {
        var bursts = new TrafficClass("chat", new ArrivalModel(OnOffRate.OfMean(400, 10, 90), GapModel.Poisson), Lengths);
        var seconds = new HashSet<long>();
        var ids = new HashSet<long>();
        for (int part = 0; part < 20; part++)
        {
            foreach (Request r in First(GeneratedSource.Part(bursts, 1, part, 20, SplitRule.Random), 2000))
            {
                seconds.Add(r.Arrival / Ticks.Of(1));
                Assert.True(ids.Add(r.Id));
            }
        }

        // 2,000 requests of each take about 100 s of the whole; with bursts of its own each part would fill other seconds.
        Request[] whole = [.. First(new GeneratedSource(bursts, 1), 40_000)];
        Assert.InRange(seconds.Count, 0, 1.6 * whole.Select(r => r.Arrival / Ticks.Of(1)).Distinct().Count());
    }

    [Fact]
    public void Fixed_concurrency_is_kept_and_has_the_throughput_of_a_closed_system()
    {
        // 40 clients, 3 s of service each, 2 s of thought: 40 / 5 requests per second.
        var source = new ClosedLoopSource("bench", Lengths, 40, 1, new DelayModel(DelayKind.Exponential, 2), spreadSeconds: 5);
        (int completed, int most) = Serve(source, 3, 2000);
        Assert.InRange(completed / 2000.0, 7.9, 8.1);
        Assert.InRange(most, 30, 40);
        (_, most) = Serve(new ClosedLoopSource("bench", Lengths, 40, 1), 3, 100);
        Assert.Equal(40, most);
    }

    [Fact]
    public void Clients_start_at_once_or_spread()
    {
        Assert.All(First(new ClosedLoopSource("bench", Lengths, 8, 1), 8), r => Assert.Equal(0, r.Arrival));
        Assert.Equal([0, 1, 2, 3], First(new ClosedLoopSource("bench", Lengths, 4, 1, spreadSeconds: 4), 4).Select(r => Ticks.Seconds(r.Arrival)));
        Assert.Equal(Ticks.Never, After(new ClosedLoopSource("bench", Lengths, 4, 1), 4).NextArrival);
    }

    [Fact]
    public void Parts_of_a_closed_loop_have_all_of_its_clients_and_sessions_once()
    {
        var starts = new List<double>();
        var ids = new HashSet<long>();
        var sessions = new Dictionary<long, (int, int)>();
        for (int part = 0; part < 4; part++)
        {
            var clients = ClosedLoopSource.Part("bench", Lengths, 10, 1, part, 4, spreadSeconds: 10);
            SessionSource users = SessionSource.Closed("chat", Chat, 10, 1, part: part, parts: 4);
            for (int i = 0; i < (part < 2 ? 3 : 2); i++)
            {
                Request request = clients.Take(), turn = users.Take();
                starts.Add(Ticks.Seconds(request.Arrival));
                Assert.True(ids.Add(request.Id) && request.Id == turn.Id);
                sessions.Add(turn.Session, (turn.PromptTokens, turn.OutputTokens));
            }

            Assert.Equal((Ticks.Never, Ticks.Never), (clients.NextArrival, users.NextArrival));
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (double)i), starts.Order());
        Assert.Equal(First(SessionSource.Closed("chat", Chat, 10, 1), 10).ToDictionary(r => r.Session, r => (r.PromptTokens, r.OutputTokens)), sessions);
        Assert.Equal(Ticks.Never, ClosedLoopSource.Part("bench", Lengths, 2, 1, 3, 4).NextArrival);
    }

    [Fact]
    public void A_closed_loop_whose_every_request_is_turned_away_ends_with_an_error()
    {
        var source = new ClosedLoopSource("bench", new IndependentLengths(new ConstantLength(100), new ConstantLength(1)), 1, 1, limit: new ContextLimit(50, LongPrompts.Reject));
        Assert.Contains("turned away", Assert.Throws<InputException>(() => source.Take()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_turn_holds_the_turns_before_it(bool waits)
    {
        SessionSource source = SessionSource.Open("chat", Chat with { WaitsForAnswer = waits }, ArrivalModel.Poisson(2), 1);
        Assert.Equal(waits, source.Waits);
        var last = new Dictionary<long, (Request Request, int Turn)>();
        Follow(source, 2, 20_000, (request, before) =>
        {
            (Request Request, int Turn) previous = last.GetValueOrDefault(request.Session);
            if (previous.Turn > 0)
            {
                Assert.True(request.PromptTokens > previous.Request.PromptTokens + previous.Request.OutputTokens);
                Assert.True(request.Arrival >= previous.Request.Arrival + (waits ? Ticks.Of(2) : 0));
            }

            Assert.InRange(request.PromptTokens + request.OutputTokens, 2, 8192);
            last[request.Session] = (request, previous.Turn + 1);
        });
        Assert.InRange(last.Values.Average(l => l.Turn), 4.5, 5.1);
        Assert.DoesNotContain(0, last.Keys);
        Assert.InRange(last.Values.Max(l => l.Turn), 9, 9);
    }

    [Fact]
    public void A_session_has_the_same_turns_however_fast_it_is_served()
    {
        var turns = new List<Dictionary<long, List<(int, int)>>>();
        foreach (double service in (double[])[0.1, 30])
        {
            var sessions = new Dictionary<long, List<(int, int)>>();
            Follow(SessionSource.Closed("chat", Chat, 20, 1), service, 5000, (r, _) =>
            {
                (sessions.TryGetValue(r.Session, out List<(int, int)>? list) ? list : sessions[r.Session] = []).Add((r.PromptTokens, r.OutputTokens));
            });
            turns.Add(sessions);
        }

        int compared = 0;
        foreach ((long session, List<(int, int)> fast) in turns[0])
        {
            if (turns[1].TryGetValue(session, out List<(int, int)>? slow))
            {
                int both = Math.Min(fast.Count, slow.Count);
                Assert.Equal(fast.Take(both), slow.Take(both));
                compared += both;
            }
        }

        Assert.True(compared > 3000);
    }

    [Fact]
    public void A_session_that_was_turned_away_ends()
    {
        SessionSource source = SessionSource.Open("chat", Chat with { Turns = new ConstantLength(5) }, ArrivalModel.Poisson(2), 1);
        var sessions = new HashSet<long>();
        for (int i = 0; i < 1000; i++)
        {
            Request request = source.Take();
            Assert.True(sessions.Add(request.Session));
            source.Ended(request.Id, request.Arrival, served: false);
        }
    }

    [Fact]
    public void A_mix_of_open_and_closed_sources_sends_each_end_to_its_own()
    {
        var merged = new MergedSource([new GeneratedSource(Class("open", 5), 1), new ClosedLoopSource("a", Lengths, 10, 1, @class: 1), SessionSource.Closed("b", Chat, 5, 1, @class: 2)]);
        var cut = new CutSource(merged, toSeconds: 1000);
        var running = new Dictionary<int, int>();
        var ids = new HashSet<long>();
        var ends = new PriorityQueue<Request, long>();
        while (cut.NextArrival != Ticks.Never || ends.Count > 0)
        {
            if (ends.TryPeek(out Request ended, out long end) && end <= cut.NextArrival)
            {
                ends.Dequeue();
                running[ended.Class]--;
                cut.Ended(ended.Id, end, true);
                continue;
            }

            Request request = cut.Take();
            Assert.True(ids.Add(request.Id));
            running[request.Class] = running.GetValueOrDefault(request.Class) + 1;
            Assert.InRange(running[request.Class], 1, request.Class switch { 1 => 10, 2 => 5, _ => int.MaxValue });
            ends.Enqueue(request, request.Arrival + Ticks.Of(1));
        }

        Assert.InRange(ids.Count, 5000 + 10_000 + 500, 5000 + 10_000 + 1300);
    }

    public static TheoryData<string> Sources => ["poisson", "gamma", "weibull", "onoff", "hours", "empirical", "paired", "closed", "sessions", "open sessions", "closed sessions", "merged", "scaled", "limited", "part"];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Nothing_is_allocated_for_a_request_once_warm(string kind)
    {
        TrafficClass chat = Class("chat", 50);
        SessionModel waits = Chat with { Pause = new DelayModel(DelayKind.Exponential, 1) };
        var paired = new PairedLengths([(10, 1), (20, 2), (30, 3)]);
        IRequestSource source = kind switch
        {
            "gamma" => new GeneratedSource(chat with { Arrivals = new ArrivalModel(new ConstantRate(50), GapModel.GammaOfCv(3)) }, 1),
            "weibull" => new GeneratedSource(chat with { Arrivals = new ArrivalModel(new ConstantRate(50), GapModel.WeibullOfCv(3)) }, 1),
            "onoff" => new GeneratedSource(chat with { Arrivals = new ArrivalModel(OnOffRate.OfMean(50, 1, 3), GapModel.Poisson) }, 1),
            "hours" => new GeneratedSource(chat with { Arrivals = new ArrivalModel(RateCurve.OfHours([.. Enumerable.Range(1, 24).Select(h => (double)h)], 50), GapModel.Poisson) }, 1),
            "empirical" => new GeneratedSource(chat with { Lengths = new IndependentLengths(paired.Prompts, paired.Outputs) }, 1),
            "paired" => new GeneratedSource(chat with { Lengths = paired }, 1),
            "closed" => new ClosedLoopSource("closed", Lengths, 64, 1, new DelayModel(DelayKind.Lognormal, 1, 2)),
            "sessions" => SessionSource.Open("chat", waits with { WaitsForAnswer = false }, ArrivalModel.Poisson(50), 1),
            "open sessions" => SessionSource.Open("chat", waits, ArrivalModel.Poisson(50), 1),
            "closed sessions" => SessionSource.Closed("chat", waits, 64, 1),
            "merged" => new MergedSource([new GeneratedSource(chat, 1), new ClosedLoopSource("closed", Lengths, 64, 1), SessionSource.Closed("chat", waits, 64, 1)]),
            "scaled" => new CutSource(new ScaledSource(new GeneratedSource(chat, 1), 2, 0.5, 2), 1),
            "limited" => new ContextLimitedSource(new GeneratedSource(chat, 1), new ContextLimit(2000, LongPrompts.Truncate)),
            "part" => GeneratedSource.Part(Class("chat", 2e6), 1, 3, 43_750, SplitRule.Random),
            _ => new GeneratedSource(chat, 1),
        };
        var loop = new Serving(source, Ticks.Of(1));
        loop.Run(50_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        loop.Run(50_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static TrafficClass Class(string name, double rate) => new(name, ArrivalModel.Poisson(rate), Lengths);

    private static IEnumerable<Request> First(IRequestSource source, int count) => Enumerable.Range(0, count).Select(_ => source.Take());

    private static IRequestSource After(IRequestSource source, int count)
    {
        _ = First(source, count).Count();
        return source;
    }

    private static (int Completed, int Most) Serve(IClosedLoop source, double serviceSeconds, double seconds)
    {
        int running = 0, most = 0, completed = 0;
        var ends = new Queue<(long Id, long End)>();
        while (true)
        {
            long end = ends.TryPeek(out (long Id, long End) first) ? first.End : Ticks.Never;
            if (Math.Min(end, source.NextArrival) > Ticks.Of(seconds))
            {
                return (completed, most);
            }

            if (end <= source.NextArrival)
            {
                ends.Dequeue();
                running--;
                completed++;
                source.Ended(first.Id, end, true);
            }
            else
            {
                Request request = source.Take();
                most = Math.Max(most, ++running);
                ends.Enqueue((request.Id, request.Arrival + Ticks.Of(serviceSeconds)));
            }
        }
    }

    private static void Follow(IClosedLoop source, double serviceSeconds, int count, Action<Request, long> see)
    {
        var ends = new Queue<(long Id, long End)>();
        for (int i = 0; i < count;)
        {
            if (ends.TryPeek(out (long Id, long End) first) && first.End <= source.NextArrival)
            {
                ends.Dequeue();
                source.Ended(first.Id, first.End, true);
            }
            else
            {
                Request request = source.Take();
                see(request, request.Arrival);
                ends.Enqueue((request.Id, request.Arrival + Ticks.Of(serviceSeconds)));
                i++;
            }
        }
    }

    // A server without queue and without garbage: every request takes the same time.
    private sealed class Serving(IRequestSource source, long service)
    {
        private readonly (long Id, long End)[] _ends = new (long, long)[1 << 12];
        private int _from;
        private int _to;

        public void Run(int requests)
        {
            var loop = source as IClosedLoop;
            while (requests > 0)
            {
                if (_from < _to && _ends[_from & 4095].End <= source.NextArrival)
                {
                    (long id, long end) = _ends[_from++ & 4095];
                    loop?.Ended(id, end, true);
                }
                else
                {
                    Request request = source.Take();
                    _ends[_to++ & 4095] = (request.Id, request.Arrival + service);
                    requests--;
                }
            }
        }
    }
}

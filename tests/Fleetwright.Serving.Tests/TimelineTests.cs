using System.Globalization;
using System.Text.Json;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Timelines;
using Fleetwright.Serving.Simulation.Times;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Tests;

/// <summary>
/// The file for trace viewers against the rules of the Trace Event Format (Chromium's "Trace Event Format" document: phases B, E, C, i, M and the nestable b and e; microseconds; slices of one thread
/// nest or follow each other; b and e of one category and id nest), and against the run that it draws.
/// </summary>
public sealed class TimelineTests
{
    private static readonly AffineTimes Times = new() { Fixed = 4e-3, PerToken = 2e-5, PerDecode = 3e-5, PerContextToken = 1e-7, PerPair = 1e-9 };

    public static TheoryData<string, int, bool> Engines => new() { { "vllm-v1", 0, false }, { "sarathi", 0, false }, { "prefill-first", 0, false }, { "vllm-v1", 3, false }, { "vllm-v1", 3, true } };

    [Theory]
    [MemberData(nameof(Engines))]
    public void The_file_keeps_the_rules_of_the_format(string scheduler, int ranks, bool ahead)
    {
        int preemptions = 0;
        for (int seed = 0; seed < 15; seed++)
        {
            Run run = Ran(scheduler, ranks, ahead, seed, 3, 9, leaps: true);
            var open = new Dictionary<string, Stack<(string Name, decimal At)>>();
            var last = new Dictionary<string, decimal>();
            var threads = new Dictionary<int, decimal>();
            var running = new HashSet<int>();
            foreach (Event e in run.Events)
            {
                Assert.Equal(1, e.Process);
                switch (e.Phase)
                {
                    case 'M':
                        Assert.Contains(e.Name, (string[])["process_name", "thread_name"]);
                        Assert.Equal(JsonValueKind.String, e.Arguments.GetProperty("name").ValueKind);
                        break;
                    case 'B':
                        // Iterations of a thread follow each other, and overlap the window.
                        Assert.True(e.At >= threads.GetValueOrDefault(e.Thread) && e.At < 9_000_000);
                        Assert.True(running.Add(e.Thread));
                        threads[e.Thread] = e.At;
                        break;
                    case 'E':
                        Assert.True(e.At >= threads[e.Thread] && e.At > 3_000_000);
                        Assert.True(running.Remove(e.Thread));
                        threads[e.Thread] = e.At;
                        break;
                    case 'C':
                        Assert.All(e.Arguments.EnumerateObject(), v => Assert.True(v.Value.GetDouble() >= 0));
                        Assert.True(e.At >= last.GetValueOrDefault(e.Name));
                        last[e.Name] = e.At;
                        break;
                    case 'i':
                        Assert.Equal(("preemption", "t"), (e.Name, e.Scope));
                        preemptions++;
                        break;
                    case 'b':
                        Assert.InRange(e.At, 3_000_000, 9_000_000);
                        open.TryAdd(e.Id, []);
                        Assert.True(open[e.Id].Count < 2 && e.At >= last.GetValueOrDefault(e.Id));
                        open[e.Id].Push((e.Name, e.At));
                        last[e.Id] = e.At;
                        break;
                    default:
                        Assert.Equal('e', e.Phase);
                        (string name, decimal at) = open[e.Id].Pop();
                        Assert.Equal(name, e.Name);
                        Assert.True(e.At >= at && e.At <= 9_000_000 && e.At >= last[e.Id]);
                        last[e.Id] = e.At;
                        break;
                }
            }

            Assert.All(open.Values, Assert.Empty);
            Assert.Empty(running);
        }

        Assert.True(preemptions > 0);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Leaps_are_drawn_as_the_iterations_that_a_stepping_engine_takes_and_change_nothing(string scheduler, int ranks, bool ahead)
    {
        for (int seed = 0; seed < 10; seed++)
        {
            Run leap = Ran(scheduler, ranks, ahead, seed, 3, 9, leaps: true), step = Ran(scheduler, ranks, ahead, seed, 3, 9, leaps: false), plain = Ran(scheduler, ranks, ahead, seed, 0, 0, leaps: true);
            Assert.Equal(plain.Sink.Of, leap.Sink.Of);
            Assert.Empty(plain.Events);
            Event[] own = [.. leap.Events.Where(e => e.Phase is 'B' or 'E')], theirs = [.. step.Events.Where(e => e.Phase is 'B' or 'E')];
            Assert.Equal(theirs.Select(e => (e.Thread, e.Name, e.Arguments.GetRawText())), own.Select(e => (e.Thread, e.Name, e.Arguments.GetRawText())));
            foreach ((Event a, Event b) in own.Zip(theirs))
            {
                Assert.InRange(Math.Abs(a.At - b.At), 0, 0.001m);
            }
        }
    }

    [Fact]
    public void The_whole_of_a_run_shows_every_request_in_its_phases()
    {
        Run run = Ran("vllm-v1", 0, false, 3, 0, 1e5, leaps: true);
        foreach (CompletedRequest request in run.Sink.Of.Values)
        {
            Event[] own = [.. run.Events.Where(e => e.Phase is 'b' or 'e' && e.Id == request.Id.ToString(CultureInfo.InvariantCulture))];
            decimal At(string name, char phase) => own.Last(e => e.Name == name && e.Phase == phase).At;
            Assert.Equal($"request {request.Id}", own[0].Name);
            Assert.Equal(Microseconds(request.Arrival), own[0].At);
            Assert.Equal(Microseconds(request.Completed), At($"request {request.Id}", 'e'));
            Assert.Equal(Microseconds(request.Scheduled), own.First(e => e is { Name: "prefill", Phase: 'b' }).At);
            Assert.Equal(1 + request.Preemptions, own.Count(e => e is { Name: "queue", Phase: 'b' }));
            if (request.OutputTokens > 1)
            {
                Assert.Equal(Microseconds(request.FirstToken), own.First(e => e.Name == "decode" && e.Phase == 'b').At);
            }
        }

        // The counter of those that wait is the number of open queue phases.
        int waiting = 0;
        foreach (IGrouping<decimal, Event> moment in run.Events.Where(e => e.Name is "queue" or "sequences").GroupBy(e => e.At).OrderBy(g => g.Key))
        {
            waiting += moment.Count(e => e is { Name: "queue", Phase: 'b' }) - moment.Count(e => e is { Name: "queue", Phase: 'e' });
            if (moment.LastOrDefault(e => e.Phase == 'C') is { } counter)
            {
                Assert.Equal(waiting, counter.Arguments.GetProperty("waiting").GetInt32());
            }
        }

        Assert.Equal(run.Sink.Of.Values.Sum(r => r.Preemptions), run.Events.Count(e => e.Phase == 'i'));
    }

    private static decimal Microseconds(long ticks) => ticks / 1_000_000m;

    private static Run Ran(string scheduler, int ranks, bool ahead, int seed, double from, double to, bool leaps)
    {
        var random = new Random(seed);
        var limits = new SchedulerLimits { TokenBudget = 256, MaximumSequences = random.Next(4, 12), Blocks = 60, MaximumContext = 600 };
        List<Request> requests = LeapTests.Workload(random, 600, 0.1 + (0.2 * random.NextDouble()));
        var sink = new LeapTests.Sink();
        var timeline = new Timeline(from, to, 0, to > 0 ? 0 : -1, _ => new MemoryStream());
        ReplicaTimeline? own = timeline.Of(0, 1, Math.Max(1, ranks), 0, sink);
        ICompletionSink hears = own is null ? sink : own;
        if (ranks == 0)
        {
            new ReplicaSimulator<AffineTimes>(Times, LeapTests.Create(scheduler, limits), new ReplicaState(limits) { Timeline = own }, hears, leaps) { Timeline = own }.Run(new ListSource(requests));
        }
        else
        {
            new LockstepSimulator<LockstepAffineTimes>(
                new LockstepAffineTimes(Times, 2e-5), [.. Enumerable.Range(0, ranks).Select(_ => LeapTests.Create(scheduler, limits))], [.. Enumerable.Range(0, ranks).Select(_ => new ReplicaState(limits) { Timeline = own })], hears, leaps)
            { Timeline = own, SchedulesAhead = ahead }.Run(new ListSource(requests));
        }

        using var file = new MemoryStream();
        timeline.WriteTo(file);
        using JsonDocument document = JsonDocument.Parse(file.ToArray());
        Assert.Equal("ms", document.RootElement.GetProperty("displayTimeUnit").GetString());
        return new Run(sink, [.. document.RootElement.GetProperty("traceEvents").EnumerateArray().Select(e => new Event(e.Clone()))]);
    }

    private sealed record Run(LeapTests.Sink Sink, IReadOnlyList<Event> Events);

    private sealed record Event(JsonElement Json)
    {
        public char Phase => Json.GetProperty("ph").GetString()!.Single();

        public string Name => Json.GetProperty("name").GetString()!;

        public string Id => Json.GetProperty("id").GetString()!;

        public string Scope => Json.GetProperty("s").GetString()!;

        public int Process => Json.GetProperty("pid").GetInt32();

        public int Thread => Json.GetProperty("tid").GetInt32();

        public decimal At => Json.GetProperty("ts").GetDecimal();

        public JsonElement Arguments => Json.GetProperty("args");
    }
}

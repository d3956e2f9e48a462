using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Fleets;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that say what arrives at a fleet: an open loop at a rate, a closed loop of clients, or a trace.</summary>
internal sealed class TrafficOptions
{
    internal const string DefaultInput = "lognormal:1024,0.8", DefaultOutput = "lognormal:256,0.7";
    private const double DefaultSeconds = 3600;

    // A fleet beyond this is simulated replica by replica where its traffic can be drawn so: only the replicas that run are then in memory.
    private const int LargeFleet = 256;
    private const int SampledRequests = 10_000;
    private const int MostClasses = 64;

    private readonly Option<string?> _rate = new("--rate") { HelpName = "number", Description = "Requests per second at the whole fleet: an open loop. With --trace: at this rate instead of the trace's times." };
    private readonly Option<string?> _arrivals = new("--arrivals") { Description = "How they come at --rate: poisson (default), constant, gamma:CV, weibull:CV, onoff:ON_S,OFF_S, hours: and 24 shares, or two of them such as gamma:2+hours:…" };
    private readonly Option<string?> _concurrency = new("--concurrency") { HelpName = "number", Description = "Clients of each replica, each with one request at a time: a closed loop." };
    private readonly Option<string?> _think = new("--think") { Description = "Seconds that a client of a closed loop, or a user between two turns, thinks: 2, exponential:2 or lognormal:2,0.8." };
    private readonly Option<string?> _turns = new("--turns") { Description = "Conversations of so many turns, in the forms of --input: --rate starts conversations, --concurrency holds users. A prompt is all that was said before and what the user adds." };
    private readonly Option<string?> _userTokens = new("--user-tokens") { Description = "Tokens that the user adds with each turn after the first, whose prompt is --input." };
    private readonly Option<string?> _input = new("--input") { Description = $"Prompt tokens: 512, lognormal:MEAN,CV, lognormal:median=M,sigma=S, uniform:A,B; with ,cap=N. Default {DefaultInput}." };
    private readonly Option<string?> _output = new("--output") { Description = $"Tokens of answers, in the same forms. Default {DefaultOutput}." };
    private readonly TraceFileOptions _file = new();
    private readonly Option<string?> _requests = new("--requests", "--limit") { Description = "Requests at most, of the whole fleet.", HelpName = "number" };
    private readonly Option<string?> _duration = CommonOptions.QuantityOption("--duration", "Time in which requests come; those that are there at its end are answered. Default 1 h where --requests and --trace are left out.", Dimension.Time);
    private readonly Option<string?> _context = new("--context") { HelpName = "number", Description = "Tokens of a request at most, prompt and answer; the model's context when left out." };
    private readonly Option<string> _long = new("--long-prompts") { Description = "What is done with a prompt that fills the context: reject or truncate.", DefaultValueFactory = _ => "reject" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_rate, _arrivals, _concurrency, _think, _turns, _userTokens, _input, _output, .. _file.All, _requests, _duration, _context, _long])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given for the number of requests, which may name a file where tables are replayed.</summary>
    public string? RequestsText(ParseResult parsed) => parsed.GetValue(_requests);

    /// <summary>The traces that are replayed; none when requests are drawn.</summary>
    public IReadOnlyList<string> TracePaths(ParseResult parsed) => parsed.GetRequiredValue(_file.Trace);

    /// <summary>The name of an enumeration's member on the command line: PrefillFirst is prefill-first.</summary>
    internal static string Key(string name) => string.Concat(name.Select((c, i) => char.IsUpper(c) && i > 0 ? $"-{char.ToLowerInvariant(c)}" : $"{char.ToLowerInvariant(c)}"));

    /// <summary>The member of an enumeration that a text names.</summary>
    internal static T Member<T>(string option, string text)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(v => Key(v!.Value.ToString()) == text || v.Value.ToString().Equals(text.Replace("-", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase))
        ?? throw new InputException(option, $"found '{text}'; allowed: {string.Join(", ", Enum.GetNames<T>().Select(Key))}{NearMiss.Suggestion(text, Enum.GetNames<T>().Select(Key))}");

    /// <summary>Reads the options and opens what they name.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="modelContext">Longest context of the model.</param>
    /// <param name="engines">Replicas that are simulated: those of the fleet times their pipeline stages.</param>
    /// <param name="stages">Pipeline stages of a replica.</param>
    /// <param name="router">How requests are dealt out.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="reservesWhole">Whether the scheduler reserves the longest context for each sequence.</param>
    /// <param name="classes">Classes of requests that are drawn, or that the trace should have.</param>
    /// <param name="together">Whether all replicas must be served by one stream, as where they come and go.</param>
    /// <param name="sharesPrefixes">Whether the cache finds what prompts have in common.</param>
    /// <exception cref="InputException">An option is wrong, or does not go with another, or the trace cannot be read.</exception>
    public TrafficPlan Read(
        ParseResult parsed, int modelContext, int engines, int stages, RouterKind router, ulong seed, bool reservesWhole, IReadOnlyList<RequestClass> classes, bool together = false, bool sharesPrefixes = false)
    {
        bool drawn = classes.Any(c => c.Traffic is not null);
        Combine(parsed, drawn);
        int most = modelContext > 0 ? modelContext : 1 << 30, context = Whole(parsed, _context, 2, 1 << 30) ?? (reservesWhole ? Math.Min(most, 8192) : most);
        LongPrompts rule = Member<LongPrompts>(_long.Name, parsed.GetRequiredValue(_long));
        long? count = parsed.GetValue(_requests) is not { } text ? null
            : long.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out long number) && number >= 1 ? number
            : throw new InputException(_requests.Name, $"found '{text}'; allowed: a whole number of at least 1");
        double? seconds = CommonOptions.Quantity(parsed, _duration, Dimension.Time, 1e-6, Ticks.MostSeconds);
        bool fromTrace = _file.IsGiven(parsed), endless = parsed.GetValue(_rate) is not null || parsed.GetValue(_concurrency) is not null;
        seconds ??= count is null && !fromTrace ? DefaultSeconds : null;
        if (endless && fromTrace && parsed.GetValue(_concurrency) is not null && count is null)
        {
            seconds ??= DefaultSeconds;
        }

        var plan = new TrafficPlan(engines) { Context = context, Rule = rule, Requests = count, Seconds = seconds };
        return drawn ? OfClasses(plan, classes, seed)
            : fromTrace ? OfTrace(parsed, plan, engines, stages, seed, together, sharesPrefixes)
            : Drawn(parsed, plan, engines, stages, router, seed, together);
    }

    private static int? Whole(ParseResult parsed, Option<string?> option, int minimum, int maximum) =>
        parsed.GetValue(option) is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum ? value
        : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a whole number from {minimum} to {maximum:#,0}"));

    // Which options go together.
    private void Combine(ParseResult parsed, bool classes)
    {
        bool Has(Option option) => CommonOptions.IsGiven(parsed, option);
        bool rate = Has(_rate), clients = Has(_concurrency), trace = Has(_file.Trace);
        if (classes)
        {
            Option[] own = [_rate, _arrivals, _concurrency, _think, _input, _output, _turns, _file.Trace];
            if (own.FirstOrDefault(Has) is { } beside)
            {
                throw new InputException(beside.Name, "found beside classes with a rate; allowed: rate, arrivals, input and output of each --class");
            }
        }
        else if (!rate && !clients && !trace)
        {
            throw new InputException("simulate", "nothing arrives; allowed: one of --rate (requests per second), --concurrency (clients of each replica), --trace (a file) and --class with a rate");
        }

        if (rate && clients)
        {
            throw new InputException(_concurrency.Name, "clients that wait for their answers have no rate; allowed: --rate or --concurrency");
        }

        if (Has(_turns) && !Has(_userTokens))
        {
            throw new InputException(_userTokens.Name, $"not given beside {_turns.Name}; allowed: tokens such as 64 or lognormal:64,1 that the user adds with each turn");
        }

        foreach ((Option option, bool allowed, string only) in (IEnumerable<(Option, bool, string)>)
        [
            (_arrivals, rate, "with --rate"), (_think, clients || Has(_turns), "with --concurrency or --turns"), (_turns, !trace, "without --trace, which has the requests"), (_userTokens, Has(_turns), "with --turns"), (_input, !trace, "without --trace, which has the lengths"), (_output, !trace, "without --trace, which has the lengths"),
            (_file.Scale, trace && !rate && !clients, "with --trace, without --rate and --concurrency"),
            (_file.ClassColumn, trace && !clients, "with --trace, without --concurrency"), .. _file.All.Select(o => (o, trace, "with --trace")),
        ])
        {
            if (Has(option) && !allowed)
            {
                throw new InputException(option.Name, $"found where it means nothing; allowed: {only}");
            }
        }
    }

    private TrafficPlan Drawn(ParseResult parsed, TrafficPlan plan, int engines, int stages, RouterKind router, ulong seed, bool together)
    {
        string input = parsed.GetValue(_input) ?? DefaultInput, output = parsed.GetValue(_output) ?? DefaultOutput;
        LengthModel prompts = LengthText.Parse(_input.Name, input), answers = LengthText.Parse(_output.Name, output);
        var lengths = new IndependentLengths(prompts, answers);
        plan = plan with { TypicalContext = Math.Clamp(prompts.Mean + answers.Mean, 1, plan.Context), MeanOutput = answers.Mean };
        string asked = $"prompts {input}, answers {output}";
        if (parsed.GetValue(_turns) is { } turns)
        {
            var session = new SessionModel
            {
                Turns = LengthText.Parse(_turns.Name, turns),
                FirstPrompt = prompts,
                UserTokens = LengthText.Parse(_userTokens.Name, parsed.GetRequiredValue(_userTokens)!),
                Output = answers,
                Pause = Think(parsed),
                ContextTokens = plan.Context,
            };
            return Conversations(parsed, plan, session, $"{turns} turns, first {asked}, the user adds {parsed.GetValue(_userTokens)}", engines, stages, seed, together);
        }

        if (parsed.GetValue(_concurrency) is not null)
        {
            return Closed(parsed, plan, lengths, asked, engines, stages, seed, together);
        }

        ArrivalModel arrivals = Arrivals(parsed, out string how);
        var traffic = new TrafficClass("requests", arrivals, lengths);
        plan = plan with { Text = $"{how}, {asked}", Offered = arrivals.Rate.MeanPerSecond };
        SplitRule? split = together ? null : router switch { RouterKind.Random => SplitRule.Random, RouterKind.RoundRobin => SplitRule.RoundRobin, _ => null };
        bool apart = engines > LargeFleet && split is not null && Splits(arrivals, engines, split.Value);
        return apart
            ? plan with { Sources = engine => Limited(plan, Ended(plan, GeneratedSource.Part(traffic, seed, engine, engines, split!.Value), engine, 1, engines), engine) }
            : plan with { Source = Limited(plan, Ended(plan, new GeneratedSource(traffic, seed), 0, 1, 1), 0) };
    }

    // Conversations behind one router, or users of each replica.
    private TrafficPlan Conversations(ParseResult parsed, TrafficPlan plan, SessionModel session, string asked, int engines, int stages, ulong seed, bool together)
    {
        // Turn k of T has in its prompt what was said in the k − 1 before it.
        double said = session.UserTokens.Mean + session.Output.Mean, earlier = Math.Max(0, session.Turns.Mean - 1) / 2;
        plan = plan with { TypicalContext = Math.Clamp(session.FirstPrompt.Mean + (earlier * said) + session.Output.Mean, 1, plan.Context) };
        if (parsed.GetValue(_concurrency) is null)
        {
            ArrivalModel starts = Arrivals(parsed, out string how);
            var source = SessionSource.Open("conversations", session, starts, seed);
            return plan with
            {
                Text = $"conversations at {how}, {asked}",
                Offered = starts.Rate.MeanPerSecond * session.Turns.Mean,
                Source = Ended(plan, source, 0, 1, 1),
                Notes = () => Outgrown(source.Outgrown, plan.Context),
            };
        }

        int users = Whole(parsed, _concurrency, 1, 1 << 24)!.Value;
        plan = plan with { Text = string.Create(CultureInfo.InvariantCulture, $"{users:#,0} users of each replica, {asked}") };
        if (together)
        {
            var source = SessionSource.Closed("users", session, Behind(users, engines / stages), seed);
            return plan with { Source = Ended(plan, source, 0, 1, 1), Notes = () => Outgrown(source.Outgrown, plan.Context) };
        }

        var sources = new SessionSource?[engines];
        return plan with
        {
            Sources = engine => Part(engine, users, engines, stages) is var (before, own, all) && own == 0 ? new ListSource([])
                : new NumberedSource(
                    Ended(plan, sources[engine] = SessionSource.Closed($"users/{engine.ToString(CultureInfo.InvariantCulture)}", session, own, seed), before, own, all), engine, engines),
            Notes = () => Outgrown(sources.Sum(s => s?.Outgrown ?? 0), plan.Context),
        };
    }

    // Clients of all replicas of a fleet.
    private int Behind(int clients, int replicas) => (long)clients * replicas is var all and <= 1 << 24 ? (int)all
        : throw new InputException(_concurrency.Name, string.Create(CultureInfo.InvariantCulture, $"found {clients:#,0} clients of each of {replicas:#,0} replicas; allowed: at most {1 << 24:#,0} in all"));

    private static IReadOnlyList<string> Outgrown(long count, int context) =>
        count == 0 ? [] : [FormattableString.Invariant($"context of {context} tokens: {count} conversations ended before the turn that would not fit")];

    // A replica of several pipeline stages runs as many engines, which share its clients: those before this engine's, its own, and all.
    private static (long Before, int Own, long All) Part(int engine, int clients, int engines, int stages)
    {
        int stage = engine % stages;
        return (
            ((long)(engine / stages) * clients) + ((long)stage * (clients / stages)) + Math.Min(stage, clients % stages),
            (clients / stages) + (stage < clients % stages ? 1 : 0),
            (long)(engines / stages) * clients);
    }

    private DelayModel Think(ParseResult parsed) => parsed.GetValue(_think) is { } pause ? DelayModel.Parse(_think.Name, pause) : DelayModel.None;

    // Classes that are drawn, each with streams of its own: another class shifts nobody's numbers.
    private static TrafficPlan OfClasses(TrafficPlan plan, IReadOnlyList<RequestClass> classes, ulong seed)
    {
        double rate = classes.Sum(c => c.Traffic!.Arrivals.Rate.MeanPerSecond);
        double typical = classes.Sum(c => c.TypicalTokens * c.Traffic!.Arrivals.Rate.MeanPerSecond) / rate;
        var all = new MergedSource(classes.Select(c => new GeneratedSource(c.Traffic!, seed)));
        return plan with
        {
            Text = string.Join(", ", classes.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {c.Traffic!.Arrivals.Rate.MeanPerSecond:#,0.######}"))) + " requests/s",
            Offered = rate,
            Classes = [.. classes.Select(c => c.Name)],
            TypicalContext = Math.Clamp(typical, 1, plan.Context),
            Source = Limited(plan, Ended(plan, all, 0, 1, 1), 0),
        };
    }

    private static bool Splits(ArrivalModel arrivals, int parts, SplitRule rule)
    {
        try
        {
            _ = arrivals.Split(parts, rule);
            return true;
        }
        catch (InputException)
        {
            return false;
        }
    }

    private ArrivalModel Arrivals(ParseResult parsed, out string how)
    {
        double rate = CommonOptions.Number(parsed, _rate, 1e-9, 1e9)!.Value;
        string kind = parsed.GetValue(_arrivals) ?? "poisson";
        how = string.Create(CultureInfo.InvariantCulture, $"{rate:#,0.######} requests/s, {kind}");
        return ArrivalText.Parse(_arrivals.Name, kind, rate);
    }

    private TrafficPlan Closed(ParseResult parsed, TrafficPlan plan, RequestLengths lengths, string asked, int engines, int stages, ulong seed, bool together)
    {
        int clients = Whole(parsed, _concurrency, 1, 1 << 24)!.Value;
        string? pause = parsed.GetValue(_think);
        DelayModel think = Think(parsed);
        plan = plan with { Text = string.Create(CultureInfo.InvariantCulture, $"{clients:#,0} clients of each replica{(pause is null ? "" : $" that think {pause} s")}, {asked}") };
        if (together)
        {
            // As many behind the router; any of them may be answered by any replica.
            return plan with { Source = Ended(plan, new ClosedLoopSource("clients", lengths, Behind(clients, engines / stages), seed, think, limit: plan.Limit(0)), 0, 1, 1) };
        }

        return plan with
        {
            Sources = engine => Part(engine, clients, engines, stages) is var (before, own, all) && own == 0 ? new ListSource([])
                : new NumberedSource(Ended(plan, new ClosedLoopSource($"clients/{engine.ToString(CultureInfo.InvariantCulture)}", lengths, own, seed, think, limit: plan.Limit(engine)), before, own, all), engine, engines),
        };
    }

    private TrafficPlan OfTrace(ParseResult parsed, TrafficPlan plan, int engines, int stages, ulong seed, bool together, bool sharesPrefixes)
    {
        (double from, double to) = _file.Window(parsed);
        double scale = _file.ScaleOf(parsed) ?? 1;
        TraceFile Open() => _file.Open(parsed, seed);
        (double typical, double output, IReadOnlyList<string> classes) = Sample(Open, parsed.GetValue(_file.ClassColumn) is not null);
        plan = plan with { TypicalContext = Math.Clamp(typical, 1, plan.Context), MeanOutput = output, Classes = classes };
        string name = _file.Name(parsed);
        TraceFile file = Open();
        IRequestSource window = _file.Cut(parsed, file);
        if (parsed.GetValue(_concurrency) is not null)
        {
            using (file)
            {
                return Closed(parsed, plan with { Notes = () => file.Notes }, PairedLengths.Of(window, seed) with { InOrder = true }, $"lengths of {name} in their order", engines, stages, seed, together);
            }
        }

        var guarded = new GuardedSource(window);
        IRequestSource source = guarded;
        string text = $"trace {name}";
        double? offered = null;
        if (parsed.GetValue(_rate) is not null)
        {
            ArrivalModel arrivals = Arrivals(parsed, out string how);
            (source, text, offered) = (new RetimedSource(source, arrivals, seed, "requests"), $"{how}, lengths of {name}", arrivals.Rate.MeanPerSecond);
        }
        else if (scale != 1)
        {
            (source, text) = (new ScaledSource(source, scale), string.Create(CultureInfo.InvariantCulture, $"{text} at {scale:0.######} times its rate"));
        }

        double? end = to < Ticks.MostSeconds && offered is null ? (to - from) / scale : null;
        return plan with
        {
            Text = text,
            Offered = offered,
            Source = Limited(plan, Ended(plan, source, 0, 1, 1), 0),
            Seconds = plan.Seconds is { } given && end is { } last ? Math.Min(given, last) : plan.Seconds ?? end,
            Notes = () => [.. file.Notes, .. file.Source.HashTokens > 0 && !sharesPrefixes ? [$"{name}: what prompts have in common is not used without --prefix-cache; every prompt is computed whole"] : Array.Empty<string>()],
            Trouble = () => guarded.Trouble,
            Opened = file,
        };
    }

    // What the cache must know of the lengths, from the first requests; the classes, from all.
    private (double TypicalContext, double MeanOutput, IReadOnlyList<string> Classes) Sample(Func<TraceFile> open, bool classes)
    {
        using TraceFile file = open();
        long count = 0;
        double tokens = 0, outputs = 0;
        try
        {
            while ((classes || count < SampledRequests) && file.Source.NextArrival != Ticks.Never)
            {
                Request request = file.Source.Take();
                tokens += request.PromptTokens + request.OutputTokens;
                outputs += request.OutputTokens;
                count++;
            }
        }
        catch (InputException) when (!classes && count > 0)
        {
            // The run itself tells of it, when it has come so far.
        }

        IReadOnlyList<string> names = classes ? [.. file.Classes] : [];
        return names.Count <= MostClasses ? (tokens / Math.Max(1, count), outputs / Math.Max(1, count), names)
            : throw new InputException(_file.ClassColumn.Name, FormattableString.Invariant($"found {names.Count} classes; allowed: at most {MostClasses}"));
    }

    // A source that ends where it should; one of several has the requests of its places among all.
    private static IRequestSource Ended(TrafficPlan plan, IRequestSource source, long before, long own, long all)
    {
        long count = plan.Requests is { } requests ? (long)(((Int128)requests * (before + own) / all) - ((Int128)requests * before / all)) : long.MaxValue;
        return plan.Requests is null && plan.Seconds is null ? source : new CutSource(source, 0, plan.Seconds ?? Ticks.MostSeconds, count);
    }

    private static IRequestSource Limited(TrafficPlan plan, IRequestSource source, int engine) => new ContextLimitedSource(source, plan.Limit(engine));
}

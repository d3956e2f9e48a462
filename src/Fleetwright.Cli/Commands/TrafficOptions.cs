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
    private const string DefaultInput = "lognormal:1024,0.8", DefaultOutput = "lognormal:256,0.7";
    private const double DefaultSeconds = 3600;

    // A fleet beyond this is simulated replica by replica where its traffic can be drawn so: only the replicas that run are then in memory.
    private const int LargeFleet = 256;
    private const int SampledRequests = 10_000;
    private const int MostClasses = 64;

    private readonly Option<string?> _rate = new("--rate") { HelpName = "number", Description = "Requests per second at the whole fleet: an open loop. With --trace: at this rate instead of the trace's times." };
    private readonly Option<string?> _arrivals = new("--arrivals") { Description = "How they come at --rate: poisson (default), constant, gamma:CV, weibull:CV, onoff:ON_S,OFF_S, hours: and 24 shares, or two of them such as gamma:2+hours:…" };
    private readonly Option<string?> _concurrency = new("--concurrency") { HelpName = "number", Description = "Clients of each replica, each with one request at a time: a closed loop." };
    private readonly Option<string?> _think = new("--think") { Description = "Seconds that a client of a closed loop thinks: 2, exponential:2 or lognormal:2,0.8." };
    private readonly Option<string?> _input = new("--input") { Description = $"Prompt tokens: 512, lognormal:MEAN,CV, lognormal:median=M,sigma=S, uniform:A,B; with ,cap=N. Default {DefaultInput}." };
    private readonly Option<string?> _output = new("--output") { Description = $"Tokens of answers, in the same forms. Default {DefaultOutput}." };
    private readonly Option<string?> _trace = new("--trace") { Description = "Replay this trace: Azure, BurstGPT, Vidur or other csv, Mooncake or other json lines, gzipped or not, or a ServeGen client set." };
    private readonly Option<string?> _format = new("--trace-format") { Description = $"Its format, if not told by its first line: {string.Join(", ", Enum.GetNames<TraceFormat>().Select(Key))}." };
    private readonly Option<string?> _arrivalColumn = new("--arrival-column") { Description = "The trace's column of arrival times." };
    private readonly Option<string?> _promptColumn = new("--prompt-column") { Description = "The trace's column of prompt tokens." };
    private readonly Option<string?> _outputColumn = new("--output-column") { Description = "The trace's column of answer tokens." };
    private readonly Option<string?> _classColumn = new("--class-column") { Description = "The trace's column of classes; results are then also given by class." };
    private readonly Option<string?> _unit = CommonOptions.QuantityOption("--time-unit", "One unit of the trace's arrival times.", Dimension.Time);
    private readonly Option<bool> _skipEmpty = new("--skip-empty") { Description = "Skip and count lines without a prompt or an answer instead of stopping there." };
    private readonly Option<string?> _scale = new("--scale-rate") { HelpName = "number", Description = "What the trace's rate is multiplied by." };
    private readonly Option<string?> _from = CommonOptions.QuantityOption("--from", "Start of the part of the trace that is replayed.", Dimension.Time);
    private readonly Option<string?> _to = CommonOptions.QuantityOption("--to", "Its end.", Dimension.Time);
    private readonly Option<string?> _requests = new("--requests", "--limit") { Description = "Requests at most, of the whole fleet.", HelpName = "number" };
    private readonly Option<string?> _duration = CommonOptions.QuantityOption("--duration", "Time in which requests come; those that are there at its end are answered. Default 1 h where --requests and --trace are left out.", Dimension.Time);
    private readonly Option<string?> _context = new("--context") { HelpName = "number", Description = "Tokens of a request at most, prompt and answer; the model's context when left out." };
    private readonly Option<string> _long = new("--long-prompts") { Description = "What is done with a prompt that fills the context: reject or truncate.", DefaultValueFactory = _ => "reject" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_rate, _arrivals, _concurrency, _think, _input, _output, _trace, _format, _arrivalColumn, _promptColumn, _outputColumn, _classColumn, _unit, _skipEmpty, _scale, _from, _to, _requests, _duration, _context, _long])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was given for the number of requests, which may name a file where tables are replayed.</summary>
    public string? RequestsText(ParseResult parsed) => parsed.GetValue(_requests);

    /// <summary>The trace that is replayed; null when there is none.</summary>
    public string? TracePath(ParseResult parsed) => parsed.GetValue(_trace);

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
    /// <exception cref="InputException">An option is wrong, or does not go with another, or the trace cannot be read.</exception>
    public TrafficPlan Read(ParseResult parsed, int modelContext, int engines, int stages, RouterKind router, ulong seed, bool reservesWhole)
    {
        Combine(parsed);
        int most = modelContext > 0 ? modelContext : 1 << 30, context = Whole(parsed, _context, 2, 1 << 30) ?? (reservesWhole ? Math.Min(most, 8192) : most);
        LongPrompts rule = Member<LongPrompts>(_long.Name, parsed.GetRequiredValue(_long));
        long? count = parsed.GetValue(_requests) is not { } text ? null
            : long.TryParse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out long number) && number >= 1 ? number
            : throw new InputException(_requests.Name, $"found '{text}'; allowed: a whole number of at least 1");
        double? seconds = CommonOptions.Quantity(parsed, _duration, Dimension.Time, 1e-6, Ticks.MostSeconds);
        bool fromTrace = parsed.GetValue(_trace) is not null, endless = parsed.GetValue(_rate) is not null || parsed.GetValue(_concurrency) is not null;
        seconds ??= count is null && !fromTrace ? DefaultSeconds : null;
        if (endless && fromTrace && parsed.GetValue(_concurrency) is not null && count is null)
        {
            seconds ??= DefaultSeconds;
        }

        var plan = new TrafficPlan(engines) { Context = context, Rule = rule, Requests = count, Seconds = seconds };
        return fromTrace ? OfTrace(parsed, plan, engines, stages, seed) : Drawn(parsed, plan, engines, stages, router, seed);
    }

    private static int? Whole(ParseResult parsed, Option<string?> option, int minimum, int maximum) =>
        parsed.GetValue(option) is not { } text ? null
        : int.TryParse(text, NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum ? value
        : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a whole number from {minimum} to {maximum:#,0}"));

    private static double? Number(ParseResult parsed, Option<string?> option, double minimum, double maximum) =>
        parsed.GetValue(option) is not { } text ? null
        : double.TryParse(text, NumberStyles.Float | NumberStyles.AllowThousands, CultureInfo.InvariantCulture, out double value) && value >= minimum && value <= maximum ? value
        : throw new InputException(option.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a number from {minimum:0.#########} to {maximum:#,0}"));

    // Which options go together.
    private void Combine(ParseResult parsed)
    {
        bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };
        bool rate = Has(_rate), clients = Has(_concurrency), trace = Has(_trace);
        if (!rate && !clients && !trace)
        {
            throw new InputException("simulate", "nothing arrives; allowed: one of --rate (requests per second), --concurrency (clients of each replica) and --trace (a file)");
        }

        if (rate && clients)
        {
            throw new InputException(_concurrency.Name, "clients that wait for their answers have no rate; allowed: --rate or --concurrency");
        }

        foreach ((Option option, bool allowed, string only) in ((Option, bool, string)[])
        [
            (_arrivals, rate, "with --rate"), (_think, clients, "with --concurrency"), (_input, !trace, "without --trace, which has the lengths"), (_output, !trace, "without --trace, which has the lengths"),
            (_scale, trace && !rate && !clients, "with --trace, without --rate and --concurrency"),
            (_format, trace, "with --trace"), (_arrivalColumn, trace, "with --trace"), (_promptColumn, trace, "with --trace"), (_outputColumn, trace, "with --trace"), (_classColumn, trace && !clients, "with --trace, without --concurrency"),
            (_unit, trace, "with --trace"), (_skipEmpty, trace, "with --trace"), (_from, trace, "with --trace"), (_to, trace, "with --trace"),
        ])
        {
            if (Has(option) && !allowed)
            {
                throw new InputException(option.Name, $"found where it means nothing; allowed: {only}");
            }
        }
    }

    private TrafficPlan Drawn(ParseResult parsed, TrafficPlan plan, int engines, int stages, RouterKind router, ulong seed)
    {
        string input = parsed.GetValue(_input) ?? DefaultInput, output = parsed.GetValue(_output) ?? DefaultOutput;
        LengthModel prompts = LengthText.Parse(_input.Name, input), answers = LengthText.Parse(_output.Name, output);
        var lengths = new IndependentLengths(prompts, answers);
        plan = plan with { TypicalContext = Math.Clamp(prompts.Mean + answers.Mean, 1, plan.Context) };
        string asked = $"prompts {input}, answers {output}";
        if (parsed.GetValue(_concurrency) is not null)
        {
            return Closed(parsed, plan, lengths, asked, engines, stages, seed);
        }

        ArrivalModel arrivals = Arrivals(parsed, out string how);
        var traffic = new TrafficClass("requests", arrivals, lengths);
        plan = plan with { Text = $"{how}, {asked}", Offered = arrivals.Rate.MeanPerSecond };
        SplitRule? split = router switch { RouterKind.Random => SplitRule.Random, RouterKind.RoundRobin => SplitRule.RoundRobin, _ => null };
        bool apart = engines > LargeFleet && split is not null && Splits(arrivals, engines, split.Value);
        return apart
            ? plan with { Sources = engine => Limited(plan, Ended(plan, GeneratedSource.Part(traffic, seed, engine, engines, split!.Value), engine, 1, engines), engine) }
            : plan with { Source = Limited(plan, Ended(plan, new GeneratedSource(traffic, seed), 0, 1, 1), 0) };
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
        double rate = Number(parsed, _rate, 1e-9, 1e9)!.Value;
        string kind = parsed.GetValue(_arrivals) ?? "poisson";
        how = string.Create(CultureInfo.InvariantCulture, $"{rate:#,0.######} requests/s, {kind}");
        return ArrivalText.Parse(_arrivals.Name, kind, rate);
    }

    private TrafficPlan Closed(ParseResult parsed, TrafficPlan plan, RequestLengths lengths, string asked, int engines, int stages, ulong seed)
    {
        int clients = Whole(parsed, _concurrency, 1, 1 << 24)!.Value;
        string? pause = parsed.GetValue(_think);
        DelayModel think = pause is null ? DelayModel.None : DelayModel.Parse(_think.Name, pause);
        return plan with
        {
            Text = string.Create(CultureInfo.InvariantCulture, $"{clients:#,0} clients of each replica{(pause is null ? "" : $" that think {pause} s")}, {asked}"),
            Sources = engine =>
            {
                // A replica of several pipeline stages runs as many engines, which share its clients.
                int stage = engine % stages, own = (clients / stages) + (stage < clients % stages ? 1 : 0);
                long before = ((long)(engine / stages) * clients) + ((long)stage * (clients / stages)) + Math.Min(stage, clients % stages), all = (long)(engines / stages) * clients;
                return own == 0 ? new ListSource([])
                    : new NumberedSource(Ended(plan, new ClosedLoopSource($"clients/{engine.ToString(CultureInfo.InvariantCulture)}", lengths, own, seed, think, limit: plan.Limit(engine)), before, own, all), engine, engines);
            },
        };
    }

    private TrafficPlan OfTrace(ParseResult parsed, TrafficPlan plan, int engines, int stages, ulong seed)
    {
        string path = parsed.GetValue(_trace)!;
        var options = new TraceOptions
        {
            Format = parsed.GetValue(_format) is { } format ? Member<TraceFormat>(_format.Name, format) : null,
            ArrivalColumn = parsed.GetValue(_arrivalColumn),
            PromptColumn = parsed.GetValue(_promptColumn),
            OutputColumn = parsed.GetValue(_outputColumn),
            ClassColumn = parsed.GetValue(_classColumn),
            UnitSeconds = CommonOptions.Quantity(parsed, _unit, Dimension.Time, 1e-9, 86400) ?? 0,
            SkipEmpty = parsed.GetValue(_skipEmpty),
        };
        double from = CommonOptions.Quantity(parsed, _from, Dimension.Time, 0, Ticks.MostSeconds) ?? 0, to = CommonOptions.Quantity(parsed, _to, Dimension.Time, 0, Ticks.MostSeconds) ?? Ticks.MostSeconds;
        if (to <= from)
        {
            throw new InputException(_to.Name, FormattableString.Invariant($"found {to:0.###} s; allowed: after --from, {from:0.###} s"));
        }

        double scale = Number(parsed, _scale, 1e-6, 1e6) ?? 1;
        TraceFile Open() => TraceFile.Open(path, options, seed);
        (double typical, IReadOnlyList<string> classes) = Sample(Open, options.ClassColumn is not null);
        plan = plan with { TypicalContext = Math.Clamp(typical, 1, plan.Context), Classes = classes };
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        TraceFile file = Open();
        IRequestSource window = from > 0 || to < Ticks.MostSeconds ? new CutSource(file.Source, from, to) : file.Source;
        if (window.NextArrival == Ticks.Never)
        {
            file.Dispose();
            throw new InputException(_from.Name, FormattableString.Invariant($"no request of {path} arrives from {from:0.###} s to {to:0.###} s"));
        }

        if (parsed.GetValue(_concurrency) is not null)
        {
            using (file)
            {
                return Closed(parsed, plan with { Notes = () => file.Notes }, PairedLengths.Of(window, seed) with { InOrder = true }, $"lengths of {name} in their order", engines, stages, seed);
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
            Notes = () => [.. file.Notes, .. file.Source.HashTokens > 0 ? [$"{path}: what prompts have in common is not used; every prompt is computed whole"] : Array.Empty<string>()],
            Trouble = () => guarded.Trouble,
            Opened = file,
        };
    }

    // What the cache must know of the lengths, from the first requests; the classes, from all.
    private (double TypicalContext, IReadOnlyList<string> Classes) Sample(Func<TraceFile> open, bool classes)
    {
        using TraceFile file = open();
        long count = 0;
        double tokens = 0;
        try
        {
            while ((classes || count < SampledRequests) && file.Source.NextArrival != Ticks.Never)
            {
                Request request = file.Source.Take();
                tokens += request.PromptTokens + request.OutputTokens;
                count++;
            }
        }
        catch (InputException) when (!classes && count > 0)
        {
            // The run itself tells of it, when it has come so far.
        }

        IReadOnlyList<string> names = classes && file.Source is TraceSource trace ? [.. trace.Classes] : [];
        return names.Count <= MostClasses ? (tokens / Math.Max(1, count), names)
            : throw new InputException(_classColumn.Name, FormattableString.Invariant($"found {names.Count} classes; allowed: at most {MostClasses}"));
    }

    // A source that ends where it should; one of several has the requests of its places among all.
    private static IRequestSource Ended(TrafficPlan plan, IRequestSource source, long before, long own, long all)
    {
        long count = plan.Requests is { } requests ? (long)(((Int128)requests * (before + own) / all) - ((Int128)requests * before / all)) : long.MaxValue;
        return plan.Requests is null && plan.Seconds is null ? source : new CutSource(source, 0, plan.Seconds ?? Ticks.MostSeconds, count);
    }

    private static IRequestSource Limited(TrafficPlan plan, IRequestSource source, int engine) => new ContextLimitedSource(source, plan.Limit(engine));
}

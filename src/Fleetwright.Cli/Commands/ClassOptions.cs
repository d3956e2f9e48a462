using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Serving.Simulation.Results;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Generated;
using Fleetwright.Serving.Simulation.Traffic.Lengths;

namespace Fleetwright.Cli.Commands;

/// <summary>A class of requests as the command line names it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Traffic">What is drawn of it; null where a trace has its requests.</param>
/// <param name="TypicalTokens">Mean tokens of a request that is drawn.</param>
/// <param name="Target">What its requests must keep; not a number where all classes' target holds.</param>
/// <param name="Priority">The lowest number first; null when none was given.</param>
internal sealed record RequestClass(string Name, TrafficClass? Traffic, double TypicalTokens, ServiceTarget Target, int? Priority);

/// <summary>
/// <c>--class "chat: rate=8 input=… output=… ttft=500ms tpot=50ms priority=0"</c>, once for each class: requests that are drawn, or, without a rate, the targets and
/// priority of a class of the trace.
/// </summary>
internal sealed class ClassOptions
{
    private static readonly string[] s_keys = ["rate", "arrivals", "input", "output", "ttft", "tpot", "e2e", "priority"];

    private readonly Option<string[]> _classes = new("--class")
    {
        HelpName = "NAME: key=value …",
        AllowMultipleArgumentsPerToken = false,
        Description = $"A class of requests, once for each: \"chat: rate=8 input=lognormal:1024,0.8 output=256 ttft=500ms priority=0\". Keys: {string.Join(", ", s_keys)}. Without a rate: targets and priority of a class of the trace. The lowest priority number is served first.",
    };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_classes];

    public void AddTo(Command command) => command.Options.Add(_classes);

    /// <summary>The classes, in the order in which they were given.</summary>
    /// <exception cref="InputException">A class is written wrongly or twice, or only some have rates.</exception>
    public IReadOnlyList<RequestClass> Read(ParseResult parsed)
    {
        string[] texts = parsed.GetValue(_classes) ?? [];
        RequestClass[] classes = [.. texts.Select((t, i) => One(t, i))];
        if (classes.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InputException(_classes.Name, $"found '{twice.Key}' twice; allowed: each class once");
        }

        return classes.Select(c => c.Traffic is not null).Distinct().Count() < 2 ? classes
            : throw new InputException(_classes.Name, $"'{classes.First(c => c.Traffic is null).Name}' has no rate and others have; allowed: rate=… for all (requests that are drawn) or for none (classes of the trace)");
    }

    /// <summary>The target of each class of the traffic.</summary>
    /// <param name="given">Classes of the command line.</param>
    /// <param name="names">Classes of the traffic; none when there is one without a name.</param>
    /// <param name="target">What holds where a class has none of its own.</param>
    /// <exception cref="InputException">A class was given that the traffic does not have.</exception>
    public IReadOnlyList<ServiceTarget> Targets(IReadOnlyList<RequestClass> given, IReadOnlyList<string> names, ServiceTarget target)
    {
        if (given.FirstOrDefault(c => !names.Contains(c.Name)) is { } unknown)
        {
            throw new InputException(_classes.Name, names.Count == 0 ? $"found '{unknown.Name}', but the traffic has no classes; allowed: classes with a rate, or a trace with --class-column"
                : $"the trace has no class '{unknown.Name}'; it has: {string.Join(", ", names)}{NearMiss.Suggestion(unknown.Name, names)}");
        }

        return names.Count == 0 ? [target] : [.. names.Select(n => given.FirstOrDefault(c => c.Name == n) is { } own ? Own(own.Target, target) : target)];
    }

    /// <summary>The priority of each class of the traffic, 0 where none was given; null when no class has one.</summary>
    public static IReadOnlyList<int>? Priorities(IReadOnlyList<RequestClass> given, IReadOnlyList<string> names) =>
        given.All(c => c.Priority is null) ? null : [.. names.Select(n => given.FirstOrDefault(c => c.Name == n)?.Priority ?? 0)];

    private static ServiceTarget Own(ServiceTarget own, ServiceTarget all) => new(
        double.IsNaN(own.TtftSeconds) ? all.TtftSeconds : own.TtftSeconds, double.IsNaN(own.TpotSeconds) ? all.TpotSeconds : own.TpotSeconds, double.IsNaN(own.EndToEndSeconds) ? all.EndToEndSeconds : own.EndToEndSeconds);

    private RequestClass One(string text, int index)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal), equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = colon > 0 && (equals < 0 || colon < equals) ? text[..colon].Trim() : "";
        if (name.Length == 0 || name.Any(c => char.IsWhiteSpace(c) || c is ',' or '"'))
        {
            throw new InputException(_classes.Name, $"found '{text}'; allowed: a name without blanks, a colon, and key=value pairs separated by blanks, such as \"chat: rate=8 output=256 priority=0\"");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in text[(colon + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] halves = pair.Split('=', 2);
            if (halves.Length != 2 || !s_keys.Contains(halves[0]) || !values.TryAdd(halves[0], halves[1]))
            {
                throw new InputException(_classes.Name, $"found '{pair}' in class '{name}'; allowed: each once of {string.Join(", ", s_keys)}, as key=value without blanks{NearMiss.Suggestion(halves[0], s_keys)}");
            }
        }

        string Where(string key) => $"{_classes.Name} {name}: {key}";
        double Time(string key) => !values.TryGetValue(key, out string? value) ? double.NaN
            : Quantity.TryParse(value, Dimension.Time, out double seconds, out string problem) && seconds >= 1e-6 ? seconds : throw new InputException(Where(key), problem.Length > 0 ? problem : $"found '{value}'; allowed: at least 1 us");
        int? priority = !values.TryGetValue("priority", out string? urgency) ? null
            : int.TryParse(urgency, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int level) && level is >= -1000 and <= 1000 ? level
            : throw new InputException(Where("priority"), $"found '{urgency}'; allowed: a whole number from -1000 to 1000, the lowest served first");
        TrafficClass? traffic = null;
        double typical = 0;
        if (values.TryGetValue("rate", out string? rate))
        {
            double perSecond = double.TryParse(rate, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number is >= 1e-9 and <= 1e9 ? number
                : throw new InputException(Where("rate"), $"found '{rate}'; allowed: requests per second above 0");
            LengthModel prompts = LengthText.Parse(Where("input"), values.GetValueOrDefault("input", TrafficOptions.DefaultInput)), answers = LengthText.Parse(Where("output"), values.GetValueOrDefault("output", TrafficOptions.DefaultOutput));
            typical = prompts.Mean + answers.Mean;
            traffic = new TrafficClass(name, ArrivalText.Parse(Where("arrivals"), values.GetValueOrDefault("arrivals", "poisson"), perSecond), new IndependentLengths(prompts, answers), index);
        }
        else if (s_keys.Take(4).FirstOrDefault(values.ContainsKey) is { } drawn)
        {
            throw new InputException(Where(drawn), "found without rate=; allowed: with it, for requests that are drawn");
        }

        return new RequestClass(name, traffic, typical, new ServiceTarget(Time("ttft"), Time("tpot"), Time("e2e")), priority);
    }
}

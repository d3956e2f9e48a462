using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Cli.Commands;

/// <summary>The options that name a trace, say how it is read, and which part of it at which rate.</summary>
internal sealed class TraceFileOptions
{
    public Option<string[]> Trace { get; } = new("--trace") { DefaultValueFactory = _ => [], HelpName = "file", Description = "Replay this trace, or several one after another (the option again for each): Azure, BurstGPT, Vidur or other csv, Mooncake or other json lines, gzipped or not, or a ServeGen client set." };
    private readonly Option<string?> _format = new("--trace-format") { Description = $"Its format, if not told by its first line: {string.Join(", ", Enum.GetNames<TraceFormat>().Select(TrafficOptions.Key))}." };
    private readonly Option<string?> _arrivalColumn = new("--arrival-column") { Description = "The trace's column of arrival times." };
    private readonly Option<string?> _promptColumn = new("--prompt-column") { Description = "The trace's column of prompt tokens." };
    private readonly Option<string?> _outputColumn = new("--output-column") { Description = "The trace's column of answer tokens." };
    public Option<string?> ClassColumn { get; } = new("--class-column") { Description = "The trace's column of classes; results are then also given by class." };
    private readonly Option<string?> _unit = CommonOptions.QuantityOption("--time-unit", "One unit of the trace's arrival times.", Dimension.Time);
    private readonly Option<bool> _skipEmpty = new("--skip-empty") { Description = "Skip and count lines without a prompt or an answer instead of stopping there." };
    public Option<string?> Scale { get; } = new("--scale-rate") { HelpName = "number", Description = "What the trace's rate is multiplied by." };
    private readonly Option<string?> _from = CommonOptions.QuantityOption("--from", "Start of the part of the trace that is replayed.", Dimension.Time);
    private readonly Option<string?> _to = CommonOptions.QuantityOption("--to", "Its end.", Dimension.Time);

    /// <summary>All of them, the trace's own first.</summary>
    public IReadOnlyList<Option> All => [Trace, _format, _arrivalColumn, _promptColumn, _outputColumn, ClassColumn, _unit, _skipEmpty, Scale, _from, _to];

    /// <summary>Whether a trace was named.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetRequiredValue(Trace).Length > 0;

    /// <summary>What the trace is called.</summary>
    public string Name(ParseResult parsed) => string.Join(" + ", parsed.GetRequiredValue(Trace).Select(p => Path.GetFileName(Path.TrimEndingDirectorySeparator(p))));

    /// <summary>Opens it.</summary>
    /// <exception cref="InputException">It cannot be read.</exception>
    public TraceFile Open(ParseResult parsed, ulong seed) => TraceFile.Open(parsed.GetRequiredValue(Trace), Read(parsed), seed);

    /// <summary>What its rate is multiplied by; null when that was left out.</summary>
    public double? ScaleOf(ParseResult parsed) => CommonOptions.Number(parsed, Scale, 1e-6, 1e6);

    /// <summary>The part that is replayed, in seconds of the trace.</summary>
    public (double From, double To) Window(ParseResult parsed)
    {
        double from = CommonOptions.Quantity(parsed, _from, Dimension.Time, 0, Ticks.MostSeconds) ?? 0, to = CommonOptions.Quantity(parsed, _to, Dimension.Time, 0, Ticks.MostSeconds) ?? Ticks.MostSeconds;
        return to > from ? (from, to) : throw new InputException(_to.Name, FormattableString.Invariant($"found {to:0.###} s; allowed: after --from, {from:0.###} s"));
    }

    /// <summary>That part of an opened trace, which is closed when nothing arrives in it.</summary>
    public IRequestSource Cut(ParseResult parsed, TraceFile file)
    {
        (double from, double to) = Window(parsed);
        IRequestSource window = from > 0 || to < Ticks.MostSeconds ? new CutSource(file.Source, from, to) : file.Source;
        if (window.NextArrival != Ticks.Never)
        {
            return window;
        }

        file.Dispose();
        throw new InputException(_from.Name, string.Create(CultureInfo.InvariantCulture, $"no request of {Name(parsed)} arrives from {from:0.###} s to {to:0.###} s"));
    }

    private TraceOptions Read(ParseResult parsed) => new()
    {
        Format = parsed.GetValue(_format) is { } format ? TrafficOptions.Member<TraceFormat>(_format.Name, format) : null,
        ArrivalColumn = parsed.GetValue(_arrivalColumn),
        PromptColumn = parsed.GetValue(_promptColumn),
        OutputColumn = parsed.GetValue(_outputColumn),
        ClassColumn = parsed.GetValue(ClassColumn),
        UnitSeconds = CommonOptions.Quantity(parsed, _unit, Dimension.Time, 1e-9, 86400) ?? 0,
        SkipEmpty = parsed.GetValue(_skipEmpty),
    };
}

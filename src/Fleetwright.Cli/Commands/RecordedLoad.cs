using System.CommandLine;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Serving.Simulation.Traffic.Transforms;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Cli.Commands;

/// <summary>A trace as a load to size for: read once to know its rate and lengths, and opened again for every fleet that is tried.</summary>
/// <param name="Workload">Its lengths.</param>
/// <param name="PerSecond">Its mean rate.</param>
/// <param name="Open">Opens it with its rate multiplied; requests beyond the model's context are left out.</param>
internal sealed record RecordedLoad(Workload Workload, double PerSecond, Func<double, int, IRequestSource> Open)
{
    /// <summary>Reads the trace that the options name.</summary>
    /// <exception cref="InputException">It cannot be read, or says nothing of a rate or of decoding.</exception>
    public static RecordedLoad Read(ParseResult parsed, TraceFileOptions file, ulong seed)
    {
        double scale = file.ScaleOf(parsed) ?? 1;
        TraceSummary summary;
        using (TraceFile trace = file.Open(parsed, seed))
        {
            summary = TraceSummary.Of(file.Cut(parsed, trace));
        }

        if (summary.PerSecond <= 0 || summary.Output.Mean < 2)
        {
            throw new InputException(file.Trace.Name, FormattableString.Invariant($"found {summary.Requests} requests in {summary.LastSeconds - summary.FirstSeconds:0.###} s with {summary.Output.Mean:0.#} tokens an answer in {file.Name(parsed)}; allowed: at least two requests at different times, and two tokens an answer on average"));
        }

        return new RecordedLoad(new Workload(summary.Prompt, summary.Output), summary.PerSecond * scale, (factor, context) =>
        {
            IRequestSource source = file.Cut(parsed, file.Open(parsed, seed));
            source = factor * scale == 1 ? source : new ScaledSource(source, factor * scale);
            return context > 0 ? new ContextLimitedSource(source, new ContextLimit(context, LongPrompts.Reject)) : source;
        });
    }
}

using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Whatever a user may name as a trace: a trace file, or a ServeGen client set when the path is a folder or a tar archive.</summary>
public sealed class TraceFile : IDisposable
{
    private readonly ServeGenSet? _set;
    private readonly TraceSource? _trace;

    private TraceFile(IRequestSource source, ServeGenSet? set) => (Source, _set, _trace) = (source, set, source as TraceSource);

    /// <summary>Its requests.</summary>
    public IRequestSource Source { get; }

    /// <summary>What the user should know, one line each: requests sorted, lines skipped, clients left out. Counts are those so far.</summary>
    public IReadOnlyList<string> Notes => _set?.Notes ?? _trace!.Notes;

    /// <summary>Opens a trace.</summary>
    /// <param name="path">The file, folder or archive.</param>
    /// <param name="options">How a trace file is read.</param>
    /// <param name="seed">The run's seed, for client sets.</param>
    /// <exception cref="InputException">It is missing, empty, cut, damaged, of no known format, or a line is wrong.</exception>
    public static TraceFile Open(string path, TraceOptions? options = null, ulong seed = 1)
    {
        if (!ServeGenFiles.Is(path))
        {
            return new TraceFile(new TraceSource(path, options), null);
        }

        var set = ServeGenSet.Read(path);
        return new TraceFile(set.Open(seed), set);
    }

    /// <inheritdoc/>
    public void Dispose() => _trace?.Dispose();
}

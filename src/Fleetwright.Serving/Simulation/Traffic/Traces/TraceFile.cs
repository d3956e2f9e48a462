using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Transforms;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Whatever a user may name as a trace: a trace file, a ServeGen client set when the path is a folder or a tar archive, or several of them one after another.</summary>
public sealed class TraceFile : IDisposable
{
    // Those that have been opened, in order.
    private readonly List<(TraceSource? Trace, ServeGenSet? Set)> _parts = [];

    private TraceFile(IReadOnlyList<string> paths, TraceOptions? options, ulong seed) =>
        Source = paths.Count == 1 ? Part(paths[0], options, seed) : SplicedSource.Of([.. paths.Select(p => (Func<IRequestSource>)(() => Part(p, options, seed)))]);

    /// <summary>Its requests.</summary>
    public IRequestSource Source { get; }

    /// <summary>What the user should know, one line each: requests sorted, lines skipped, clients left out. Counts are those so far.</summary>
    public IReadOnlyList<string> Notes => [.. _parts.SelectMany(p => p.Trace?.Notes ?? p.Set!.Notes)];

    /// <summary>Names of the classes found so far; none without a class column.</summary>
    public IReadOnlyList<string> Classes => _parts[0].Trace?.Classes ?? [];

    /// <summary>Opens a trace.</summary>
    /// <param name="path">The file, folder or archive.</param>
    /// <param name="options">How a trace file is read.</param>
    /// <param name="seed">The run's seed, for client sets.</param>
    /// <exception cref="InputException">It is missing, empty, cut, damaged, of no known format, or a line is wrong.</exception>
    public static TraceFile Open(string path, TraceOptions? options = null, ulong seed = 1) => new([path], options, seed);

    /// <summary>Opens traces one after another (<see cref="SplicedSource"/>).</summary>
    /// <exception cref="InputException">There is none, one cannot be opened, or several are to have classes: their names stand in each for themselves.</exception>
    public static TraceFile Open(IReadOnlyList<string> paths, TraceOptions? options = null, ulong seed = 1)
    {
        if (paths.Count > 1 && options?.ClassColumn is { } column)
        {
            throw new InputException("class-column", $"found '{column}' for {paths.Count} traces; allowed: classes of one trace");
        }

        // A path that is wrong is told before the first is replayed.
        foreach (string path in paths.Count > 1 ? paths : [])
        {
            Open(path, options, seed).Dispose();
        }

        return new TraceFile(paths, options, seed);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((TraceSource? trace, _) in _parts)
        {
            trace?.Dispose();
        }
    }

    private IRequestSource Part(string path, TraceOptions? options, ulong seed)
    {
        bool clients = ServeGenFiles.Is(path);
        ServeGenSet? set = clients ? ServeGenSet.Read(path) : null;
        TraceSource? trace = clients ? null : new TraceSource(path, options);
        _parts.Add((trace, set));
        return trace ?? set!.Open(seed);
    }
}

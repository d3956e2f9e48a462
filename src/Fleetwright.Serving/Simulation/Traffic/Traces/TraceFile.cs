namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Opens whatever a user may name as a trace.</summary>
public static class TraceFile
{
    /// <summary>A trace file, or a ServeGen client set when the path is a folder or a tar archive.</summary>
    /// <param name="path">The file, folder or archive.</param>
    /// <param name="options">How a trace file is read.</param>
    /// <param name="seed">The run's seed, for client sets.</param>
    /// <exception cref="Catalog.Reading.InputException">It is missing, empty, cut, damaged, of no known format, or a line is wrong.</exception>
    public static IRequestSource Open(string path, TraceOptions? options = null, ulong seed = 1) =>
        ServeGenFiles.Is(path) ? ServeGenSet.Read(path).Open(seed) : new TraceSource(path, options);
}

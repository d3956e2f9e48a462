namespace Fleetwright.Scenarios.Output;

/// <summary>A file that is written over some time and takes its place when it is whole; left unfinished, it is gone and the one before stays.</summary>
public sealed class UnfinishedFile : IDisposable
{
    private readonly string _path;
    private readonly string _unfinished;

    /// <summary>Begins one.</summary>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public UnfinishedFile(string path)
    {
        (_path, _unfinished) = (path, path + ".part");
        Stream = new FileStream(_unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
    }

    /// <summary>Where it is written.</summary>
    public Stream Stream { get; }

    /// <summary>Puts it in its place.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Finish()
    {
        Stream.Dispose();
        File.Move(_unfinished, _path, overwrite: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        File.Delete(_unfinished);
    }
}

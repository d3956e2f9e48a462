using Fleetwright.Catalog.Reading;

namespace Fleetwright.Scenarios.Output;

/// <summary>A folder that results are written to, whole files at a time: a reader never sees half a file, and a failed run leaves the old ones.</summary>
public sealed class OutputFolder
{
    private OutputFolder(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes the folder if need be and tries to write in it, before any work is done for it.</summary>
    /// <exception cref="InputException">The folder cannot be made or written to.</exception>
    public static OutputFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            string probe = System.IO.Path.Combine(path, ".fleetwright-probe");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException("--out", $"cannot write to '{path}': {e.Message}");
        }

        return new OutputFolder(path);
    }

    /// <summary>Writes a whole file in place of any before it.</summary>
    public void Write(string name, string text) => WholeFile.Write(System.IO.Path.Combine(Path, name), text);
}

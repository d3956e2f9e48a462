namespace Fleetwright.Supply.Solvers;

/// <summary>A private temporary folder for a solver's files, removed when disposed.</summary>
internal sealed class SolverFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fleetwright-solver-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public string FullName => _folder.FullName;

    public void Dispose()
    {
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A file held by a dying process; the system's own cleaning of the temporary folder takes it.
        }
    }
}

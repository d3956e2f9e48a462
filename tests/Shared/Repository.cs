namespace Fleetwright.Testing;

/// <summary>Where this checkout and the shared measurements beside it lie.</summary>
internal static class Repository
{
    /// <summary>The root of the checkout: the nearest folder above the test binary that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the checkout.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>A file of the public measurements beside the checkout; the test is skipped, saying so, when they are absent.</summary>
    public static string SharedData(params string[] parts)
    {
        string path = System.IO.Path.Combine([Root, "..", "shared", "data", .. parts]);
        Assert.SkipUnless(
            File.Exists(path) || Directory.Exists(path),
            $"Needs the public measurements at ../shared/data/{string.Join('/', parts)}, which are not beside this checkout.");
        return path;
    }

    private static string FindRoot()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Combine(folder, "Fleetwright.slnx")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("The tests must run from inside a checkout.");
    }
}

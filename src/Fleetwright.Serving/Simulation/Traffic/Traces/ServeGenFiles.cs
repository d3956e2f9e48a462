using System.Formats.Tar;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>The files of a ServeGen client set: <c>chunk-N-trace.csv</c> and <c>chunk-N-dataset.json</c>, in a folder or a tar archive, gzipped or not.</summary>
internal static class ServeGenFiles
{
    private const int LongestFile = 1 << 28;

    /// <summary>Whether a path looks like a client set.</summary>
    public static bool Is(string path) => Directory.Exists(path) || path.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);

    /// <summary>The files by client: rates and lengths, either of which may be missing.</summary>
    /// <exception cref="InputException">There is no such set, it is cut or damaged, or holds no client.</exception>
    public static SortedDictionary<int, (string? Trace, string? Dataset)> Read(string path)
    {
        var clients = new SortedDictionary<int, (string? Trace, string? Dataset)>();
        try
        {
            if (Directory.Exists(path))
            {
                foreach (string file in Directory.EnumerateFiles(path, "chunk-*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                {
                    Add(clients, Path.GetFileName(file), () => File.ReadAllText(file));
                }
            }
            else
            {
                ReadArchive(path, clients);
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or FormatException)
        {
            throw new InputException(path, FormattableString.Invariant($"the archive is cut or damaged; {clients.Count} clients were read before: {e.Message}"));
        }

        return clients.Values.Any(c => c.Trace is not null) ? clients
            : throw new InputException(path, "found no client; allowed: a folder or archive with files chunk-N-trace.csv and chunk-N-dataset.json");
    }

    private static void ReadArchive(string path, SortedDictionary<int, (string? Trace, string? Dataset)> clients)
    {
        using Stream stream = path.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase)
            ? new System.IO.Compression.GZipStream(DataFile.Open(path), System.IO.Compression.CompressionMode.Decompress) : DataFile.Open(path);
        using var tar = new TarReader(stream);
        while (tar.GetNextEntry() is { } entry)
        {
            if (entry.DataStream is { } data)
            {
                if (data.Length > LongestFile)
                {
                    throw new InvalidDataException($"{entry.Name} is longer than {LongestFile} bytes");
                }

                Add(clients, Path.GetFileName(entry.Name), () => new StreamReader(data, Encoding.UTF8).ReadToEnd());
            }
        }
    }

    private static void Add(SortedDictionary<int, (string? Trace, string? Dataset)> clients, string name, Func<string> read)
    {
        string[] parts = name.Split('-', 3);
        if (parts is not ["chunk", var number, "trace.csv" or "dataset.json"] || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int client))
        {
            return;
        }

        (string? trace, string? dataset) = clients.GetValueOrDefault(client);
        clients[client] = parts[2] == "trace.csv" ? (read(), dataset) : (trace, read());
    }
}

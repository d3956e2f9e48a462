using System.IO.Compression;
using System.Text;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>A folder of small trace files that is removed after the test.</summary>
public sealed class TraceFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("fleetwright-traces-").FullName;

    public string Path(string name) => System.IO.Path.Combine(_path, name);

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public string Write(string name, byte[] bytes)
    {
        string path = Path(name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public static byte[] Gzip(string text)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

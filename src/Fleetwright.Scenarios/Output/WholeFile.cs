using System.Text;

namespace Fleetwright.Scenarios.Output;

/// <summary>Writes files whole or not at all: a reader never sees half a file, and a failed run leaves the old one.</summary>
public static class WholeFile
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a text in place of any file before it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, string text) => Write(path, writer => writer.Write(text));

    /// <summary>Writes what <paramref name="write"/> gives, lines ended by a line feed, in place of any file before it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<TextWriter> write) => WriteBytes(path, stream =>
    {
        using var writer = new StreamWriter(stream, Encoding, leaveOpen: true) { NewLine = "\n" };
        write(writer);
    });

    /// <summary>Writes the bytes that <paramref name="write"/> gives, in place of any file before it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void WriteBytes(string path, Action<Stream> write)
    {
        using var file = new UnfinishedFile(path);
        write(file.Stream);
        file.Finish();
    }
}

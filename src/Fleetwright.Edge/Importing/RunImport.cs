using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Reading;

namespace Fleetwright.Edge.Importing;

/// <summary>Reads what benchmark tools write. The formats and their sources: <c>docs/edge-policy.md</c>, Import.</summary>
public static class RunImport
{
    private static readonly (string Name, string What, byte[] Mark, Func<byte[], string, ImportedRuns> Read)[] Readers =
    [
        ("llama-bench", "the output of llama-bench -o json or -o jsonl", "\"avg_ts\""u8.ToArray(), LlamaBenchImport.Read),
        ("executorch", "the log of an ExecuTorch runner, with its PyTorchObserver lines", "PyTorchObserver {"u8.ToArray(), ExecuTorchImport.Read),
        ("genie", "the profile of genie-t2t-run --profile", "\"GenieDialog_"u8.ToArray(), GenieImport.Read),
    ];

    /// <summary>Names of the formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = [.. Readers.Select(r => r.Name)];

    /// <summary>The formats with what they are, for people.</summary>
    public static string Description { get; } = string.Join("; ", Readers.Select(r => $"{r.Name}: {r.What}"));

    /// <summary>Reads the runs of a file, gzipped when its name ends in <c>.gz</c>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <exception cref="InputException">The format is unknown, or the file is missing, cut, of another format, or holds no run.</exception>
    public static ImportedRuns Read(string path, string format)
    {
        int chosen = Array.FindIndex(Readers, r => r.Name == format);
        if (chosen < 0)
        {
            throw new InputException("--format", $"found '{format}'; allowed: {string.Join(", ", Formats)}{NearMiss.Suggestion(format, Formats)}");
        }

        byte[] bytes = JsonItem.Bytes(path);
        try
        {
            return Readers[chosen].Read(bytes, path);
        }
        catch (InputException e) when (Array.FindIndex(Readers, r => bytes.AsSpan().IndexOf(r.Mark) >= 0) is var other and >= 0 && other != chosen)
        {
            throw new InputException([.. e.Diagnostics, new Diagnostic(path, 0, 0, "", $"it looks like {Readers[other].What}: --format {Readers[other].Name}")]);
        }
    }
}

/// <summary>The runs of a file.</summary>
/// <param name="Runs">The runs, in the order of the file; at least one.</param>
/// <param name="LeftOut">Why others were left out, for people; empty when none were.</param>
public sealed record ImportedRuns(IReadOnlyList<ImportedRun> Runs, IReadOnlyList<string> LeftOut);

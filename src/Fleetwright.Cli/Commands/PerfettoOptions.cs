using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Timelines;

namespace Fleetwright.Cli.Commands;

/// <summary>The options of <c>simulate</c> that draw a window of a run for trace viewers.</summary>
internal sealed class PerfettoOptions
{
    // Each replica that is drawn has an open file while the run goes.
    private const int MostReplicas = 64;
    private const int DefaultReplicas = 4;
    private readonly Option<string?> _file = new("--perfetto") { HelpName = "file", Description = "Write what replicas do in --perfetto-window to this file for ui.perfetto.dev or chrome://tracing; gzipped when its name ends in .gz." };
    private readonly Option<string?> _window = new("--perfetto-window") { HelpName = "from..to", Description = "Simulated time that is drawn, such as 10s..20s." };
    private readonly Option<string?> _replicas = new("--perfetto-replicas") { HelpName = "first..last", Description = $"Replicas that are drawn, such as 0..3 (default, as far as there are so many) or 7; at most {MostReplicas}." };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_file, _window, _replicas];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Whether anything is drawn.</summary>
    public bool IsGiven(ParseResult parsed) => CommonOptions.IsGiven(parsed, _file);

    /// <summary>What is drawn; null for nothing.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="replicas">Replicas of the fleet.</param>
    /// <exception cref="InputException">An option is wrong, or does not go with another.</exception>
    public Drawing? Read(ParseResult parsed, int replicas)
    {
        if (CommonOptions.InFolder(parsed.GetValue(_file), _file.Name) is not { } file)
        {
            CommonOptions.Refuse(parsed, All, "found where it means nothing; allowed: with --perfetto");
            return null;
        }

        (double from, double to) = Window(parsed.GetValue(_window) ?? throw new InputException(_window.Name, "is missing; --perfetto needs a window of simulated time such as 10s..20s"));
        (int first, int last) = Replicas(parsed.GetValue(_replicas), replicas);
        return new Drawing(file, from, to, first, last);
    }

    private (double From, double To) Window(string text)
    {
        string[] ends = text.Split("..");
        if (ends.Length != 2 || !Quantity.TryParse(ends[0], Dimension.Time, out double from, out _) || !Quantity.TryParse(ends[1], Dimension.Time, out double to, out _) || !(from >= 0 && from < to && to <= Ticks.MostSeconds))
        {
            throw new InputException(_window.Name, $"found '{text}'; allowed: two times with units, the first before the second, such as 10s..20s");
        }

        return (from, to);
    }

    private (int First, int Last) Replicas(string? text, int replicas)
    {
        if (text is null)
        {
            return (0, Math.Min(DefaultReplicas, replicas) - 1);
        }

        string[] ends = text.Split("..");
        return ends.Length <= 2 && int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out int first) && int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int last)
            && first <= last && last < replicas && last - first < MostReplicas ? (first, last)
            : throw new InputException(_replicas.Name, FormattableString.Invariant($"found '{text}'; allowed: a replica or first..last, from 0 to {replicas - 1}, at most {MostReplicas} of them"));
    }

    /// <summary>A window that is drawn, and the file that it goes to.</summary>
    internal sealed class Drawing(string file, double from, double to, int first, int last)
    {
        /// <summary>What the run draws on. Each replica's part is a file beside the other until both are done.</summary>
        public Timeline Timeline { get; } = new(from, to, first, last, engine => new FileStream(
            FormattableString.Invariant($"{file}.{engine}.part"), FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose));

        /// <summary>The file.</summary>
        public string File => file;

        /// <summary>Writes the file, once the run is over.</summary>
        public void Finish() => WholeFile.WriteBytes(file, stream =>
        {
            if (!file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            {
                Timeline.WriteTo(stream);
                return;
            }

            using var zip = new GZipStream(stream, CompressionLevel.Optimal, leaveOpen: true);
            Timeline.WriteTo(zip);
        });
    }
}

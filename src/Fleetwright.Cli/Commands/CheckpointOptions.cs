using System.CommandLine;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Simulation.Resuming;

namespace Fleetwright.Cli.Commands;

/// <summary>
/// The options of <c>simulate</c> that keep the state of a long run and take it up again. A file holds, gzipped, the version, the options that the results follow from, and the state
/// of the engine; it is put in the place of the one before when it is whole.
/// </summary>
internal sealed class CheckpointOptions
{
    private const string Mark = "fleetwright checkpoint 1";
    private const int MostMilliseconds = 86_400_000;

    // What changes nothing in the results but where and how they are told.
    private static readonly string[] Free = ["--threads", "--json", "--html", "--percentiles", "--checkpoint", "--checkpoint-every", "--resume", "--help"];
    private readonly Option<string?> _file = new("--checkpoint") { HelpName = "file", Description = "Write the state of the run to this file from time to time, and when it is stopped." };
    private readonly Option<string?> _every = CommonOptions.QuantityOption("--checkpoint-every", "Real time between two of them; one minute when left out.", Dimension.Time);
    private readonly Option<string?> _resume = new("--resume") { HelpName = "file", Description = "Go on from a checkpoint of the same run: the answer is that of a run that was never stopped." };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_file, _every, _resume];

    public void AddTo(Command command)
    {
        foreach (Option option in All)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>Where the state is kept and from where the run goes on; null for neither.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="traces">The trace files that are replayed, if any.</param>
    /// <param name="beside">What is kept of each replica's traffic.</param>
    /// <exception cref="InputException">An option is wrong, or the file is of another run.</exception>
    public Checkpoints? Read(ParseResult parsed, IReadOnlyList<string> traces, IState beside)
    {
        string? file = CommonOptions.InFolder(parsed.GetValue(_file), _file.Name), from = parsed.GetValue(_resume);
        if (file is null && CommonOptions.IsGiven(parsed, _every))
        {
            throw new InputException(_every.Name, "found where it means nothing; allowed: with --checkpoint");
        }

        double every = CommonOptions.Quantity(parsed, _every, Dimension.Time, 0.1, MostMilliseconds / 1e3) ?? 60;
        if (file is null && from is null)
        {
            return null;
        }

        IReadOnlyList<(string Name, string Value)> inputs = Inputs(parsed, traces);
        return new Checkpoints
        {
            Every = TimeSpan.FromSeconds(every),
            Write = file is null ? null : write => Write(file, inputs, write),
            Resumed = from is null ? null : Open(from, inputs),
            Beside = beside,
        };
    }

    // The options as they were given, and what the trace begins with: a file that has grown or changed is another.
    private static List<(string Name, string Value)> Inputs(ParseResult parsed, IReadOnlyList<string> traces)
    {
        List<(string, string)> inputs = [.. parsed.CommandResult.Command.Options
            .Where(o => !Free.Contains(o.Name) && CommonOptions.IsGiven(parsed, o))
            .Select(o => (o.Name, string.Join(' ', parsed.GetResult(o)!.Tokens.Select(t => t.Value))))
            .OrderBy(o => o.Name, StringComparer.Ordinal)];
        foreach (string trace in traces.Where(File.Exists))
        {
            using FileStream stream = File.OpenRead(trace);
            byte[] head = new byte[(int)Math.Min(stream.Length, 1 << 20)];
            stream.ReadExactly(head);
            inputs.Add(($"the content of {trace}", string.Create(CultureInfo.InvariantCulture, $"{stream.Length} bytes, {Convert.ToHexStringLower(SHA256.HashData(head))[..16]}")));
        }

        return inputs;
    }

    private static void Write(string file, IReadOnlyList<(string Name, string Value)> inputs, Action<Stream> write) => WholeFile.WriteBytes(file, stream =>
    {
        using var zip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        using var buffer = new BufferedStream(zip, 1 << 16);
        using (var header = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            header.Write(Mark);
            header.Write(inputs.Count);
            foreach ((string name, string value) in inputs)
            {
                header.Write(name);
                header.Write(value);
            }
        }

        write(buffer);
    });

    private Stream Open(string file, IReadOnlyList<(string Name, string Value)> inputs)
    {
        if (!File.Exists(file))
        {
            throw new InputException(_resume.Name, $"found '{file}'; there is no such file");
        }

        // Unpacked whole first: a file that is cut is told before anything is done with it.
        var content = new MemoryStream();
        try
        {
            using (var zip = new GZipStream(File.OpenRead(file), CompressionMode.Decompress))
            {
                zip.CopyTo(content);
            }

            content.Position = 0;
            using var header = new BinaryReader(content, Encoding.UTF8, leaveOpen: true);
            string mark = header.ReadString();
            if (mark != Mark)
            {
                throw new InputException(_resume.Name, $"found '{file}' of version '{mark}'; allowed: '{Mark}'");
            }

            (string, string)[] then = new (string, string)[header.ReadInt32()];
            for (int i = 0; i < then.Length; i++)
            {
                then[i] = (header.ReadString(), header.ReadString());
            }

            Compare(file, then.ToDictionary(), inputs.ToDictionary(i => i.Name, i => i.Value));
            return content;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or OverflowException or ArgumentException)
        {
            throw new InputException(_resume.Name, $"found '{file}', which is cut or no checkpoint: {e.Message}");
        }
    }

    private void Compare(string file, Dictionary<string, string> then, Dictionary<string, string> now)
    {
        string[] other = [.. then.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Where(n => then.GetValueOrDefault(n) != now.GetValueOrDefault(n))
            .Select(n => $"{n} was {then.GetValueOrDefault(n, "left out")} and is {now.GetValueOrDefault(n, "left out")}")];
        if (other.Length > 0)
        {
            throw new InputException(_resume.Name, $"found '{file}', a checkpoint of another run: {string.Join("; ", other)}; allowed: the same options but for {string.Join(", ", Free[..^1])}");
        }
    }
}

using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Fleetwright.Catalog.Reading;

/// <summary>
/// One YAML file being read: its root map, the problems found so far, its named sources and every fact it states.
/// Anchors and aliases are refused, as are deep nesting and files over 8 MB, so that no small file can expand into a large one.
/// </summary>
public sealed class YamlFile
{
    private const long MaximumBytes = 8_000_000;
    private const int MaximumDepth = 40;
    private readonly List<Diagnostic> _problems = [];
    private readonly List<WrittenFact> _facts = [];
    private readonly Dictionary<string, (long Line, long Column)> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
    private Mark _reached = Mark.Empty;

    private YamlFile(string path) => Path = path;

    /// <summary>The file as the user named it.</summary>
    public string Path { get; }

    /// <summary>The map at the top of the file.</summary>
    public YamlMap Root { get; private set; } = null!;

    /// <summary>The problems found so far.</summary>
    public IReadOnlyList<Diagnostic> Problems => _problems;

    /// <summary>Every fact read so far; in file order once the file is closed.</summary>
    public IReadOnlyList<WrittenFact> Facts => _facts;

    /// <summary>Where each text read so far stands: the path of its field to line and column.</summary>
    public IReadOnlyDictionary<string, (long Line, long Column)> Places => _places;

    /// <summary>The named sources of the file: short key to full text.</summary>
    public IReadOnlyDictionary<string, string> Sources => _sources;

    /// <summary>The source of values that name none, or null when each value must name its own.</summary>
    public string? DefaultSource { get; private set; }

    /// <summary>Opens a file whose root is a map; reads its <c>sources</c> and <c>source</c> keys.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InputException">The file is missing, unreadable, not YAML, not a map, or too large or deep.</exception>
    public static YamlFile Open(string path)
    {
        string text;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaximumBytes } big)
            {
                throw new InputException(path, string.Create(CultureInfo.InvariantCulture, $"the file has {big.Length:#,0} bytes; at most {MaximumBytes:#,0} are read"));
            }

            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            string reason = Directory.Exists(path) ? "is a folder; name a YAML file" : e is FileNotFoundException or DirectoryNotFoundException ? "no such file" : e.Message;
            throw new InputException(path, reason);
        }

        return Parse(path, text);
    }

    /// <summary>Reads <paramref name="text"/> as if it were the contents of <paramref name="path"/>.</summary>
    /// <exception cref="InputException">The text is not a YAML map, or too deep.</exception>
    public static YamlFile Parse(string path, string text)
    {
        var file = new YamlFile(path);
        YamlNode? root;
        try
        {
            file.RefuseAliasesAndDepth(text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count > 1)
            {
                throw new InputException(path, "the file holds more than one document ('---' lines); keep one");
            }

            root = stream.Documents.Count == 0 ? null : stream.Documents[0].RootNode;
        }
        catch (YamlException e)
        {
            string message = e.InnerException?.Message ?? e.Message;
            throw new InputException([new Diagnostic(path, e.Start.Line, e.Start.Column, "", $"not valid YAML: {message}")]);
        }
        catch (Exception e) when (e is not (InputException or OutOfMemoryException))
        {
            // On some malformed text YamlDotNet throws whatever its scanner trips over (found by fuzzing).
            throw new InputException([new Diagnostic(path, file._reached.Line, file._reached.Column, "", "not valid YAML at or after this place")]);
        }

        if (root is not YamlMappingNode mapping)
        {
            throw new InputException(path, "the file must hold a map of 'key: value' lines");
        }

        file.Root = new YamlMap(file, mapping, "");
        file.ReadSources();
        return file;
    }

    /// <summary>Records a problem.</summary>
    public void Report(Diagnostic problem) => _problems.Add(problem);

    /// <summary>Ends the reading: reports keys that nothing has read, and throws when there is any problem.</summary>
    /// <exception cref="InputException">At least one problem was found; all are listed in file order.</exception>
    public void Close()
    {
        Root.Close();
        WrittenFact[] inFileOrder = [.. _facts.OrderBy(f => f.Line)];
        _facts.Clear();
        _facts.AddRange(inFileOrder);
        if (_problems.Count > 0)
        {
            throw new InputException([.. _problems.Distinct().OrderBy(p => p.Line).ThenBy(p => p.Column)]);
        }
    }

    internal void Record(WrittenFact fact) => _facts.Add(fact);

    internal void RecordPlace(string field, long line, long column) => _places[field] = (line, column);

    private void RefuseAliasesAndDepth(string text)
    {
        var parser = new Parser(new StringReader(text));
        int depth = 0;
        while (parser.MoveNext())
        {
            ParsingEvent current = parser.Current!;
            _reached = current.End;
            depth += current.NestingIncrease;
            if (current is AnchorAlias || (current is NodeEvent node && !node.Anchor.IsEmpty))
            {
                throw new InputException([new Diagnostic(Path, current.Start.Line, current.Start.Column, "", "YAML anchors and aliases are not read; write the value out")]);
            }

            if (depth > MaximumDepth)
            {
                throw new InputException([new Diagnostic(Path, current.Start.Line, current.Start.Column, "", $"nested more than {MaximumDepth} deep")]);
            }
        }
    }

    private void ReadSources()
    {
        if (Root.OptionalMap("sources") is { } sources)
        {
            foreach (string key in sources.Keys)
            {
                _sources[key] = sources.Text(key);
            }
        }

        if (Root.OptionalText("source") is { } source)
        {
            DefaultSource = Root.ResolveSource("source", source);
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Edge.Reading;

/// <summary>A value of a JSON file that knows its place in it, so that what is wrong with it can be told; the library's own document does not.</summary>
internal sealed class JsonItem
{
    private const long MaximumBytes = 64_000_000;
    private const int LongestFound = 40;
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private static readonly byte[] WideByteOrderMark = [0xFF, 0xFE];
    private readonly string _file;
    private readonly long _line;
    private readonly long _column;
    private readonly List<JsonItem> _items = [];
    private readonly List<(string Key, JsonItem Value)> _members = [];

    private JsonItem(string file, string path, long line, long column, JsonTokenType kind, string text) =>
        (_file, Path, _line, _column, Kind, Text) = (file, path, line, column, kind, text);

    /// <summary>Such as <c>classes[0].routes[1].tier</c>; empty for the whole file.</summary>
    public string Path { get; }

    /// <summary>What it is; the start token of a list or an object.</summary>
    public JsonTokenType Kind { get; }

    /// <summary>A string's text, or a number as it is written.</summary>
    public string Text { get; }

    /// <summary>The elements of a list.</summary>
    public IReadOnlyList<JsonItem> Items => _items;

    /// <summary>The members of an object, in the order of the file.</summary>
    public IReadOnlyList<(string Key, JsonItem Value)> Members => _members;

    /// <summary>What a message shows of it.</summary>
    public string Found => Kind switch
    {
        JsonTokenType.StartObject => Members.Count == 0 ? "an object without keys" : $"an object with {string.Join(", ", Members.Take(8).Select(m => m.Key))}",
        JsonTokenType.StartArray => $"a list of {Items.Count.ToString(CultureInfo.InvariantCulture)}",
        JsonTokenType.String => $"'{(Text.Length > LongestFound ? Text[..LongestFound] + "…" : Text)}'",
        JsonTokenType.Null => "null",
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        _ => Text,
    };

    /// <summary>The member of a name; null when there is none, or it is null.</summary>
    public JsonItem? this[string key]
    {
        get
        {
            foreach ((string name, JsonItem value) in _members)
            {
                if (name == key)
                {
                    return value.Kind == JsonTokenType.Null ? null : value;
                }
            }

            return null;
        }
    }

    /// <summary>The text of a file that fits in memory as UTF-8 without a byte order mark; PowerShell writes what a tool says as UTF-16.</summary>
    /// <exception cref="InputException">There is no such file, it cannot be read, or it is too large.</exception>
    public static byte[] Bytes(string path)
    {
        try
        {
            using Stream stream = DataFile.Open(path);
            using var held = new MemoryStream();
            byte[] part = new byte[1 << 16];
            for (int read; (read = stream.Read(part)) > 0;)
            {
                held.Write(part, 0, read);
                if (held.Length > MaximumBytes)
                {
                    throw new InputException(path, string.Create(CultureInfo.InvariantCulture, $"the file is longer than the {MaximumBytes:#,0} bytes that are read"));
                }
            }

            byte[] all = held.ToArray();
            return all.AsSpan().StartsWith(ByteOrderMark) ? all[3..]
                : all.AsSpan().StartsWith(WideByteOrderMark) ? Encoding.Convert(Encoding.Unicode, Encoding.UTF8, all, 2, all.Length - 2)
                : all;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new InputException(path, e.Message);
        }
    }

    /// <summary>Reads one value, or with <paramref name="several"/> one after another, as in JSON lines; none from an empty text.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="file">Its name in messages.</param>
    /// <param name="several">Whether more values may follow the first.</param>
    /// <param name="line">Line of the file in which the text begins, from 1.</param>
    /// <param name="column">Byte of that line at which it begins, from 1.</param>
    /// <exception cref="InputException">The text is no JSON, or ends too early.</exception>
    public static IReadOnlyList<JsonItem> Parse(ReadOnlySpan<byte> utf8, string file, bool several = false, long line = 1, long column = 1)
    {
        var read = new List<JsonItem>();
        if (utf8.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return read;
        }

        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { AllowMultipleValues = several });
        var place = new Place(line, column);
        try
        {
            while (reader.Read())
            {
                read.Add(Value(ref reader, utf8, ref place, file, ""));
            }

            return read;
        }
        catch (JsonException e)
        {
            bool cut = IsBeginning(utf8, several);
            place.Advance(utf8, cut ? utf8.Length : LineStart(utf8, e.LineNumber ?? 0) + (int)(e.BytePositionInLine ?? 0));
            throw new InputException([new Diagnostic(file, place.Line, place.Column, "", cut ? "the text ends within a JSON value, as a cut file's does; allowed: a whole value" : "not valid JSON: " + e.Message.Split(" LineNumber:")[0])]);
        }
    }

    /// <summary>A message about it, with its place.</summary>
    public Diagnostic Wrong(string message) => new(_file, _line, _column, Path, message);

    /// <summary>A message about a member that is missing or wrong.</summary>
    public Diagnostic Wrong(string key, string message) => this[key] is { } member ? member.Wrong(message) : new Diagnostic(_file, _line, _column, Path.Length == 0 ? key : $"{Path}.{key}", message);

    /// <summary>A finite number.</summary>
    public bool IsNumber(out double value)
    {
        value = 0;
        return Kind == JsonTokenType.Number && double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    // Whether the text would be right if it went on: then the reader asks for more.
    private static bool IsBeginning(ReadOnlySpan<byte> utf8, bool several)
    {
        try
        {
            var reader = new Utf8JsonReader(utf8, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = several }));
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static int LineStart(ReadOnlySpan<byte> utf8, long line)
    {
        int start = 0;
        for (; line > 0; line--)
        {
            start += utf8[start..].IndexOf((byte)'\n') + 1;
        }

        return start;
    }

    private static JsonItem Value(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, ref Place place, string file, string path)
    {
        place.Advance(utf8, (int)reader.TokenStartIndex);
        string text = reader.TokenType switch
        {
            JsonTokenType.String => Decoded(ref reader, file, path, place),
            JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
            _ => "",
        };
        var item = new JsonItem(file, path, place.Line, place.Column, reader.TokenType, text);
        if (item.Kind == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                place.Advance(utf8, (int)reader.TokenStartIndex);
                string key = Decoded(ref reader, file, path, place);
                reader.Read();
                item._members.Add((key, Value(ref reader, utf8, ref place, file, path.Length == 0 ? key : $"{path}.{key}")));
            }
        }
        else if (item.Kind == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                item._items.Add(Value(ref reader, utf8, ref place, file, string.Create(CultureInfo.InvariantCulture, $"{path}[{item._items.Count}]")));
            }
        }

        return item;
    }

    private static string Decoded(ref Utf8JsonReader reader, string file, string path, Place place)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new InputException([new Diagnostic(file, place.Line, place.Column, path, "found a text that is not UTF-8; allowed: UTF-8")]);
        }
    }

    // Lines and columns of bytes, counted once from the start to the end.
    private struct Place(long line, long column)
    {
        private int _at;

        public long Line { get; private set; } = line;

        public long Column { get; private set; } = column;

        public void Advance(ReadOnlySpan<byte> utf8, int to)
        {
            for (; _at < to; _at++)
            {
                (Line, Column) = utf8[_at] == (byte)'\n' ? (Line + 1, 1) : (Line, Column + 1);
            }
        }
    }
}

using System.Text;
using System.Text.Json;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Traces with one json object a line.</summary>
internal sealed class JsonTraceReader : TraceReader
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];
    private readonly LineReader _lines;
    private readonly byte[]?[] _names;
    private readonly List<long> _hashes = [];

    public JsonTraceReader(string path, TraceOptions options)
        : base(path, options)
    {
        Layout = TraceLayout.Of(path, null, options);
        _names = [.. new[] { Layout.Arrival, Layout.Prompt, Layout.Output, Layout.Hashes, Layout.Class, Layout.Session }.Select(n => string.IsNullOrEmpty(n) ? null : Encoding.UTF8.GetBytes(n))];
        _lines = new LineReader(DataFile.Open(path));
    }

    public override TraceLayout Layout { get; }

    public override void Dispose() => _lines.Dispose();

    protected override int Place(string field) => 1;

    protected override bool ReadLine(out TraceRow row)
    {
        row = default;
        ReadOnlySpan<byte> line;
        do
        {
            if (!_lines.Read(out line))
            {
                return false;
            }

            line = (_lines.Line == 1 && line.StartsWith(ByteOrderMark) ? line[3..] : line).Trim(" \t"u8);
        }
        while (line.Length == 0);

        row.Line = _lines.Line;
        try
        {
            ReadObject(line, ref row);
        }
        catch (JsonException e)
        {
            throw new InputException([new Diagnostic(Path, row.Line, (e.BytePositionInLine ?? 0) + 1, "", $"the line is no json object: {Plain(e)}")]);
        }

        return true;
    }

    // The library's message ends in a place that counts from the line, not from the file.
    private static string Plain(JsonException e) => e.Message.Split(" LineNumber:")[0];

    private void ReadObject(ReadOnlySpan<byte> line, ref TraceRow row)
    {
        var json = new Utf8JsonReader(line);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("it does not start with {");
        }

        int seen = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            int field = FieldOf(ref json);
            json.Read();
            switch (field)
            {
                case 0 when json.TokenType == JsonTokenType.String:
                    row.Arrival = Arrival(json.ValueSpan, row.Line, Layout.Arrival!);
                    break;
                case 0:
                    row.Arrival = json.TokenType == JsonTokenType.Number && json.TryGetDouble(out double time) ? NumberArrival(time, row.Line, Layout.Arrival!)
                        : throw Wrong(row.Line, Layout.Arrival!, $"found {json.TokenType}; allowed: a number or a date");
                    break;
                case 1:
                    row.Prompt = Tokens(ref json, row.Line, Layout.Prompt!);
                    break;
                case 2:
                    row.Output = Tokens(ref json, row.Line, Layout.Output!);
                    break;
                case 3:
                    row.Hashes = Hashes(ref json, row.Line);
                    break;
                case 4:
                    row.Class = Class(Text(ref json, row.Line, Layout.Class!), row.Line, Layout.Class!);
                    break;
                case 5:
                    row.Session = json.TokenType == JsonTokenType.Null ? 0 : Name(Text(ref json, row.Line, Layout.Session!));
                    break;
                default:
                    json.Skip();
                    break;
            }

            seen |= field < 0 ? 0 : 1 << field;
        }

        // The reader throws on what follows the object.
        json.Read();
        for (int i = 0; i < _names.Length; i++)
        {
            // Sessions may be missing, and hashes where the format does not ask for them.
            if (_names[i] is { } name && (seen >> i & 1) == 0 && i is not (3 or 5))
            {
                throw Missing(line, row.Line, Encoding.UTF8.GetString(name));
            }
        }
    }

    private int FieldOf(ref Utf8JsonReader json)
    {
        for (int i = 0; i < _names.Length; i++)
        {
            if (_names[i] is { } name && json.ValueTextEquals(name))
            {
                return i;
            }
        }

        return -1;
    }

    private int Tokens(ref Utf8JsonReader json, long line, string field) => json.TokenType == JsonTokenType.Number
        ? Tokens(json.ValueSpan, line, field)
        : throw Wrong(line, field, $"found {json.TokenType}; allowed: a whole number of tokens");

    private ReadOnlySpan<byte> Text(ref Utf8JsonReader json, long line, string field) => json.TokenType is JsonTokenType.Number or JsonTokenType.String
        ? json.ValueSpan
        : throw Wrong(line, field, $"found {json.TokenType}; allowed: a name or a number");

    private long[]? Hashes(ref Utf8JsonReader json, long line)
    {
        if (json.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw Wrong(line, Layout.Hashes!, $"found {json.TokenType}; allowed: a list of numbers or names");
        }

        _hashes.Clear();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            _hashes.Add(json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long id) ? id : Name(Text(ref json, line, Layout.Hashes!)));
        }

        return [.. _hashes];
    }

    private InputException Missing(ReadOnlySpan<byte> line, long number, string field)
    {
        var json = new Utf8JsonReader(line);
        var found = new List<string>();
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            found.Add(Encoding.UTF8.GetString(json.ValueSpan));
            json.Read();
            json.Skip();
        }

        return Wrong(number, field, $"the line has no such field; found: {string.Join(", ", found)}{NearMiss.Suggestion(field, found)}");
    }
}

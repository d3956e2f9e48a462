using CsvHelper;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Comma-separated traces with a header line.</summary>
internal sealed class CsvTraceReader : TraceReader
{
    private static readonly CsvReaderOptions ReaderOptions = CsvReaderOptions.Default with { Separator = ',', HasHeader = false, TrackLineNumbers = true, TrimWhitespace = true, MaxRecordSize = 1 << 20 };
    private readonly CsvReader _csv;
    private readonly string[] _header;
    private readonly int _arrival;
    private readonly int _prompt;
    private readonly int _output;
    private readonly int _class;
    private readonly int _session;

    public CsvTraceReader(string path, TraceOptions options)
        : base(path, options)
    {
        _csv = CsvReader.Create(DataFile.Open(path), ReaderOptions, leaveOpen: false);
        try
        {
            _header = _csv.Read() ? [.. Enumerable.Range(0, _csv.FieldCount).Select(_csv.GetString)] : throw new InputException(path, "the trace is empty; it needs a header line");
            Layout = TraceLayout.Of(path, _header, options);
            Diagnostic[] missing = [.. Layout.Required.Where(c => !_header.Contains(c))
                .Select(c => new Diagnostic(path, 1, 1, c, $"the header has no such column; found: {string.Join(", ", _header)}{NearMiss.Suggestion(c, _header)}"))];
            if (missing.Length > 0)
            {
                throw new InputException(missing);
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        (_arrival, _prompt, _output) = (Place(Layout.Arrival) - 1, Place(Layout.Prompt) - 1, Place(Layout.Output) - 1);
        (_class, _session) = (Place(Layout.Class) - 1, Place(Layout.Session) - 1);
    }

    public override TraceLayout Layout { get; }

    public override void Dispose() => _csv.Dispose();

    protected override int Place(string? field) => Array.IndexOf(_header, field) + 1;

    protected override bool ReadLine(out TraceRow row)
    {
        row = default;
        do
        {
            if (!_csv.Read())
            {
                return false;
            }
        }
        while (_csv.FieldCount == 1 && _header.Length > 1 && _csv.GetSpan(0).Length == 0);

        long line = _csv.LineNumber;
        if (_csv.FieldCount != _header.Length)
        {
            throw new InputException([new Diagnostic(Path, line, 1, "", FormattableString.Invariant($"found {_csv.FieldCount} fields; the header has {_header.Length}"))]);
        }

        row.Line = line;
        row.Arrival = _arrival < 0 ? 0 : Arrival(_csv.GetSpan(_arrival), line, Layout.Arrival!);
        row.Prompt = Tokens(_csv.GetSpan(_prompt), line, Layout.Prompt!);
        row.Output = Tokens(_csv.GetSpan(_output), line, Layout.Output!);
        row.Class = _class < 0 ? 0 : Class(_csv.GetSpan(_class), line, Layout.Class!);
        row.Session = _session < 0 || _csv.GetSpan(_session).Length == 0 ? 0 : Name(_csv.GetSpan(_session));
        return true;
    }
}

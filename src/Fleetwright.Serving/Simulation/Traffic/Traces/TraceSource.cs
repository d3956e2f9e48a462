using CsvHelper;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>
/// The requests of a trace file, read as they are asked for: a file of any size takes the memory of <see cref="TraceOptions.ReorderLines"/> lines.
/// A mistake in the file is told when its line is read, which for a long file may be in the middle of a run.
/// </summary>
public sealed class TraceSource : IRequestSource, IDisposable
{
    private readonly string _path;
    private readonly TraceReader _reader;
    private readonly ReorderBuffer _buffer = new();
    private readonly int _window;
    private long _latest = long.MinValue;
    private long _given = long.MinValue;
    private long _origin;
    private long _id;
    private bool _ended;

    /// <summary>Opens a file and reads the first lines.</summary>
    /// <param name="path">A csv or json-lines file, gzipped when its name ends in <c>.gz</c>.</param>
    /// <param name="options">How it is read.</param>
    /// <exception cref="InputException">The file is missing, empty, cut, damaged, of no known format, or one of its first lines is wrong.</exception>
    public TraceSource(string path, TraceOptions? options = null)
    {
        options ??= new TraceOptions();
        if (options.ReorderLines is < 1 or > 1 << 28 || options.UnitSeconds is not (>= 0 and <= 86400) || options.HashTokens < 0)
        {
            throw new InputException(path, FormattableString.Invariant($"found a unit of {options.UnitSeconds} s, {options.HashTokens} tokens a hash, {options.ReorderLines} lines to sort; allowed: 0 to 86,400 s, 0 or more tokens, 1 to 268,435,456 lines"));
        }

        (_path, _window) = (path, options.ReorderLines);
        _reader = Guard(() => TraceReader.Open(path, options));
        try
        {
            Fill();
            if (_buffer.Count == 0)
            {
                throw new InputException(path, Skipped == 0 ? "the trace has no requests" : FormattableString.Invariant($"the trace has no requests with a prompt and an answer; {Skipped} lines without were skipped"));
            }

            _origin = _reader.FromFirst ? _buffer.First : 0;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The format of the file.</summary>
    public TraceFormat Format => _reader.Layout.Format;

    /// <summary>Requests read so far, skipped ones not counted; some may not have been taken yet.</summary>
    public long Read { get; private set; }

    /// <summary>Requests so far that stood after a later one in the file.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Lines so far that were skipped for want of a prompt or an answer.</summary>
    public long Skipped => _reader.Skipped;

    /// <summary>Names of the classes so far, by number; empty when the trace names none.</summary>
    public IReadOnlyList<string> Classes => _reader.Classes;

    /// <summary>What the user should know about what was read so far, one line each.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. OutOfOrder > 0 ? [FormattableString.Invariant($"{_path}: {OutOfOrder} of {Read} requests were out of order in time and have been sorted")] : Array.Empty<string>(),
        .. Skipped > 0 ? [FormattableString.Invariant($"{_path}: {Skipped} lines without a prompt or an answer were skipped")] : Array.Empty<string>(),
    ];

    /// <inheritdoc/>
    public int HashTokens => _reader.Layout.HashTokens;

    /// <inheritdoc/>
    public long NextArrival => _buffer.First is var first && first == Ticks.Never ? Ticks.Never : first - _origin;

    /// <inheritdoc/>
    /// <exception cref="InputException">A line that is read now is wrong, or the file is cut or damaged there.</exception>
    public Request Take()
    {
        TraceRow row = _buffer.Pop();
        _given = row.Arrival;
        Fill();
        return new Request(_id++, row.Arrival - _origin, row.Prompt, row.Output, row.Class) { Session = row.Session, PrefixHashes = row.Hashes };
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private static Exception Damaged(string path, long read, Exception e) =>
        new InputException(path, FormattableString.Invariant($"the file is cut or damaged; {read} requests were read before: {e.Message}"));

    private void Fill()
    {
        try
        {
            while (!_ended && _buffer.Count < _window)
            {
                if (!_reader.Read(out TraceRow row))
                {
                    _ended = true;
                    return;
                }

                Accept(row);
            }
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(_path, Read, e);
        }
    }

    private void Accept(in TraceRow row)
    {
        Read++;
        if (row.Arrival < _latest)
        {
            OutOfOrder++;
            if (row.Arrival < _given)
            {
                throw new InputException([new Diagnostic(_path, row.Line, 1, _reader.Layout.Arrival ?? "", FormattableString.Invariant(
                    $"found a time {Ticks.Seconds(_latest - row.Arrival):0.######} s before that of an earlier line, more than {_window} requests too late to be sorted in; allowed: at most so many (sort the file, or raise the limit)"))]);
            }
        }

        _latest = Math.Max(_latest, row.Arrival);
        _buffer.Add(row);
    }

    private TraceReader Guard(Func<TraceReader> open)
    {
        try
        {
            return open();
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(_path, 0, e);
        }
    }

    private static bool IsDamage(Exception e) => e is InvalidDataException or CsvFormatException or IOException or UnauthorizedAccessException;
}

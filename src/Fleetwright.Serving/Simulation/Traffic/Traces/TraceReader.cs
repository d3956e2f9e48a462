using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>Reads a trace line by line; what all formats have in common is how times, lengths and names are understood.</summary>
internal abstract class TraceReader(string path, TraceOptions options) : IDisposable
{
    private const int MostClasses = 1024;

    // Lines out of order may come before the first; so much that the sum with the longest run is still a time.
    private const double MostBefore = 1e5;
    private readonly List<byte[]> _classes = [];
    private long _originDate = -1;
    private double _originNumber = double.NaN;

    /// <summary>The layout of the file.</summary>
    public abstract TraceLayout Layout { get; }

    /// <summary>Whether time 0 is the first request's.</summary>
    public bool FromFirst => options.FromFirst ?? _originDate >= 0;

    /// <summary>Lines skipped because they have no prompt or no answer.</summary>
    public long Skipped { get; private set; }

    /// <summary>Names of the classes, by number.</summary>
    public IReadOnlyList<string> Classes => [.. _classes.Select(Encoding.UTF8.GetString)];

    protected string Path => path;

    /// <summary>Opens a file in the format of its first line.</summary>
    /// <exception cref="InputException">The file is missing, empty, damaged, or of no known format.</exception>
    public static TraceReader Open(string path, TraceOptions options) => StartsWithBrace(path) ? new JsonTraceReader(path, options) : new CsvTraceReader(path, options);

    /// <summary>Reads the next line that is not skipped; false at the end.</summary>
    public bool Read(out TraceRow row)
    {
        while (ReadLine(out row))
        {
            if (row.Prompt > 0 && row.Output > 0)
            {
                return true;
            }

            if (!options.SkipEmpty)
            {
                bool prompt = row.Prompt <= 0;
                string found = (prompt ? row.Prompt : row.Output).ToString(CultureInfo.InvariantCulture);
                throw Wrong(row.Line, prompt ? Layout.Prompt! : Layout.Output!, $"found '{found}'; allowed: at least 1 token (lines without tokens can be skipped and counted by option)");
            }

            Skipped++;
        }

        return false;
    }

    public abstract void Dispose();

    protected abstract bool ReadLine(out TraceRow row);

    /// <summary>Where a field stands in its line, from 1.</summary>
    protected abstract int Place(string field);

    protected InputException Wrong(long line, string field, string message) => new([new Diagnostic(path, line, Place(field), field, message)]);

    protected int Tokens(ReadOnlySpan<byte> text, long line, string field)
    {
        if (Utf8Parser.TryParse(text, out int tokens, out int used) && used == text.Length)
        {
            return tokens;
        }

        // Tables that went through floating-point columns write 12 as 12.0.
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number == Math.Floor(number) && Math.Abs(number) <= 1 << 30
            ? (int)number
            : throw Wrong(line, field, $"found '{Encoding.UTF8.GetString(text)}'; allowed: a whole number of tokens up to 1,073,741,824");
    }

    protected int Class(ReadOnlySpan<byte> name, long line, string field)
    {
        for (int i = 0; i < _classes.Count; i++)
        {
            if (name.SequenceEqual(_classes[i]))
            {
                return i;
            }
        }

        if (_classes.Count == MostClasses)
        {
            throw Wrong(line, field, $"found '{Encoding.UTF8.GetString(name)}' after {MostClasses} other classes; allowed: at most so many");
        }

        _classes.Add(name.ToArray());
        return _classes.Count - 1;
    }

    /// <summary>A number that stands for a name and is not 0: the name itself when it is a number above 0, else its FNV-1a hash.</summary>
    protected static long Name(ReadOnlySpan<byte> name)
    {
        if (Utf8Parser.TryParse(name, out long number, out int used) && used == name.Length && number > 0)
        {
            return number;
        }

        ulong hash = 14695981039346656037UL;
        foreach (byte b in name)
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return hash == 0 ? 1 : (long)hash;
    }

    protected long Arrival(ReadOnlySpan<byte> text, long line, string field)
    {
        bool isDate = _originDate >= 0 || (double.IsNaN(_originNumber) && text.Length >= 10 && text[4] == (byte)'-');
        return isDate ? DateArrival(text, line, field)
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? NumberArrival(value, line, field)
            : throw Wrong(line, field, $"found '{Encoding.UTF8.GetString(text)}'; allowed: a number or a date such as 2023-11-16 18:17:03.9799600");
    }

    protected long NumberArrival(double value, long line, string field)
    {
        if (double.IsNaN(_originNumber))
        {
            _originNumber = FromFirst ? value : 0;
        }

        double seconds = (value - _originNumber) * Layout.UnitSeconds;
        return seconds <= Ticks.MostSeconds && seconds >= (FromFirst ? -MostBefore : 0)
            ? (long)Math.Round(seconds * Ticks.PerSecond)
            : throw Wrong(line, field, FormattableString.Invariant($"found {value}, which is {seconds:0.###} s; allowed: 0 to 9,000,000 s (times that count from elsewhere can be made to count from the first request)"));
    }

    private long DateArrival(ReadOnlySpan<byte> text, long line, string field)
    {
        if (!TraceDate.TryParse(text, out long date))
        {
            throw Wrong(line, field, $"found '{Encoding.UTF8.GetString(text)}'; allowed: a date such as 2023-11-16 18:17:03.9799600");
        }

        _originDate = _originDate < 0 ? date : _originDate;
        long apart = date - _originDate;
        return apart >= -MostBefore * 1e7 && apart <= Ticks.MostSeconds * 1e7
            ? apart * (long)(Ticks.PerSecond / 1e7)
            : throw Wrong(line, field, $"found '{Encoding.UTF8.GetString(text)}', too far from the first request; allowed: up to 9,000,000 s after it, 100,000 s before it");
    }

    private static bool StartsWithBrace(string path)
    {
        try
        {
            using Stream stream = DataFile.Open(path);
            int b;
            do
            {
                b = stream.ReadByte();
            }
            while (b is ' ' or '\r' or '\n' or '\t' or 0xEF or 0xBB or 0xBF);
            return b >= 0 ? b == '{' : throw new InputException(path, "the trace is empty; it needs a header line or a line of json");
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, $"the file is cut or damaged; 0 requests were read: {e.Message}");
        }
    }
}

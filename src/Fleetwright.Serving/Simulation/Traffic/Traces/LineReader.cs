namespace Fleetwright.Serving.Simulation.Traffic.Traces;

/// <summary>The lines of a stream as bytes, without copying and without their ends; holds one line.</summary>
internal sealed class LineReader(Stream stream) : IDisposable
{
    private const int LongestLine = 1 << 26;
    private byte[] _buffer = new byte[1 << 16];
    private int _from;
    private int _to;
    private bool _ended;

    /// <summary>The line that was read last, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Reads the next line; it is valid until the next call. False at the end.</summary>
    /// <exception cref="InvalidDataException">A line is longer than 64 MiB.</exception>
    public bool Read(out ReadOnlySpan<byte> line)
    {
        int searched = 0;
        while (true)
        {
            int end = _buffer.AsSpan(_from + searched, _to - _from - searched).IndexOf((byte)'\n');
            if (end >= 0 || (_ended && _to > _from))
            {
                int length = end >= 0 ? searched + end : _to - _from;
                line = _buffer.AsSpan(_from, length).TrimEnd((byte)'\r');
                _from += length + (end >= 0 ? 1 : 0);
                Line++;
                return true;
            }

            if (_ended)
            {
                line = default;
                return false;
            }

            searched = _to - _from;
            Fill();
        }
    }

    public void Dispose() => stream.Dispose();

    private void Fill()
    {
        if (_from > 0)
        {
            Buffer.BlockCopy(_buffer, _from, _buffer, 0, _to - _from);
            (_from, _to) = (0, _to - _from);
        }

        if (_to == _buffer.Length)
        {
            if (_to >= LongestLine)
            {
                throw new InvalidDataException(FormattableString.Invariant($"line {Line + 1} is longer than {LongestLine} bytes"));
            }

            Array.Resize(ref _buffer, _to * 2);
        }

        int read = stream.Read(_buffer, _to, _buffer.Length - _to);
        _to += read;
        _ended = read == 0;
    }
}

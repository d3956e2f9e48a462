using System.Runtime.InteropServices;
using Fleetwright.Serving.Simulation.Traffic;

namespace Fleetwright.Serving.Simulation.Resuming;

/// <summary>Carries the values of <see cref="IState"/>s to a stream or from it, as the bytes that they have in memory.</summary>
public sealed class StateTransfer
{
    // More than any array of the engine can hold; a length above it is not one.
    private const int MostItems = 1 << 29;
    private readonly Stream _stream;

    private StateTransfer(Stream stream, bool loads) => (_stream, Loads) = (stream, loads);

    /// <summary>Whether values come from the stream.</summary>
    public bool Loads { get; }

    /// <summary>Writes states.</summary>
    public static StateTransfer To(Stream stream) => new(stream, loads: false);

    /// <summary>Reads states.</summary>
    public static StateTransfer From(Stream stream) => new(stream, loads: true);

    /// <summary>Writes a value and gives it back, or gives the one that was written.</summary>
    /// <exception cref="InvalidDataException">The stream ends before.</exception>
    public T Of<T>(T value)
        where T : unmanaged
    {
        Bytes(MemoryMarshal.AsBytes(MemoryMarshal.CreateSpan(ref value, 1)));
        return value;
    }

    /// <summary>The same for values whose number does not change.</summary>
    /// <exception cref="InvalidDataException">The stream ends before.</exception>
    public void All<T>(Span<T> values)
        where T : unmanaged => Bytes(MemoryMarshal.AsBytes(values));

    /// <summary>The same for an array that grows: its length, and the first <paramref name="used"/> values.</summary>
    /// <exception cref="InvalidDataException">The stream ends before, or holds something else.</exception>
    public void Growing<T>(ref T[] values, int used)
        where T : unmanaged
    {
        int length = Length(values.Length);
        if (Loads && length != values.Length)
        {
            values = new T[length];
        }

        All(values.AsSpan(0, Math.Min(used, length)));
    }

    /// <summary>The same for the length of something.</summary>
    /// <exception cref="InvalidDataException">The stream ends before, or holds something else.</exception>
    public int Length(int length)
    {
        length = Of(length);
        return length is >= 0 and <= MostItems ? length : throw new InvalidDataException("a length is out of range");
    }

    /// <summary>The same for whole numbers of which there may be none.</summary>
    /// <exception cref="InvalidDataException">The stream ends before, or holds something else.</exception>
    public long[]? Optional(long[]? values)
    {
        int length = Length(values is null ? 0 : values.Length + 1);
        if (length == 0)
        {
            return null;
        }

        long[] result = Loads ? new long[length - 1] : values!;
        All(result.AsSpan());
        return result;
    }

    /// <summary>The same for a request.</summary>
    /// <exception cref="InvalidDataException">The stream ends before, or holds something else.</exception>
    public Request Of(in Request request) =>
        new(Of(request.Id), Of(request.Arrival), Of(request.PromptTokens), Of(request.OutputTokens), Of(request.Class)) { Session = Of(request.Session), PrefixHashes = Optional(request.PrefixHashes) };

    private void Bytes(Span<byte> bytes)
    {
        if (!Loads)
        {
            _stream.Write(bytes);
        }
        else if (_stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw new InvalidDataException("the file is cut");
        }
    }
}

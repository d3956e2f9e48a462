using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;
using Fleetwright.Hardware.Tables;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation;
using Microsoft.Win32.SafeHandles;

namespace Fleetwright.Cli.Commands;

/// <summary>
/// A csv of all requests, in the order of their numbers. Requests end in no order, and on several threads: they are put in order in pages of numbers that follow each other,
/// the newest of which are in memory. A page that leaves memory whole goes straight into the csv where those before it are there; else it goes to its place in a file of
/// records, from which the rest of the csv is written at the end. So memory is bounded, and the csv does not depend on the threads.
/// </summary>
internal sealed class RequestLog : ICompletionSink, IDisposable
{
    private const int PageRecords = 8192;

    // Pages in memory: a request may end this many pages after the newest before it costs a write of its own.
    private const int Pages = 64;
    private const int Rejection = -1;
    private static readonly int RecordBytes = Marshal.SizeOf<Record>();
    private readonly Lock _lock = new();
    private readonly Record[]?[] _pages = new Record[]?[Pages];
    private readonly int[] _filled = new int[Pages];
    private readonly byte[] _line;
    private readonly byte[][] _classes;
    private readonly string _records;
    private readonly SafeFileHandle _handle;
    private readonly UnfinishedFile _file;
    private long _first;
    private long _written;

    /// <param name="file">The csv.</param>
    /// <param name="classes">Names of the classes; numbers where there are none.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public RequestLog(string file, IReadOnlyList<string> classes)
    {
        _classes = [.. classes.Select(c => Encoding.UTF8.GetBytes(CsvText.Field(c)))];
        _line = new byte[512 + _classes.Select(c => c.Length).DefaultIfEmpty().Max()];
        _file = new UnfinishedFile(file);
        _records = file + ".records";
        _handle = File.OpenHandle(_records, FileMode.Create, FileAccess.ReadWrite);
        _file.Stream.Write("request_id,class,arrival_s,queue_s,ttft_s,tpot_s,e2e_s,prompt_tokens,output_tokens,preemptions,status\n"u8);
    }

    /// <inheritdoc/>
    /// <remarks>The time in the front end is left out of the start, so that the record gives the wait in the queue.</remarks>
    public void Completed(in CompletedRequest request) => Put(request.Id, new Record
    {
        Class = request.Class,
        Prompt = request.PromptTokens,
        Output = request.OutputTokens,
        Preemptions = request.Preemptions,
        Arrival = request.Arrival,
        Scheduled = request.Scheduled - request.FrontEnd,
        FirstToken = request.FirstToken,
        Completed = request.Completed,
    });

    /// <inheritdoc/>
    public void Rejected(in Request request) =>
        Put(request.Id, new Record { Class = request.Class, Prompt = request.PromptTokens, Output = request.OutputTokens, Preemptions = Rejection, Arrival = request.Arrival - request.FrontEnd });

    /// <summary>Writes what is left and puts the csv in its place.</summary>
    public void Finish()
    {
        Record[] page = new Record[PageRecords];
        long stored = (RandomAccess.GetLength(_handle) + (PageRecords * RecordBytes) - 1) / (PageRecords * RecordBytes);
        for (long i = _written; i < Math.Max(stored, _first + Pages); i++)
        {
            if (i >= _first)
            {
                if (_filled[i % Pages] > 0)
                {
                    Write(_pages[i % Pages]!, i);
                }
            }
            else if (i < stored)
            {
                Array.Clear(page);
                Read(page, i);
                Write(page, i);
            }
        }

        _file.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _handle.Dispose();
        File.Delete(_records);
    }

    private void Put(long id, in Record record)
    {
        (long page, long place) = Math.DivRem(id, PageRecords);
        lock (_lock)
        {
            if (page < _first)
            {
                RandomAccess.Write(_handle, MemoryMarshal.AsBytes(new ReadOnlySpan<Record>(in record)), id * RecordBytes);
                return;
            }

            while (page >= _first + Pages)
            {
                Leave(_first++);
            }

            Record[] records = _pages[page % Pages] ??= new Record[PageRecords];
            records[place] = record;
            _filled[page % Pages]++;
        }
    }

    // The oldest page in memory makes room.
    private void Leave(long page)
    {
        int at = (int)(page % Pages);
        if (_filled[at] == 0)
        {
            return;
        }

        if (page == _written && _filled[at] == PageRecords)
        {
            Write(_pages[at]!, page);
            _written++;
        }
        else
        {
            RandomAccess.Write(_handle, MemoryMarshal.AsBytes(_pages[at].AsSpan()), page * PageRecords * RecordBytes);
        }

        Array.Clear(_pages[at]!);
        _filled[at] = 0;
    }

    private void Read(Record[] page, long index)
    {
        Span<byte> bytes = MemoryMarshal.AsBytes(page.AsSpan());
        for (int at = 0; at < bytes.Length && RandomAccess.Read(_handle, bytes[at..], (index * bytes.Length) + at) is var read and > 0;)
        {
            at += read;
        }
    }

    private void Write(Record[] page, long index)
    {
        for (int i = 0; i < page.Length; i++)
        {
            // A place that nothing was written to: a request that was left out of the run, or not ended when it was stopped.
            if (page[i].Prompt > 0)
            {
                Write(page[i], (index * PageRecords) + i);
            }
        }
    }

    private void Write(in Record r, long id)
    {
        Span<byte> line = _line;
        int at = Number(line, 0, id);
        at = r.Class < _classes.Length ? Text(line, at, _classes[r.Class]) : Number(line, at, r.Class);
        at = Seconds(line, at, r.Arrival);
        if (r.Preemptions == Rejection)
        {
            at = Text(line, at, ",,,"u8);
        }
        else
        {
            long after = r.Completed - r.FirstToken, tokens = r.Output - 1;
            at = Seconds(line, at, r.Scheduled - r.Arrival);
            at = Seconds(line, at, r.FirstToken - r.Arrival);
            at = tokens > 0 ? Seconds(line, at, after, tokens) : Seconds(line, at, 0);
            at = Seconds(line, at, r.Completed - r.Arrival);
        }

        at = Number(line, at, r.Prompt);
        at = Number(line, at, r.Output);
        at = r.Preemptions == Rejection ? Text(line, at, default) : Number(line, at, r.Preemptions);
        at = Text(line, at, r.Preemptions == Rejection ? "rejected"u8 : "completed"u8);
        line[at - 1] = (byte)'\n';
        _file.Stream.Write(line[..at]);
    }

    // Each field ends with a comma.
    private static int Text(Span<byte> line, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(line[at..]);
        line[at + text.Length] = (byte)',';
        return at + text.Length + 1;
    }

    private static int Number(Span<byte> line, int at, long value)
    {
        _ = Utf8Formatter.TryFormat(value, line[at..], out int bytes);
        line[at + bytes] = (byte)',';
        return at + bytes + 1;
    }

    // A time, divided by a number, in seconds to the nearest nanosecond without zeros at the end.
    private static int Seconds(Span<byte> line, int at, long ticks, long by = 1)
    {
        (long seconds, long nanoseconds) = Math.DivRem((ticks + (500 * by)) / (1000 * by), 1_000_000_000);
        at = Number(line, at, seconds);
        if (nanoseconds == 0)
        {
            return at;
        }

        line[at - 1] = (byte)'.';
        for (long digit = 100_000_000; nanoseconds > 0; digit /= 10)
        {
            (long value, nanoseconds) = Math.DivRem(nanoseconds, digit);
            line[at++] = (byte)('0' + value);
        }

        line[at] = (byte)',';
        return at + 1;
    }

    private struct Record
    {
        public int Class;
        public int Prompt;
        public int Output;
        public int Preemptions;
        public long Arrival;
        public long Scheduled;
        public long FirstToken;
        public long Completed;
    }
}

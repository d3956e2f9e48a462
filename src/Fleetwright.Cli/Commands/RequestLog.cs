using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Fleetwright.Scenarios.Output;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation;
using Microsoft.Win32.SafeHandles;

namespace Fleetwright.Cli.Commands;

/// <summary>
/// A csv of all requests, in the order of their numbers. Requests end in no order, and on several threads: while the run goes each is written to its place in a file of
/// records of one size, which is then read from its start. So nothing is held in memory, and the csv does not depend on the threads.
/// </summary>
internal sealed class RequestLog : ICompletionSink, IDisposable
{
    private const int RecordBytes = 48;
    private const int Rejection = -1;
    private const int RecordsRead = 8192;
    private readonly string _file;
    private readonly string _records;
    private readonly SafeFileHandle _handle;

    /// <param name="file">The csv.</param>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public RequestLog(string file)
    {
        (_file, _records) = (file, file + ".records");
        _handle = File.OpenHandle(_records, FileMode.Create, FileAccess.ReadWrite);
    }

    /// <inheritdoc/>
    /// <remarks>The time in the front end is left out of the start, so that the record gives the wait in the queue.</remarks>
    public void Completed(in CompletedRequest request) =>
        Put(request.Id, request.Class, request.PromptTokens, request.OutputTokens, request.Preemptions, request.Arrival, request.Scheduled - request.FrontEnd, request.FirstToken, request.Completed);

    /// <inheritdoc/>
    public void Rejected(in Request request) => Put(request.Id, request.Class, request.PromptTokens, request.OutputTokens, Rejection, request.Arrival - request.FrontEnd, 0, 0, 0);

    /// <summary>Writes the csv.</summary>
    /// <param name="classes">Names of the classes; numbers where there are none.</param>
    public void Finish(IReadOnlyList<string> classes) => WholeFile.Write(_file, csv =>
    {
        csv.WriteLine("request_id,class,arrival_s,queue_s,ttft_s,tpot_s,e2e_s,prompt_tokens,output_tokens,preemptions,status");
        byte[] buffer = new byte[RecordBytes * RecordsRead];
        long length = RandomAccess.GetLength(_handle);
        for (long at = 0; at < length; at += buffer.Length)
        {
            int bytes = Fill(buffer, at);
            for (int record = 0; record + RecordBytes <= bytes; record += RecordBytes)
            {
                Write(csv, buffer.AsSpan(record, RecordBytes), (at + record) / RecordBytes, classes);
            }
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        File.Delete(_records);
    }

    private int Fill(byte[] buffer, long at)
    {
        int bytes = 0;
        while (bytes < buffer.Length && RandomAccess.Read(_handle, buffer.AsSpan(bytes), at + bytes) is var read and > 0)
        {
            bytes += read;
        }

        return bytes;
    }

    private void Put(long id, int @class, int prompt, int output, int preemptions, long arrival, long scheduled, long first, long completed)
    {
        Span<byte> record = stackalloc byte[RecordBytes];
        BinaryPrimitives.WriteInt32LittleEndian(record, @class);
        BinaryPrimitives.WriteInt32LittleEndian(record[4..], prompt);
        BinaryPrimitives.WriteInt32LittleEndian(record[8..], output);
        BinaryPrimitives.WriteInt32LittleEndian(record[12..], preemptions);
        BinaryPrimitives.WriteInt64LittleEndian(record[16..], arrival);
        BinaryPrimitives.WriteInt64LittleEndian(record[24..], scheduled);
        BinaryPrimitives.WriteInt64LittleEndian(record[32..], first);
        BinaryPrimitives.WriteInt64LittleEndian(record[40..], completed);
        RandomAccess.Write(_handle, record, id * RecordBytes);
    }

    private static void Write(TextWriter csv, ReadOnlySpan<byte> record, long id, IReadOnlyList<string> classes)
    {
        int Int(ReadOnlySpan<byte> r, int at) => BinaryPrimitives.ReadInt32LittleEndian(r[at..]);
        long Long(ReadOnlySpan<byte> r, int at) => BinaryPrimitives.ReadInt64LittleEndian(r[at..]);

        // A place that nothing was written to: a request that was left out of the run, or not ended when it was stopped.
        int prompt = Int(record, 4), preemptions = Int(record, 12), kind = Int(record, 0);
        if (prompt == 0)
        {
            return;
        }

        string name = kind < classes.Count ? Quoted(classes[kind]) : kind.ToString(CultureInfo.InvariantCulture);
        var request = new CompletedRequest(id, kind, prompt, Int(record, 8), Long(record, 16), Long(record, 24), Long(record, 32), Long(record, 40), preemptions);
        csv.WriteLine(preemptions == Rejection
            ? string.Create(CultureInfo.InvariantCulture, $"{id},{name},{Ticks.Seconds(request.Arrival):0.#########},,,,,{prompt},{request.OutputTokens},,rejected")
            : string.Create(CultureInfo.InvariantCulture, $"{id},{name},{Ticks.Seconds(request.Arrival):0.#########},{request.QueueSeconds:0.#########},{request.Ttft:0.#########},{request.Tpot:0.#########},{request.EndToEnd:0.#########},{prompt},{request.OutputTokens},{preemptions},completed"));
    }

    private static string Quoted(string name) => name.AsSpan().IndexOfAny(',', '"', '\n') < 0 ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}

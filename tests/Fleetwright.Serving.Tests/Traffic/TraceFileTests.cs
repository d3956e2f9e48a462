using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Traces;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>What is wrong with a trace is told with its place, and what can be mended is mended and counted.</summary>
public sealed class TraceFileTests : IDisposable
{
    private const string Vidur = "arrived_at,num_prefill_tokens,num_decode_tokens\n";
    private readonly TraceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 23:59:59.5,10,2\r\n2023-11-17T00:00:01.0000001Z,11,3", TraceFormat.Azure, 1.5000001)]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2024-05-10 02:00:00.009930+02:00,10,2\n2024-05-10 00:00:01.009930+00:00,11,3\n", TraceFormat.Azure, 1)]
    [InlineData("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,10,2,12,Conversation log\n45,GPT-4,11,3,14,API log\n", TraceFormat.BurstGpt, 45)]
    [InlineData("Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,7,1,ChatGPT,10,2,12,x\n45,7,1,\"GPT,4\",11,3,14,x\n", TraceFormat.BurstGpt, 45)]
    [InlineData("num_decode_tokens,arrived_at,num_prefill_tokens,more\n2,0.25,10,\n\n3.0,1e1,11,\n", TraceFormat.Vidur, 10)]
    [InlineData("\uFEFF{\"timestamp\": 0, \"input_length\": 10, \"output_length\": 2, \"hash_ids\": [1]}\n\n{\"more\": {\"a\": [1]}, \"timestamp\": 27482, \"input_length\": 11, \"output_length\": 3, \"hash_ids\": [\"x\"]}", TraceFormat.Mooncake, 27.482)]
    public void Formats_are_told_by_their_first_line(string text, TraceFormat format, double second)
    {
        foreach (string path in (string[])[_folder.Write("t", text), _folder.Write("t.gz", TraceFolder.Gzip(text))])
        {
            using var trace = new TraceSource(path);
            Assert.Equal(format, trace.Format);
            Request a = trace.Take(), b = trace.Take();
            Assert.Equal((10, 2, 11, 3), (a.PromptTokens, a.OutputTokens, b.PromptTokens, b.OutputTokens));
            Assert.Equal(Ticks.Of(second), b.Arrival);
            Assert.Equal(Ticks.Never, trace.NextArrival);
        }
    }

    [Theory]
    [InlineData("time_ms,in,out,kind,user\n1000,10,2,chat,alice\n2500,20,3,code,bob\n2600,30,4,chat,alice\n")]
    [InlineData("{\"time_ms\":1000,\"in\":10,\"out\":2,\"kind\":\"chat\",\"user\":\"alice\"}\n{\"time_ms\":2500,\"in\":20,\"out\":3,\"kind\":\"code\",\"user\":\"bob\"}\n{\"time_ms\":2600,\"in\":30,\"out\":4,\"kind\":\"chat\",\"user\":\"alice\"}\n")]
    public void Any_columns_can_be_named(string text)
    {
        bool json = text[0] == '{';
        using var trace = new TraceSource(_folder.Write("t", text), new TraceOptions
        {
            Format = json ? TraceFormat.JsonLines : TraceFormat.Csv,
            ArrivalColumn = "time_ms",
            PromptColumn = "in",
            OutputColumn = "out",
            ClassColumn = "kind",
            SessionColumn = "user",
            UnitSeconds = 1e-3,
            FromFirst = true,
        });
        Request[] requests = [trace.Take(), trace.Take(), trace.Take()];
        Assert.Equal([0, 1.5, 1.6], requests.Select(r => Ticks.Seconds(r.Arrival)));
        Assert.Equal([0, 1, 0], requests.Select(r => r.Class));
        Assert.Equal(["chat", "code"], trace.Classes);
        Assert.Equal(requests[0].Session, requests[2].Session);
        Assert.NotEqual(requests[0].Session, requests[1].Session);
        Assert.Equal(0, trace.HashTokens);
    }

    [Theory]
    [InlineData("", "the trace is empty")]
    [InlineData("\n\n", "the trace is empty")]
    [InlineData(Vidur, "the trace has no requests")]
    [InlineData("arived_at,num_prefill_tokens,num_decode_tokens\n0,1,1\n", "t:1:1: the header fits no known trace; found: arived_at, num_prefill_tokens, num_decode_tokens; for Vidur it lacks 'arrived_at' (did you mean arived_at?)")]
    [InlineData("a;b;c\n", "allowed: Azure: TIMESTAMP, ContextTokens, GeneratedTokens; BurstGpt")]
    [InlineData(Vidur + "0,1\n", "t:2:1: found 2 fields; the header has 3")]
    [InlineData(Vidur + "0,1,1\n1,1,1,1\n", "t:3:1: found 4 fields")]
    [InlineData(Vidur + "0,1,1\nx,1,1\n", "t:3:1: arrived_at: found 'x'; allowed: a number")]
    [InlineData(Vidur + "0,1,1\nNaN,1,1\n", "t:3:1: arrived_at: found NaN")]
    [InlineData(Vidur + "0,1,1\n-3,1,1\n", "t:3:1: arrived_at: found -3")]
    [InlineData(Vidur + "1700000000,1,1\n", "count from the first request")]
    [InlineData(Vidur + "0,1.5,1\n", "t:2:2: num_prefill_tokens: found '1.5'; allowed: a whole number")]
    [InlineData(Vidur + "0,99999999999,1\n", "t:2:2: num_prefill_tokens: found '99999999999'")]
    [InlineData(Vidur + "0,1,\n", "t:2:3: num_decode_tokens: found ''")]
    [InlineData(Vidur + "0,1,1\n1,0,1\n", "t:3:2: num_prefill_tokens: found '0'; allowed: at least 1 token")]
    [InlineData(Vidur + "0,1,-4\n", "t:2:3: num_decode_tokens: found '-4'")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:17:03,1,1\n", "t:2:1: TIMESTAMP: found '2023-13-16 18:17:03'; allowed: a date")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1,1\n2025-11-16 18:17:03,1,1\n", "too far from the first request")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n{\"timestamp\": 0, \"input_length\": 1, \"output_lenght\": 1}", "t:2:1: output_length: the line has no such field; found: timestamp, input_length, output_lenght (did you mean output_lenght")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1}\n{\"timestamp\": 0, \"input_len", "t:2:")]
    [InlineData("{\"timestamp\": true, \"input_length\": 1, \"output_length\": 1}", "timestamp: found True")]
    [InlineData("{\"timestamp\": 0, \"input_length\": \"1\", \"output_length\": 1}", "input_length: found String")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1, \"hash_ids\": 3}", "hash_ids: found Number")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 1, \"output_length\": 1} x", "the line is no json object")]
    public void A_wrong_trace_is_told_with_its_place(string text, string said)
    {
        string path = _folder.Write("t", text);
        InputException error = Assert.Throws<InputException>(() => Read(path));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_told()
    {
        Assert.Contains("no such file", Assert.Throws<InputException>(() => Read(_folder.Path("none.csv"))).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<InputException>(() => Read(_folder.Path(""))).Message, StringComparison.Ordinal);
        Assert.Contains("found no client", Assert.Throws<InputException>(() => TraceFile.Open(_folder.Path(""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_format_that_was_asked_for_must_be_there()
    {
        string csv = _folder.Write("a", Vidur + "0,1,1\n"), json = _folder.Write("b", "{\"timestamp\": 0}\n");
        InputException error = Assert.Throws<InputException>(() => new TraceSource(csv, new TraceOptions { Format = TraceFormat.Azure }));
        Assert.Equal(3, error.Diagnostics.Count);
        Assert.Contains("json lines", Assert.Throws<InputException>(() => new TraceSource(csv, new TraceOptions { Format = TraceFormat.Mooncake })).Message, StringComparison.Ordinal);
        Assert.Contains("csv", Assert.Throws<InputException>(() => new TraceSource(json, new TraceOptions { Format = TraceFormat.Azure })).Message, StringComparison.Ordinal);
        Assert.Contains("name those of", Assert.Throws<InputException>(() => new TraceSource(csv, new TraceOptions { Format = TraceFormat.Csv })).Message, StringComparison.Ordinal);
        Assert.Contains("did you mean arrived_at", Assert.Throws<InputException>(() => new TraceSource(csv, new TraceOptions
        {
            ArrivalColumn = "arrived",
            PromptColumn = "num_prefill_tokens",
            OutputColumn = "num_decode_tokens",
        })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_out_of_order_are_sorted_and_counted()
    {
        using var trace = new TraceSource(_folder.Write("t", Vidur + "3,30,1\n1,10,1\n2,20,1\n2,21,1\n4,40,1\n"));
        var prompts = new List<int>();
        while (trace.NextArrival != Ticks.Never)
        {
            Assert.Equal(prompts.Count, trace.Take().Id is var id ? (int)id : -1);
            prompts.Add(0);
        }

        Assert.Equal(3, trace.OutOfOrder);
        Assert.Contains("3 of 5 requests were out of order", Assert.Single(trace.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void Sorting_gives_what_a_sort_of_the_whole_file_gives()
    {
        var random = new RandomStream(1, "test", "shuffle");
        int[] times = [.. Enumerable.Range(0, 20_000).Select(i => (i / 3 * 10) + random.Below(500))];
        string path = _folder.Write("t", Vidur + string.Concat(times.Select((t, i) => string.Create(CultureInfo.InvariantCulture, $"{t},{i + 1},1\n"))));
        int[] expected = [.. times.Select((t, i) => (t, i)).OrderBy(x => x.t).ThenBy(x => x.i).Select(x => x.i + 1)];
        using var trace = new TraceSource(path, new TraceOptions { ReorderLines = 400 });
        Assert.Equal(expected, Requests(trace).Select(r => r.PromptTokens));

        // A window that is too small says so instead of giving a wrong order.
        using var narrow = new TraceSource(path, new TraceOptions { ReorderLines = 5 });
        Assert.Contains("too late to be sorted", Assert.Throws<InputException>(() => Requests(narrow).Count()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Times_count_from_the_earliest_request_when_dates_are_out_of_order()
    {
        using var trace = new TraceSource(_folder.Write("t", "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:04,1,1\n2023-11-16 18:17:03,2,1\n"));
        Assert.Equal([(0.0, 2), (1.0, 1)], Requests(trace).Select(r => (Ticks.Seconds(r.Arrival), r.PromptTokens)));
    }

    [Fact]
    public void Lines_without_tokens_are_skipped_and_counted_by_option()
    {
        using var trace = new TraceSource(
            _folder.Write("t", "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,G,10,0,10,x\n6,G,10,2,12,x\n7,G,-1,2,1,x\n"), new TraceOptions { SkipEmpty = true });
        Assert.Single(Requests(trace));
        Assert.Equal(2, trace.Skipped);
        Assert.Contains("2 lines without", Assert.Single(trace.Notes), StringComparison.Ordinal);
        Assert.Contains("2 lines without were skipped", Assert.Throws<InputException>(() => new TraceSource(_folder.Write("u", Vidur + "0,0,1\n1,1,0\n"), new TraceOptions { SkipEmpty = true })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_gzip_is_told_with_the_requests_that_were_read()
    {
        var random = new RandomStream(1, "test", "cut");
        var text = new StringBuilder(Vidur);
        for (int i = 0; i < 50_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{i},{1 + random.Below(9000)},{1 + random.Below(900)}\n");
        }

        byte[] whole = TraceFolder.Gzip(text.ToString());
        string path = _folder.Write("t.csv.gz", whole[..(whole.Length * 2 / 3)]);
        using var trace = new TraceSource(path, new TraceOptions { ReorderLines = 100 });
        int taken = 0;
        InputException error = Assert.Throws<InputException>(() =>
        {
            while (trace.NextArrival != Ticks.Never)
            {
                trace.Take();
                taken++;
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine(error.Message);
        Assert.Contains("the file is cut or damaged", error.Message, StringComparison.Ordinal);
        Assert.InRange(trace.Read, 25_000, 40_000);
        Assert.Contains(FormattableString.Invariant($"{trace.Read} requests were read"), error.Message, StringComparison.Ordinal);
        Assert.InRange(taken, trace.Read - 101, trace.Read);

        whole[whole.Length / 2] ^= 0x55;
        whole[(whole.Length / 2) + 1] ^= 0x55;
        Assert.Throws<InputException>(() => Read(_folder.Write("damaged.csv.gz", whole)));
        Assert.Throws<InputException>(() => Read(_folder.Write("text.csv.gz", Vidur + "0,1,1\n")));
    }

    [Theory]
    [InlineData(Vidur + "0,10,1\n1,20,2\n2,30,3\n3,40,4\n4,50,5\n")]
    [InlineData("TIMESTAMP,ContextTokens,GeneratedTokens\r\n2023-11-16 18:17:03.9799600,4808,10\r\n2023-11-16 18:17:04.0319600,3180,8\r\n2023-11-16 18:17:05,110,27")]
    [InlineData("{\"timestamp\": 0, \"input_length\": 600, \"output_length\": 52, \"hash_ids\": [46, 47]}\n{\"timestamp\": 10, \"input_length\": 700, \"output_length\": 26, \"hash_ids\": [46, \"48\"]}\n")]
    public void A_damaged_file_is_read_or_told_but_never_crashes(string text)
    {
        // Bytes overwritten, removed, doubled and cut; whatever comes, only whole requests in order or an error with the file's name.
        const ulong Seed = 20261122;
        var random = new RandomStream(Seed, "fuzz", text[..5]);
        byte[] whole = Encoding.UTF8.GetBytes(text), packed = TraceFolder.Gzip(text);
        ReadOnlySpan<byte> likely = ",\n\r\"{}[]:-.0eE \0\xFF9x"u8;
        int read = 0;
        for (int i = 0; i < 3000; i++)
        {
            bool gzip = i % 4 == 3;
            List<byte> bytes = [.. gzip ? packed : whole];
            for (int change = random.Below(3); change >= 0 && bytes.Count > 0; change--)
            {
                int at = random.Below(bytes.Count);
                switch (random.Below(4))
                {
                    case 0: bytes[at] = likely[random.Below(likely.Length)]; break;
                    case 1: bytes[at] = (byte)random.Next(); break;
                    case 2: bytes.RemoveRange(at, Math.Min(random.Below(10), bytes.Count - at)); break;
                    default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Below(30), bytes.Count - at))); break;
                }
            }

            string path = _folder.Write(gzip ? "fuzz.gz" : "fuzz", [.. bytes]);
            try
            {
                using var trace = new TraceSource(path, new TraceOptions { SkipEmpty = i % 2 == 0 });
                long last = 0;
                foreach (Request request in Requests(trace))
                {
                    Assert.True(request.PromptTokens > 0 && request.OutputTokens > 0 && request.Arrival >= last, $"seed {Seed}, file {i}");
                    last = request.Arrival;
                    read++;
                }
            }
            catch (InputException e)
            {
                Assert.Contains(path, e.Message, StringComparison.Ordinal);
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {Seed}, file {i}: {e}\n{Convert.ToBase64String([.. bytes])}");
            }
        }

        Assert.InRange(read, 100, int.MaxValue);
    }

    [Fact]
    public void A_csv_trace_takes_no_memory_for_its_requests_once_warm()
    {
        string line(int i) => string.Create(CultureInfo.InvariantCulture, $"{i * 0.25},{1 + (i * 37 % 5000)},{1 + (i % 99)}\n");
        using var trace = new TraceSource(_folder.Write("t", Vidur + string.Concat(Enumerable.Range(0, 60_000).Select(line))), new TraceOptions { ReorderLines = 1000 });
        for (int i = 0; i < 20_000; i++)
        {
            trace.Take();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 30_000; i++)
        {
            trace.Take();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_client_set_is_opened_like_a_trace()
    {
        _ = Set("0,2,1,Gamma,1,0.5\n600,1,1,Weibull,0.6,0.1\n", "{\"0\": {\"input_tokens\": \"{100: 1}\", \"output_tokens\": \"{7: 1.0}\"}}");
        _folder.Write("chunk-1-trace.csv", "0,1,1,Gamma,1,1\n");
        using var set = TraceFile.Open(_folder.Path(""));
        Assert.Contains("1 of 2 clients have no lengths and are left out, with 25.0 % of the requests", Assert.Single(set.Notes), StringComparison.Ordinal);
        var summary = TraceSummary.Of(set.Source);
        Assert.InRange(summary.Requests, 1600, 2000);
        Assert.Equal((100, 7), (summary.LongestPrompt, summary.LongestOutput));
        using var file = TraceFile.Open(_folder.Write("t", Vidur + "0,5,1\n"));
        Assert.Equal(5, file.Source.Take().PromptTokens);
        Assert.Empty(file.Notes);
    }

    [Fact]
    public void Damaged_client_sets_are_told()
    {
        const string Trace = "0,2,1,Gamma,1,0.5\n600,0,0,,,\n1200,3,2,Weibull,0.6,0.1\n";
        const string Lengths = "{\"0\": {\"input_tokens\": \"{100: 0.5, 300: 0.5}\", \"output_tokens\": \"{7: 1.0}\"}}";
        Assert.Equal(5.0 / 3, Set(Trace, Lengths).MeanPerSecond(), 1e-12);
        foreach ((string trace, string lengths, string said) in new[]
        {
            ("0,2,1,Gamma,1\n", Lengths, "chunk-0-trace.csv:1:1: found 5 fields"),
            (Trace.Replace("Gamma", "Gauss", StringComparison.Ordinal), Lengths, "chunk-0-trace.csv:1:4: family: found 'Gauss'; allowed: Gamma or Weibull"),
            (Trace.Replace("0.6", "-1", StringComparison.Ordinal), Lengths, "chunk-0-trace.csv:3:5: shape: found '-1'"),
            (Trace.Replace("1200", "1300", StringComparison.Ordinal), Lengths, "a window that starts at 1300"),
            ("", Lengths, "is empty"),
            (Trace, "{\"0\": {}}", "0.text_tokens: the window has no such field"),
            (Trace, Lengths.Replace("0.5", "x", StringComparison.Ordinal), "0.input_tokens: found '100: x'"),
            (Trace, "[", "no set of token counts"),
            (Trace, "{\"0\": 3}", "no set of token counts"),
            (Trace, "{\"0\": {\"input_tokens\": \"{}\", \"output_tokens\": \"{}\"}}", "none of 1 clients has lengths"),
        })
        {
            Assert.Contains(said, Assert.Throws<InputException>(() => Set(trace, lengths)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("cut or damaged", Assert.Throws<InputException>(() => TraceFile.Open(_folder.Write("x.tar.gz", TraceFolder.Gzip("no archive")[..^9]))).Message, StringComparison.Ordinal);
    }

    private ServeGenSet Set(string trace, string lengths)
    {
        _folder.Write("chunk-0-trace.csv", trace);
        _folder.Write("chunk-0-dataset.json", lengths);
        return ServeGenSet.Read(_folder.Path(""));
    }

    private static void Read(string path)
    {
        using var trace = new TraceSource(path);
        _ = Requests(trace).Count();
    }

    private static IEnumerable<Request> Requests(TraceSource trace)
    {
        while (trace.NextArrival != Ticks.Never)
        {
            yield return trace.Take();
        }
    }
}

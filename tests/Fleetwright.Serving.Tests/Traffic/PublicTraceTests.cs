using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Traces;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Public traces against what is published about them.</summary>
public sealed class PublicTraceTests
{
    // The README beside the files: rows, span, mean and longest prompts and answers.
    [Theory]
    [InlineData("conv", 19_366, 3501.7, 1155, 14_050, 211, 1000)]
    [InlineData("code", 8_819, 3435.9, 2048, 7437, 28, 1899)]
    public void Azure_traces_hold_what_their_readme_says(string name, int rows, double seconds, double prompt, int longestPrompt, double output, int longestOutput)
    {
        using var trace = new TraceSource(Repository.SharedData("traces", "azure-2023", $"AzureLLMInferenceTrace_{name}.csv.gz"));
        var summary = TraceSummary.Of(trace);
        Assert.Equal(TraceFormat.Azure, trace.Format);
        Assert.Equal(rows, summary.Requests);
        Assert.Equal(0, summary.FirstSeconds);
        Assert.Equal(seconds, summary.LastSeconds, 0.1);
        Assert.Equal(prompt, (double)summary.PromptTokens / rows, 0.5);
        Assert.Equal(output, (double)summary.OutputTokens / rows, 0.5);
        Assert.Equal((longestPrompt, longestOutput), (summary.LongestPrompt, summary.LongestOutput));
        Assert.Empty(trace.Notes);
    }

    // Vidur's copies of the same traces: time from the first request in seconds.
    [Theory]
    [InlineData("conv")]
    [InlineData("code")]
    public void Azure_and_Vidur_files_of_one_trace_give_the_same_requests(string name)
    {
        using var azure = new TraceSource(Repository.SharedData("traces", "azure-2023", $"AzureLLMInferenceTrace_{name}.csv.gz"));
        using var vidur = new TraceSource(Repository.SharedData("traces", "vidur", $"splitwise_{name}.csv.gz"));
        Assert.Equal(TraceFormat.Vidur, vidur.Format);
        while (azure.NextArrival != Ticks.Never)
        {
            Request a = azure.Take(), v = vidur.Take();
            Assert.Equal((a.Id, a.PromptTokens, a.OutputTokens), (v.Id, v.PromptTokens, v.OutputTokens));
            Assert.InRange(Ticks.Seconds(a.Arrival) - Ticks.Seconds(v.Arrival), -1.1e-6, 1.1e-6);
        }

        Assert.Equal(Ticks.Never, vidur.NextArrival);
    }

    [Theory]
    [InlineData("conversation", 12_031, 3537.0, 12_035, 343, 288_500, 182_790)]
    [InlineData("synthetic", 3_993, 1022.0, 15_325, 149, 121_877, 43_924)]
    public void Mooncake_traces_have_the_block_reuse_that_is_published(string name, int rows, double seconds, double prompt, double output, int blocks, int unique)
    {
        using var trace = new TraceSource(Repository.SharedData("traces", "mooncake-fast25", $"{name}_trace.jsonl.gz"));
        Assert.Equal((TraceFormat.Mooncake, 512), (trace.Format, trace.HashTokens));
        var seen = new HashSet<long>();
        int total = 0, count = 0;
        long prompts = 0, outputs = 0, last = 0;
        while (trace.NextArrival != Ticks.Never)
        {
            Request request = trace.Take();
            Assert.Equal((request.PromptTokens + 511) / 512, request.PrefixHashes!.Length);
            total += request.PrefixHashes.Length;
            seen.UnionWith(request.PrefixHashes);
            prompts += request.PromptTokens;
            outputs += request.OutputTokens;
            last = request.Arrival;
            count++;
        }

        Assert.Equal((rows, blocks, unique), (count, total, seen.Count));
        Assert.Equal(name == "conversation" ? 36.6 : 64.0, 100 - (100.0 * seen.Count / total), 0.05);
        Assert.Equal(seconds, Ticks.Seconds(last), 0.05);
        Assert.Equal(prompt, (double)prompts / rows, 0.5);
        Assert.Equal(output, (double)outputs / rows, 0.5);
    }

    [Fact]
    public void A_trace_of_lengths_alone_gives_lengths()
    {
        string path = Repository.SharedData("traces", "vidur", "arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv.gz");
        using var trace = new TraceSource(path, new TraceOptions { Format = TraceFormat.Vidur, ArrivalColumn = "" });
        var lengths = PairedLengths.Of(trace);
        Assert.Equal(28_257, lengths.Count);
        Assert.Equal(2588, lengths.Prompts.Mean, 0.5);
        Assert.Equal(291, lengths.Outputs.Mean, 0.5);
    }

    [Fact]
    public void Columns_can_be_named()
    {
        string path = Repository.SharedData("traces", "vidur", "anchor", "requests_conv_seed42_max4096.csv.gz");
        using var trace = new TraceSource(path, new TraceOptions { ArrivalColumn = "unit_arrival", PromptColumn = "num_prefill_tokens", OutputColumn = "num_decode_tokens" });
        Assert.Equal(16_000, TraceSummary.Of(trace).Requests);
    }

    [Theory]
    [InlineData("reason-deepseek-r1", 73)]
    [InlineData("multimodal-mm-image", 35)]
    [InlineData("language-m-small", 38)]
    public void ServeGen_sets_give_the_rate_that_their_windows_say(string name, int clients)
    {
        var set = ServeGenSet.Read(Repository.SharedData("traces", "servegen", name + ".tar.gz"));
        Assert.Equal(clients, set.Clients);
        Assert.Equal(name == "language-m-small" ? 1 : 0, set.Notes.Count);

        // The clients of greatest CV send a few bursts an hour, so the count of an hour is far from Poisson; the mean over seeds is not.
        double from = 12 * 3600, to = from + 7200, expected = set.MeanPerSecond(from, to) * 7200, factor = Math.Min(1, 20_000 / expected);
        double[] counts = [.. Enumerable.Range(1, 12).Select(seed => (double)TraceSummary.Of(set.Open((ulong)seed, from, to, factor)).Requests)];
        double mean = counts.Average(), error = Math.Sqrt(counts.Sum(c => (c - mean) * (c - mean)) / 11 / 12);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: expected {expected * factor:0}, mean {mean:0} ± {error:0}");
        Assert.InRange(mean, (expected * factor) - (5 * error), (expected * factor) + (5 * error));
        Assert.InRange(error / mean, 0, 0.05);
    }

    [Fact]
    public void A_ServeGen_window_is_the_same_requests_for_the_same_seed_in_order_and_within_its_time()
    {
        var set = ServeGenSet.Read(Repository.SharedData("traces", "servegen", "reason-deepseek-r1.tar.gz"));
        IRequestSource a = set.Open(1, 3600, 7200), b = set.Open(1, 3600, 7200);
        long last = 0;
        while (a.NextArrival != Ticks.Never)
        {
            Request request = a.Take();
            Assert.Equal(b.Take(), request);
            Assert.InRange(request.Arrival, last, Ticks.Of(3600));
            last = request.Arrival;
        }
    }
}

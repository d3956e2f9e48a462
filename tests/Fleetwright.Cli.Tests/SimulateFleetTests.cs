using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Fleetwright.Cli.Tests;

/// <summary>Fleets that change or are of several kinds, through the command line.</summary>
public sealed class SimulateFleetTests : IDisposable
{
    private static readonly string[] Small = ["simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--input", "lognormal:512,0.8", "--output", "lognormal:64,0.7", "--rate", "30", "--requests", "3000"];

    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Failures_are_counted_and_no_request_is_lost()
    {
        string[] failing = [.. Small, "--replicas", "4", "--mtbf-chip", "60 s", "--mttr", "20 s", "--start-up", "5 s", "--detection", "1 s"];
        JsonElement answer = await Answer(failing), fleet = answer.GetProperty("fleet"), failures = fleet.GetProperty("failures");
        Assert.Equal(3000, answer.GetProperty("completed").GetInt64());
        Assert.True(failures.GetProperty("replica_failures").GetInt64() > 2);
        Assert.Equal(failures.GetProperty("lost_requests").GetInt64(), failures.GetProperty("retries").GetInt64());
        Assert.InRange(fleet.GetProperty("availability").GetDouble(), 0.4, 0.95);
        Assert.True(fleet.GetProperty("replicas_over_time").GetArrayLength() > 10);
        JsonElement again = await Answer([.. failing, "--threads", "1"]);
        Assert.Equal(fleet.ToString(), again.GetProperty("fleet").ToString());

        JsonElement dropping = await Answer([.. failing, "--on-failure", "drop"]);
        long drops = dropping.GetProperty("fleet").GetProperty("failures").GetProperty("drops").GetInt64();
        Assert.True(drops > 0);
        Assert.Equal((3000 - drops, drops), (dropping.GetProperty("completed").GetInt64(), dropping.GetProperty("rejected").GetInt64()));
    }

    [Fact]
    public async Task The_catalogue_knows_how_often_chips_fail()
    {
        // One chip in 2,703 days: none of four fails in two minutes.
        JsonElement answer = await Answer([.. Small, "--replicas", "4", "--failures", "llama-3", "--mttr", "1 day", "--storage-bandwidth", "5 GB/s", "--engine-start", "1 min"]);
        Assert.Equal(0, answer.GetProperty("fleet").GetProperty("failures").GetProperty("replica_failures").GetInt64());
        Assert.Equal(1, answer.GetProperty("fleet").GetProperty("availability").GetDouble());
    }

    [Fact]
    public async Task An_autoscaled_fleet_is_paid_for_by_what_runs()
    {
        string page = Path.Combine(_folder, "page.html");
        string[] scaled = [.. Small, "--arrivals", "onoff:40,40", "--router", "least-outstanding", "--autoscale", "outstanding:4", "--max-replicas", "8", "--start-up", "20 s", "--scale-down-window", "30 s"];
        (int code, string text, string error) = await Run([.. scaled, "--html", page]);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("scaling ", text, StringComparison.Ordinal);
        Assert.Contains("Replicas over time", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        JsonElement answer = await Answer(scaled), fleet = answer.GetProperty("fleet");

        // The heading names the fewest and the most that were ordered: those of the start and all changes.
        int[] ordered = [1, .. fleet.GetProperty("scalings").EnumerateArray().Select(s => s.GetProperty("to").GetInt32())];
        Assert.True(ordered.Max() > 1);
        string title = $"on {ordered.Min()} to {ordered.Max()} × h100-sxm: {ordered.Min()} to {ordered.Max()} × TP1, ";
        Assert.Contains(title, text, StringComparison.Ordinal);
        Assert.Contains(title, WebUtility.HtmlDecode(await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken)), StringComparison.Ordinal);
        double paid = fleet.GetProperty("mean_paid_replicas").GetDouble();
        Assert.True(fleet.GetProperty("scalings").GetArrayLength() > 1);
        Assert.InRange(paid, 1.05, 7);

        // One H100 an hour costs as much as a plain fleet of one says.
        JsonElement plain = await Answer(Small);
        double each = plain.GetProperty("cost").GetProperty("dollars_per_hour").GetDouble();
        Assert.Equal(paid * each, answer.GetProperty("cost").GetProperty("dollars_per_hour").GetDouble(), 1e-6);
    }

    [Fact]
    public async Task A_round_of_restarts_loses_nothing()
    {
        JsonElement answer = await Answer([.. Small, "--replicas", "3", "--restart-every", "20 s", "--restart-time", "4 s"]);
        Assert.Equal(3000, answer.GetProperty("completed").GetInt64());
        Assert.True(answer.GetProperty("fleet").GetProperty("restarts").GetInt64() >= 9);
    }

    [Fact]
    public async Task A_second_kind_that_is_the_same_changes_nothing_and_another_gets_its_share()
    {
        JsonElement one = await Answer([.. Small, "--replicas", "4"]), two = await Answer([.. Small, "--replicas", "1", "--also", "chip=h100-sxm,tp=1,replicas=3"]);
        foreach (string same in (string[])["latencies", "goodput", "chips", "completed", "iterations"])
        {
            Assert.Equal(one.GetProperty(same).ToString(), two.GetProperty(same).ToString());
        }

        foreach (string rate in (string[])["requests_per_second", "output_tokens_per_second", "output_tokens_per_second_per_chip"])
        {
            Assert.Equal(one.GetProperty("throughput").GetProperty(rate).GetDouble(), two.GetProperty("throughput").GetProperty(rate).GetDouble(), 1e-9);
        }

        Assert.Equal(one.GetProperty("cost").GetProperty("dollars").GetDouble(), two.GetProperty("cost").GetProperty("dollars").GetDouble(), 1e-9);
        Assert.Equal(one.GetProperty("energy").GetProperty("kilowatt_hours").GetDouble(), two.GetProperty("energy").GetProperty("kilowatt_hours").GetDouble(), 1e-9);
        JsonElement mixed = (await Answer([.. Small, "--replicas", "2", "--weight", "1", "--also", "chip=mi300x,tp=1,replicas=1,weight=2"])).GetProperty("fleet").GetProperty("kinds");
        Assert.Equal([0.5, 0.5], mixed.EnumerateArray().Select(k => Math.Round(k.GetProperty("request_share").GetDouble(), 3)));
        JsonElement weighed = (await Answer([.. Small, "--replicas", "2", "--also", "chip=h100-sxm,tp=4,replicas=1"])).GetProperty("fleet").GetProperty("kinds");
        Assert.True(weighed[1].GetProperty("weight").GetDouble() > 1.5 * weighed[0].GetProperty("weight").GetDouble());
    }

    [Fact]
    public async Task Classes_go_to_their_groups()
    {
        string trace = Path.Combine(_folder, "trace.csv");
        await File.WriteAllLinesAsync(
            trace, ["at,in,out,kind", .. Enumerable.Range(0, 600).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i * 0.05},300,40,{(i % 3 == 0 ? "chat" : i % 3 == 1 ? "batch" : "other")}"))], TestContext.Current.CancellationToken);
        string[] command =
        [
            "simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--trace", trace, "--arrival-column", "at", "--prompt-column", "in", "--output-column", "out", "--class-column", "kind",
            "--router", "by-class", "--replicas", "1", "--also", "chip=h200-sxm,tp=1,replicas=2",
        ];
        JsonElement kinds = (await Answer([.. command, "--groups", "batch:1,*:2"])).GetProperty("fleet").GetProperty("kinds");
        Assert.Equal([200, 400], kinds.EnumerateArray().Select(k => k.GetProperty("completed").GetInt64()));
        foreach ((string groups, string expected) in ((string, string)[])[("batch:1,*:1", "all 3"), ("batch:1,chat:2", "other"), ("talk:1,*:2", "talk"), ("batch", "batch")])
        {
            (int code, _, string error) = await Run([.. command, "--groups", groups]);
            Assert.Equal(2, code);
            Assert.Contains("--groups", error, StringComparison.Ordinal);
            Assert.Contains(expected, error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--mttr", "--mtbf-chip", "1 h", "--start-up", "1 min")]
    [InlineData("--start-up", "--mtbf-chip", "1 h", "--mttr", "1 h")]
    [InlineData("--mttr", "--mttr", "1 h")]
    [InlineData("--spares", "--spares", "2")]
    [InlineData("--start-up", "--start-up", "1 min")]
    [InlineData("--storage-bandwidth", "--restart-every", "1 min", "--storage-bandwidth", "2 GB/s")]
    [InlineData("--on-failure", "--mtbf-chip", "1 h", "--mttr", "1 h", "--start-up", "1 s", "--on-failure", "ignore")]
    [InlineData("--autoscale", "--autoscale", "latency:3", "--max-replicas", "4", "--start-up", "1 s")]
    [InlineData("--autoscale", "--autoscale", "cache:150%", "--max-replicas", "4", "--start-up", "1 s")]
    [InlineData("--max-replicas", "--autoscale", "rate:3", "--start-up", "1 s")]
    [InlineData("--replicas", "--autoscale", "rate:3", "--min-replicas", "2", "--max-replicas", "4", "--start-up", "1 s")]
    [InlineData("--autoscale", "--autoscale", "rate:3", "--max-replicas", "4", "--start-up", "1 s", "--also", "chip=h100-sxm,tp=1")]
    [InlineData("--also", "--also", "chips=h100-sxm")]
    [InlineData("--also", "--also", "chip=h100-sxm,tp=3")]
    [InlineData("--also", "--also", "tp=1")]
    [InlineData("--also", "--also", "chip=h100-sxm,weight=0")]
    [InlineData("--weight", "--also", "chip=h100-sxm", "--weight", "2")]
    [InlineData("--weight", "--weight", "2")]
    [InlineData("--restart-at-once", "--restart-at-once", "2")]
    [InlineData("--groups", "--router", "by-class")]
    [InlineData("--groups", "--router", "by-class", "--groups", "a:1")]
    [InlineData("--group-router", "--group-router", "random")]
    [InlineData("llama-9", "--failures", "llama-9", "--mttr", "1 h", "--start-up", "1 s")]
    public async Task An_option_that_is_wrong_or_stands_alone_is_named(string named, params string[] options)
    {
        (int code, _, string error) = await Run([.. Small, .. options]);
        Assert.Equal(2, code);
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clients_of_a_closed_loop_are_served_by_what_is_up()
    {
        // Eight clients on two replicas, one of them away by turns: Little's law with eight in flight.
        JsonElement answer = await Answer(
            "simulate", "--model", "llama-3.1-8b", "--chip", "h100-sxm", "--tp", "1", "--concurrency", "4", "--replicas", "2", "--requests", "2000", "--router", "least-outstanding", "--restart-every", "30 s", "--restart-time", "5 s");
        Assert.Equal(2000, answer.GetProperty("completed").GetInt64());
        Assert.True(answer.GetProperty("fleet").GetProperty("restarts").GetInt64() > 2);
        double stay = answer.GetProperty("latencies").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "end_to_end").GetProperty("mean_seconds").GetDouble();
        Assert.InRange(stay * answer.GetProperty("throughput").GetProperty("requests_per_second").GetDouble(), 7.7, 8.0001);
    }

    [Theory]
    [InlineData("--spares", "2")]
    [InlineData("--prefill-replicas", "2", "--decode-replicas", "2")]
    [InlineData("--decode-tp", "2")]
    [InlineData("--kv-link", "1 GB/s")]
    [InlineData("--first-token", "after-transfer")]
    public async Task Tables_of_Vidur_do_not_go_with_other_fleets(params string[] options)
    {
        (int code, _, string error) = await Run(["simulate", "--tables", _folder, "--table-prefix", "llama2-70b_tp2_a100", "--requests", "none.csv", .. options]);
        Assert.Equal(2, code);
        Assert.Contains($"{options[0]}: found where it means nothing; allowed: without --tables", error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> Answer(params string[] arguments)
    {
        (int code, string output, string error) = await Run([.. arguments, "--json"]);
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        return answer.RootElement.Clone();
    }

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Policies;
using Fleetwright.Testing;

namespace Fleetwright.Cli.Tests;

public sealed partial class DevicePlaceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-device-place-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_default_scenario_has_the_flip_points_that_the_page_documents()
    {
        (int code, string said, _) = await Place(Repository.Path("examples", "meta-2024.yaml"), "--users", "0", "--json");
        Assert.Equal(ExitCode.Infeasible, code); // private turns of phones and headsets are late
        using JsonDocument answers = JsonDocument.Parse(said);
        List<(string Product, string Sentence)> flips = [.. answers.RootElement.EnumerateArray().SelectMany(p => p.GetProperty("flips").EnumerateArray()
            .Select(f => (p.GetProperty("product").GetString()!, f.GetProperty("sentence").GetString()!)))];
        Assert.Contains(flips, f => f.Sentence.Contains("prompt tokens the cloud wins", StringComparison.Ordinal));
        string file = Repository.Path("docs", "edge-placement.md"), page = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Match block = Block().Match(page);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
        {
            string table = "| product | flip point |\n| --- | --- |\n" + string.Concat(flips.Select(f => $"| {f.Product} | {f.Sentence} |\n"));
            await File.WriteAllTextAsync(file, page[..block.Groups[1].Index] + table + page[(block.Groups[1].Index + block.Groups[1].Length)..], TestContext.Current.CancellationToken);
            return;
        }

        (string Text, double Value)[] documented = [.. block.Groups[1].Value.Split('\n').Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Skip(2).Select(Parts)];
        (string Text, double Value)[] found = [.. flips.Select(f => Parts($"| {f.Product} | {f.Sentence} |"))];
        Assert.Equal(documented.Select(d => d.Text), found.Select(f => f.Text));
        Assert.All(documented.Zip(found), pair => Assert.Equal(pair.First.Value, pair.Second.Value, 1.0));
    }

    [Fact]
    public async Task A_product_that_keeps_its_promises_gives_a_policy_that_an_app_can_read()
    {
        string file = At("policy.json");
        (int code, string said, string error) = await Place(Repository.Path("examples", "meta-2024.yaml"), "--product", "lg-tv", "--users", "2000", "--policy-out", file);
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("voice-to-voice in time in", said, StringComparison.Ordinal);
        Assert.Contains("a day of 2,000 users", said, StringComparison.Ordinal);
        Assert.DoesNotContain("fleetwright: not every", error, StringComparison.Ordinal);
        Policy policy = PolicyFile.Read(file);
        Assert.Equal(("lg-tv", "lg-tv"), (policy.Product, policy.Device));
        Assert.NotEmpty(policy.Classes[0].Routes);
    }

    [Fact]
    public async Task Privacy_that_leaves_no_tier_with_anything_to_answer_is_told_with_file_and_line()
    {
        string file = Changed("device_models: [llama-3.2-1b]", "device_models: []", "engine: executorch");
        (int code, string said, string error) = await Place(file, "--product", "quest-3", "--users", "0");
        Assert.Equal((ExitCode.BadInput, ""), (code, said));
        Assert.Matches(@"scenario\.yaml:\d+:\d+: products\[1\]\.turn_classes\[1\]\.may_leave_device: room-and-gaze turns may run on device, phone only, and nothing is offered there; offered: cloud", error);
        int line = int.Parse(LineOf().Match(error).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Contains("room-and-gaze", File.ReadAllLines(file)[line - 1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worse_network_for_a_part_of_the_day_makes_fewer_turns_in_time()
    {
        const string network = "render_load: 72hz";
        string day = network + "\n    day:\n      - { from: 0, to: 18, place: home }\n      - { from: 18, to: 24, place: train, network: 5g-low-band-regional, charging: { value: 5 W, assumed: true } }";
        double even = await InTime(Repository.Path("examples", "meta-2024.yaml")), moving = await InTime(Changed(network, day, "device: quest-3"));
        Assert.True(moving < even, FormattableString.Invariant($"{moving} of turns in time with a train, {even} without"));

        async Task<double> InTime(string file)
        {
            (_, string said, _) = await Place(file, "--product", "quest-3", "--users", "0", "--json");
            using JsonDocument answer = JsonDocument.Parse(said);
            return answer.RootElement[0].GetProperty("best").GetProperty("classes")[0].GetProperty("share_within_target").GetDouble();
        }
    }

    [Theory]
    [InlineData("day: [{ from: 0, to: 8, place: home }, { from: 9, to: 24, place: work }]", "found 9 to 24; allowed: whole hours, each part from where the one before ends (8) to a later one")]
    [InlineData("day: [{ from: 0, to: 8, place: home }]", "ends at hour 8; allowed: parts that cover the day from hour 0 to hour 24")]
    [InlineData("day: [{ from: 0, to: 24, place: home, network: wifi-hme }]", "did you mean wifi-home")]
    public async Task A_day_that_does_not_hold_together_is_told(string day, string told)
    {
        (int code, _, string error) = await Place(Changed("render_load: 72hz", "render_load: 72hz\n    " + day, "device: quest-3"), "--users", "0");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Contains("scenario.yaml:", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--product: found 'quest-4'; allowed: phones, quest-3", "--product", "quest-4")]
    [InlineData("--users: found -1; allowed: a whole number from 0", "--users", "-1")]
    [InlineData("--policy-out: a policy file holds one product; name it with --product: phones", "--policy-out", "policy.json")]
    public async Task Wrong_options_are_told(string told, params string[] options)
    {
        (int code, string said, string error) = await Place(Repository.Path("examples", "meta-2024.yaml"), options);
        Assert.Equal((ExitCode.BadInput, ""), (code, said));
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    [GeneratedRegex(@"<!-- flips -->\n(.*?)<!-- /flips -->", RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"yaml:(\d+):")]
    private static partial Regex LineOf();

    [GeneratedRegex(@"above ([\d,.]+) ")]
    private static partial Regex Amount();

    private static (string Text, double Value) Parts(string line)
    {
        Match amount = Amount().Match(line);
        return (line.Remove(amount.Groups[1].Index, amount.Groups[1].Length), double.Parse(amount.Groups[1].Value, NumberStyles.Number, CultureInfo.InvariantCulture));
    }

    private static async Task<(int Code, string Said, string Error)> Place(string file, params string[] options)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await FleetwrightCli.RunAsync(["device", "place", file, .. options], new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }

    // The default scenario with the first text after a line changed.
    private string Changed(string from, string to, string after)
    {
        string text = File.ReadAllText(Repository.Path("examples", "meta-2024.yaml"));
        int start = text.IndexOf(from, text.IndexOf(after, StringComparison.Ordinal), StringComparison.Ordinal);
        File.WriteAllText(At("scenario.yaml"), text[..start] + to + text[(start + from.Length)..]);
        return At("scenario.yaml");
    }

    private string At(string name) => Path.Combine(_folder, name);
}

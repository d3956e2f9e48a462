using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Fleetwright.Acceptance.Tests;

/// <summary>Wrong input: one clear message with its place, exit code 2, nothing written.</summary>
public sealed class ErrorTests : IDisposable
{
    private static readonly Dictionary<string, Mistake> Mistakes = new()
    {
        ["unknown key"] = new("artemis-samsung", "minimum_order", s => s.Line("artemis-samsung", "minimum_order", l => l.Replace("minimum_order", "minimum_ordr", StringComparison.Ordinal)), "minimum_ordr", "did you mean minimum_order?"),
        ["wrong unit"] = new("h100", "lead_time", s => s.Set("h100", "lead_time", "{ value: 13 GB, assumed: true }"), "'GB' is not a unit of time", "weeks"),
        ["no unit"] = new("", "power_available", s => s.Set("", "power_available", "{ value: 500, assumed: true }"), "'500' has no unit", "MW"),
        ["negative value"] = new("h100", "system_price", s => s.Set("h100", "system_price", "{ value: \"-$18,000\", assumed: true }"), "-$18,000", "must not be negative"),
        ["not a number"] = new("h100", "lead_time", s => s.Set("h100", "lead_time", "{ value: NaN weeks, assumed: true }"), "'NaN weeks' is not a number", "such as"),
        ["negative zero risk"] = new("", "seed", s => s.Set("", "seed", "-1"), "found '-1'", "at least 0"),
        ["share above one"] = new("phones", "capable_share", s => s.Set("phones", "capable_share", "{ value: 130 %, assumed: true }"), "130 %", "at most 1"),
        ["unknown chip"] = new("h100", "chip", s => s.Set("h100", "chip", "h100-smx"), "h100-smx", "did you mean h100-sxm"),
        ["unknown model"] = new("chat-70b", "model", s => s.Set("chat-70b", "model", "lama-3-70b"), "lama-3-70b", "did you mean llama-3-70b"),
        ["unknown device"] = new("quest-3", "device", s => s.Set("quest-3", "device", "qest-3"), "qest-3", "did you mean quest-3"),
        ["unknown device model"] = new("quest-3", "device_models", s => s.Set("quest-3", "device_models", "[llama-3.2-1b, llama-3.2-1c]"), "llama-3.2-1c", "did you mean llama-3.2-1b"),
        ["unknown network"] = new("quest-3", "network", s => s.Set("quest-3", "network", "wifi-hme"), "wifi-hme", "did you mean wifi-home"),
        ["unknown device engine"] = new("quest-3", "engine", s => s.Set("quest-3", "engine", "executorh"), "executorh", "did you mean executorch"),
        ["unknown scene"] = new("quest-3", "render_load", s => s.Set("quest-3", "render_load", "300hz"), "300hz", "72hz"),
        ["unknown site"] = new("h100", "site", s => s.Set("h100", "site", "tsmc-fab81"), "tsmc-fab81", "catalog list sites"),
        ["unknown node"] = new("artemis-tsmc", "node", s => s.Set("artemis-tsmc", "node", "tsmc-n55"), "tsmc-n55", "did you mean tsmc-n5"),
        ["unknown voice profile"] = new("", "voice", s => s.Set("", "voice", "streming"), "streming", "did you mean streaming"),
        ["unknown number format"] = new("chat-8b", "precisions", s => s.Set("chat-8b", "precisions", "[fp8, bf61]"), "bf61", "allowed: ", "bf16"),
        ["unknown workload"] = new("phones", "- { workload: chat-8b", s => s.Containing("- { workload: chat-8b", l => l.Replace("chat-8b", "chat-8c", StringComparison.Ordinal)), "chat-8c", "did you mean chat-8b"),
        ["unknown place of an outage"] = new("", "place: ", s => s.Containing("- { name: Taiwan stops", l => l.Replace("place: Taiwan", "place: Tiawan", StringComparison.Ordinal)), "Tiawan", "did you mean Taiwan"),
        ["unknown source"] = new("h100", "lead_time", s => s.Set("h100", "lead_time", "{ value: 13 weeks, source: led-h100 }"), "led-h100", "did you mean lead-h100"),
        ["no source"] = new("h100", "lead_time", s => s.Set("h100", "lead_time", "13 weeks"), "has no source", "assumed: true"),
        ["same name twice"] = new("h200", "name", s => s.Containing("  - name: h200", _ => "  - name: h100"), "'h100' is taken by line", "must differ"),
        ["shares that do not add up"] = new("phones", "turn_classes", s => s.Containing("- { name: private-messages", l => l.Replace("share: { value: 10 %", "share: { value: 30 %", StringComparison.Ordinal)), "add up to 1.2", "must add up to 1"),
        ["last quarter before the first"] = new("", "quarters", s => s.Set("", "quarters", "{ first: 2024Q1, last: 2023Q4 }"), "found 2023Q4", "allowed: 2024Q1 to 2033Q4"),
        ["deadline before the start"] = new("llama-3.1-405b-run", "deadline", s => s.Set("llama-3.1-405b-run", "deadline", "2023Q4"), "found 2023Q4", "must not lie before the start"),
        ["a quarter that is none"] = new("h200", "first_order", s => s.Set("h200", "first_order", "2024Q5"), "found '2024Q5'", "such as 2024Q1"),
        ["hours of a short day"] = new("phones", "hours", s => s.Set("phones", "hours", "[1, 2, 3]"), "found 3 usable weights", "24 numbers"),
        ["a choice that is none"] = new("phones", "interaction", s => s.Set("phones", "interaction", "txt"), "found 'txt'", "did you mean text", "allowed: text, voice"),
        ["a name that leaves its folder"] = new("", "name", s => s.Set("", "name", "../elsewhere"), "found '../elsewhere'", "allowed: letters"),
        ["a training job for a ranking model"] = new("llama-3.1-405b-run", "model", s => s.Set("llama-3.1-405b-run", "model", "dlrm-large"), "dlrm-large is a ranking model"),
        ["an engine that the device lacks"] = new("quest-3", "engine", s => s.Set("quest-3", "engine", "mlx"), "MLX", "Meta Quest 3"),
        ["a format that the engine lacks"] = new("phones", "engine", s => s.Set("phones", "device_dtype", "fp8"), "stores no fp8 weights", "int4"),
        ["a ranking model on a device"] = new("quest-3", "device_models", s => s.Set("quest-3", "device_models", "[dlrm-large]"), "dlrm-large is a ranking model"),
        ["more users than people"] = new("phones", "active_users", s => s.Set("phones", "active_users", "{ value: 1e30, assumed: true }"), "1e30", "at most 20000000000"),
        ["an endless sequence"] = new("llama-3.1-405b-run", "sequence_length", s => s.Set("llama-3.1-405b-run", "sequence_length", "{ value: 9 T, assumed: true }"), "found '9 T'", "at most 10000000"),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. Mistakes.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task One_mistake_in_a_scenario_is_one_message_at_its_line(string name)
    {
        Mistake mistake = Mistakes[name];
        ScenarioText text = mistake.Make(ScenarioText.Default());
        string file = text.Write(_folder);
        int line = mistake.Line(ScenarioText.Default());

        Outcome outcome = await Program.Run("run", file, "--out", _folder.Path("out"));

        string message = Refused(outcome);
        Assert.StartsWith($"fleetwright: {file}:", message, StringComparison.Ordinal);
        int told = int.Parse(message.AsSpan($"fleetwright: {file}:".Length).ToString().Split(':')[0], CultureInfo.InvariantCulture);
        Assert.InRange(told, line, line + mistake.Slack);
        Assert.All(mistake.Words, word => Assert.Contains(word, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_mistake_is_told_in_one_pass_in_the_order_of_the_file()
    {
        ScenarioText text = ScenarioText.Default()
            .Set("", "seed", "-1")
            .Set("h100", "lead_time", "{ value: 13 GB, assumed: true }")
            .Line("artemis-samsung", "minimum_order", l => l.Replace("minimum_order", "minimum_ordr", StringComparison.Ordinal));
        Outcome outcome = await Program.Run("run", text.Write(_folder), "--out", _folder.Path("out"));
        Assert.Equal(2, outcome.Code);
        Assert.Equal(["seed", "offers[0].lead_time", "minimum_ordr"], outcome.Messages.Select(m => new[] { "seed", "offers[0].lead_time", "minimum_ordr" }.Single(p => m.Contains(p, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_missing_file_is_told()
        => Assert.Contains("no such file", Refused(await Program.Run("run", _folder.Path("absent.yaml"), "--out", _folder.Path("out"))), StringComparison.Ordinal);

    [Fact]
    public async Task A_folder_is_not_a_file()
        => Assert.Contains("is a folder", Refused(await Program.Run("run", _folder.Root, "--out", _folder.Path("out"))), StringComparison.Ordinal);

    [Fact]
    public async Task A_yaml_bomb_is_refused_at_once()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++)
        {
            bomb.Append(CultureInfo.InvariantCulture, $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}, *a{i - 1}, *a{i - 1}]\n");
        }

        await RefusedAtOnce(bomb.ToString(), "anchors and aliases are not read");
    }

    [Fact]
    public Task Deep_nesting_is_refused_at_once()
        => RefusedAtOnce("name: " + new string('[', 100_000), "nested more than 40 deep");

    [Fact]
    public Task Binary_rubbish_is_refused()
        => RefusedAtOnce("\u0000\u0001%PDF-1.7 \u001b[2J{{{{", "bad.yaml");

    [Fact]
    public async Task An_output_folder_that_cannot_be_is_told_before_any_work()
    {
        File.WriteAllText(_folder.Path("file"), "");
        string message = Refused(await Program.Run("run", ScenarioText.Default().Write(_folder), "--out", Path.Combine(_folder.Path("file"), "out")));
        Assert.Contains("--out", message, StringComparison.Ordinal);
        Assert.Contains("cannot write to", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ruin", "ruin")]
    [InlineData("--thread", "run", "--thread", "2")]
    [InlineData("--threads", "run", "--threads", "0")]
    [InlineData("--threads", "run", "--threads", "many")]
    [InlineData("--gap", "supply", "--gap", "1 GB")]
    [InlineData("--solver", "supply", "--solver", "abacus")]
    public async Task A_wrong_command_or_option_is_bad_input(string word, params string[] arguments)
    {
        Outcome outcome = await Program.Run(arguments);
        Assert.Equal(2, outcome.Code);
        Assert.Contains(word, outcome.Error, StringComparison.Ordinal);
        Plain(outcome);
    }

    [Fact]
    public async Task A_model_that_fits_nowhere_has_no_answer()
    {
        Outcome outcome = await Program.Run("estimate", "--model", "llama-3.1-405b", "--chip", "l40s", "--count", "1");
        Assert.Equal(3, outcome.Code);
        Assert.Contains("chips", outcome.Error, StringComparison.Ordinal);
        Plain(outcome);
    }

    [Fact]
    public async Task Targets_that_nobody_can_meet_have_no_answer()
    {
        Outcome outcome = await Program.Run("size", "--model", "llama-3.1-70b", "--chips", "h100-sxm", "--rate", "10", "--ttft", "1 us");
        Assert.Equal(3, outcome.Code);
        Plain(outcome);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_has_no_answer_and_says_what_would_go_unserved()
    {
        Outcome outcome = await Program.Run("supply", Hopeless().Write(_folder));
        Assert.Equal(3, outcome.Code);
        Assert.Contains("chat-70b", outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public async Task A_run_whose_plan_cannot_be_keeps_the_rest_and_says_so()
    {
        Outcome outcome = await Program.Run("run", Hopeless().Write(_folder), "--out", _folder.Path("out"));
        Assert.Equal(3, outcome.Code);
        Assert.Equal("partial", Results.Read(_folder.Path("out")).Status);
    }

    // Next to no power, nothing to rent, and every request must be answered.
    private static ScenarioText Hopeless() => ScenarioText.Short()
        .Line("", "quarters", _ => "quarters: { first: 2024Q1, last: 2024Q3 }")
        .Line("phones", "active_users", _ => "    active_users: { value: 100 M, assumed: true }")
        .Set("", "power_available", "{ value: 1 kW, assumed: true }")
        .Containing("    limit: ", _ => "    limit: { value: 0, assumed: true }")
        .Add("chat-70b", "unserved_limit: { value: 0 %, assumed: true }");

    private async Task RefusedAtOnce(string text, string word)
    {
        File.WriteAllText(_folder.Path("bad.yaml"), text);
        var clock = Stopwatch.StartNew();
        string message = Refused(await Program.Run("run", _folder.Path("bad.yaml"), "--out", _folder.Path("out")));
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(1), $"took {clock.Elapsed}");
        Assert.Contains(word, message, StringComparison.Ordinal);
    }

    // Exit code 2, one message, nothing on stdout, no folder.
    private string Refused(Outcome outcome)
    {
        Assert.True(outcome.Code == 2, $"exit code {outcome.Code}: {outcome.Error}");
        Assert.True(outcome.Messages.Count == 1, outcome.Error);
        Assert.Empty(outcome.Output);
        Assert.False(Directory.Exists(_folder.Path("out")), "an output folder was made");
        Plain(outcome);
        return outcome.Messages[0];
    }

    private static void Plain(Outcome outcome)
    {
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", outcome.Error, StringComparison.Ordinal);
        Assert.All(outcome.Messages, m => Assert.StartsWith("fleetwright: ", m, StringComparison.Ordinal));
    }

    /// <summary>A slip of the pen.</summary>
    /// <param name="Item">The list item that holds it; empty for the top of the file.</param>
    /// <param name="Key">The key of its line, or a part of the line.</param>
    /// <param name="Make">Makes it.</param>
    /// <param name="Words">What the message must say.</param>
    private sealed record Mistake(string Item, string Key, Func<ScenarioText, ScenarioText> Make, params string[] Words)
    {
        // A list that does not add up is told at its first item.
        public int Slack => Key == "turn_classes" ? 1 : 0;

        public int Line(ScenarioText text) => Key.Contains(' ', StringComparison.Ordinal) ? text.LineNumber(Key) : text.LineNumber(Item, Key);
    }
}

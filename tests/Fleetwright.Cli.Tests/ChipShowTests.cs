using System.Text.Json;

namespace Fleetwright.Cli.Tests;

public sealed class ChipShowTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"{Path.GetRandomFileName()}.yaml");

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task A_shipped_design_is_shown_with_the_documented_keys()
    {
        (int code, string output, _) = await Run("chip", "show", "mtia-2i", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument answer = JsonDocument.Parse(output);
        JsonElement root = answer.RootElement;
        Assert.Equal(64, root.GetProperty("elements").GetInt32());
        Assert.Equal(6, root.GetProperty("area").GetArrayLength());
        Assert.Equal(root.GetProperty("total_square_millimetres").GetDouble(), root.GetProperty("area").EnumerateArray().Sum(b => b.GetProperty("square_millimetres").GetDouble()), 1e-6);
        Assert.True(root.GetProperty("operators").GetArrayLength() >= 5);
        Assert.Equal(85, root.GetProperty("limit_watts").GetDouble());
    }

    [Fact]
    public async Task A_lower_clock_lowers_rate_voltage_and_power()
    {
        (_, string nominal, _) = await Run("chip", "show", "mtia-2i", "--json");
        (int code, string slow, _) = await Run("chip", "show", "mtia-2i", "--clock", "1.1 GHz", "--json");
        Assert.Equal(ExitCode.Success, code);
        using JsonDocument fast = JsonDocument.Parse(nominal), slower = JsonDocument.Parse(slow);
        foreach (string key in (string[])["clock_hertz", "voltage", "peak_watts"])
        {
            Assert.True(slower.RootElement.GetProperty(key).GetDouble() < fast.RootElement.GetProperty(key).GetDouble(), key);
        }
    }

    [Fact]
    public async Task A_clock_above_the_maximum_is_refused()
    {
        (int code, _, string error) = await Run("chip", "show", "mtia-2i", "--clock", "2 GHz");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("--clock", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_design_file_is_shown_and_priced_by_op()
    {
        await File.WriteAllTextAsync(_file, Design(), TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run("chip", "show", _file);
        Assert.True(code == ExitCode.Success, error);
        Assert.Contains("processing elements", output, StringComparison.Ordinal);
        (code, output, error) = await Run("op", "gemm", "--m", "2048", "--n", "2048", "--k", "2048", "--dtype", "fp16", "--chip", _file, "--json");
        Assert.True(code == ExitCode.Success, error);
        using JsonDocument answer = JsonDocument.Parse(output);
        Assert.InRange(answer.RootElement.GetProperty("seconds").GetDouble(), 97e-6, 105.5e-6);
    }

    [Fact]
    public async Task Every_problem_of_a_design_file_is_told_with_its_line()
    {
        await File.WriteAllTextAsync(_file, Design().Replace("rows: 8", "rows: 0", StringComparison.Ordinal).Replace("kind: lpddr5", "kind: lpdr5", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Run("chip", "show", _file);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Empty(output);
        Assert.Matches(@":\d+:\d+: grid\.rows: found '0'", error);
        Assert.Matches(@":\d+:\d+: memory\.kind: .*did you mean lpddr5", error);
    }

    private static string Design() => File.ReadAllText(Path.Combine(Catalog.FleetCatalog.OpenDefault().Root, "designs", "mtia-2i.yaml"));

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, CancellationToken.None));
        return (code, output.ToString(), error.ToString());
    }
}

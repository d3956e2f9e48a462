using System.Text.Json;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;

namespace Fleetwright.Cli.Tests;

public sealed class DeviceImportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-device-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_run_and_what_its_tool_does_not_say_make_a_row()
    {
        (int code, string said, string error) = await Import(Fixture("executorch.log"), "executorch", "--device", "raspberry-pi-5", "--unit", "cpu", "--model", "llama-3.2-1b", "--quant", "INT4 g32", "--out", At("rows.csv"));
        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        Assert.Equal($"{At("rows.csv")}: 1 row from executorch.log\n", said);
        CsvRow row = Assert.Single(CsvTable.Read(At("rows.csv")).Rows);
        Assert.Equal(("edge", "cpu", "ExecuTorch XNNPACK", "burst", "A"), (row["device_class"], row["backend"], row["engine"], row["load_state"], row["confidence"]));

        // Hugging Face counts 1,235,814,400 parameters.
        Assert.Equal((1.236, 2.064, 2.058, 3878), (row.Number("params_b"), row.Number("prefill_tok_s"), row.Number("decode_tok_s"), row.Number("ttft_ms")));
    }

    [Fact]
    public async Task Options_say_what_a_file_or_the_catalogue_leaves_open()
    {
        (int code, string said, _) = await Import(
            Fixture("llama-bench.json"), "llama-bench", "--device", "My PC", "--soc", "RTX 4080", "--class", "pc", "--model", "mine", "--quant", "Q4", "--engine", "fork", "--params-b", "1.5", "--load-state", "warm", "--context", "4096");
        Assert.Equal(ExitCode.Success, code);
        File.WriteAllText(At("rows.csv"), said);
        CsvRow row = Assert.Single(CsvTable.Read(At("rows.csv")).Rows);
        Assert.Equal(("My PC", "pc", "RTX 4080", "gpu", "fork", "mine", "Q4"), (row["device"], row["device_class"], row["soc"], row["backend"], row["engine"], row["model"], row["quant"]));
        Assert.Equal((1.5, "warm"), (row.Number("params_b"), row["load_state"]));
        Assert.StartsWith("ctx 4096; ", row["notes"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_Apple_unit_is_called_as_rows_call_it()
    {
        (_, string said, _) = await Import(Fixture("executorch.log"), "executorch", "--device", "iphone-17-pro", "--unit", "npu", "--engine", "ExecuTorch Core ML", "--model", "llama-3.2-1b", "--quant", "INT4", "--json");
        using JsonDocument rows = JsonDocument.Parse(said);
        Assert.Equal("ane", rows.RootElement[0].GetProperty("backend").GetString());
    }

    [Fact]
    public async Task A_size_that_nobody_knows_is_left_empty_and_said()
    {
        (int code, string said, string error) = await Import(Fixture("genie.json"), "genie", "--device", "oneplus-12", "--model", "nobody-knows", "--quant", "w4a16");
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains(",nobody-knows,,w4a16,", said, StringComparison.Ordinal);
        Assert.Contains("--params-b", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--model: is missing; genie.json does not tell the model; allowed: ", "genie.json", "genie", "--device", "oneplus-12", "--quant", "w4a16")]
    [InlineData("--quant: is missing; genie.json does not tell the quantisation; allowed: ", "genie.json", "genie", "--device", "oneplus-12", "--model", "m")]
    [InlineData("--unit: is missing; executorch.log does not tell the unit; allowed: cpu, gpu or npu", "executorch.log", "executorch", "--device", "oneplus-12", "--model", "m", "--quant", "q")]
    [InlineData("--engine: is missing; executorch.log does not tell the engine", "executorch.log", "executorch", "--device", "oneplus-12", "--model", "m", "--quant", "q", "--unit", "npu")]
    [InlineData("--device: no device is called 'oneplus-21' (did you mean oneplus-12?); 'fleetwright catalog list devices' lists all; for another device give --soc and --class", "genie.json", "genie", "--device", "oneplus-21")]
    [InlineData("--soc: is for devices that the catalogue lacks; 'oneplus-12' is OnePlus 12", "genie.json", "genie", "--device", "oneplus-12", "--soc", "x")]
    [InlineData("--class: found 'watch'; allowed: phone, headset, glasses, tv-class, edge, mac, pc", "genie.json", "genie", "--device", "x", "--soc", "x", "--class", "watch")]
    [InlineData("--load-state: found 'hot'; allowed: burst, warm, sustained", "genie.json", "genie", "--device", "oneplus-12", "--load-state", "hot")]
    [InlineData("--context: found 0; allowed: a whole number from 1", "genie.json", "genie", "--device", "oneplus-12", "--context", "0")]
    [InlineData("--unit: found 'tpu'; allowed: cpu, gpu, npu", "genie.json", "genie", "--device", "oneplus-12", "--unit", "tpu")]
    [InlineData("--format: found 'gguf'; allowed: llama-bench, executorch, genie", "genie.json", "gguf", "--device", "oneplus-12")]
    [InlineData("genie.json:1:1: found an object with header, components; allowed: a test of llama-bench", "genie.json", "llama-bench", "--device", "oneplus-12")]
    public async Task What_is_missing_or_wrong_is_told_and_nothing_is_written(string told, string fixture, string format, params string[] options)
    {
        File.WriteAllText(At("rows.csv"), "before");
        (int code, string said, string error) = await Import(Fixture(fixture), format, [.. options, "--out", At("rows.csv")]);
        Assert.Contains(told, error, StringComparison.Ordinal);
        Assert.Equal((ExitCode.BadInput, ""), (code, said));
        Assert.Equal("before", File.ReadAllText(At("rows.csv")));
        Assert.Equal([At("rows.csv")], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_cut_file_is_told_with_its_place_and_nothing_is_written()
    {
        File.WriteAllText(At("cut.json"), File.ReadAllText(Fixture("llama-bench.json"))[..700]);
        (int code, string said, string error) = await Import(At("cut.json"), "llama-bench", "--device", "oneplus-12", "--out", At("rows.csv"));
        Assert.Equal((ExitCode.BadInput, ""), (code, said));
        Assert.Matches(@"cut\.json:\d+:\d+: the text ends within a JSON value, as a cut file's does; allowed: a whole value", error);
        Assert.Equal([At("cut.json")], Directory.GetFiles(_folder));
    }

    private static string Fixture(string name) => Repository.Path("tests", "Fleetwright.Edge.Tests", "Fixtures", name);

    private static async Task<(int Code, string Said, string Error)> Import(string file, string format, params string[] options)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await FleetwrightCli.RunAsync(["device", "import", file, "--format", format, .. options], new CommandContext(output, error, TestContext.Current.CancellationToken));
        return (code, output.ToString(), error.ToString());
    }

    private string At(string name) => Path.Combine(_folder, name);
}

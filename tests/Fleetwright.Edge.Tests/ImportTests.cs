using System.Text.Json;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Importing;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Edge.Tests;

/// <summary>What benchmark tools write, read as runs; the fixtures' sources are named beside them.</summary>
public sealed class ImportTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-import-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Prompt_and_reply_of_llama_bench_make_one_run()
    {
        ImportedRun run = Assert.Single(RunImport.Read(Fixture("llama-bench.json"), "llama-bench").Runs);
        Assert.Equal((512, 128), (run.PromptTokens, run.GeneratedTokens));
        Assert.Equal(7100.002165, run.PrefillTokensPerSecond);
        Assert.Equal(118.881588, run.DecodeTokensPerSecond);
        Assert.Equal(("Qwen2.5-7B-Instruct", "Q4_K_M", 7615616512.0), (run.Model, run.Quantisation, run.Parameters));
        Assert.Equal(("llama.cpp CUDA", ComputeUnitKind.Gpu), (run.Engine, run.Unit));
        Assert.Contains("8cf427ff", run.Notes, StringComparison.Ordinal);

        // The mean of the samples' rates, which the tool rounds to the nanosecond.
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Fixture("llama-bench.json")));
        double[] samples = [.. file.RootElement[1].GetProperty("samples_ns").EnumerateArray().Select(s => 128 / (s.GetDouble() * 1e-9))];
        Assert.Equal(samples.Average(), run.DecodeTokensPerSecond!.Value, 1e-5);
    }

    [Fact]
    public void Rates_of_ExecuTorch_are_those_that_its_runner_prints()
    {
        ImportedRun run = Assert.Single(RunImport.Read(Fixture("executorch.log"), "executorch").Runs);
        Assert.Equal((7, 120), (run.PromptTokens, run.GeneratedTokens));
        Assert.Equal(2.063679, run.PrefillTokensPerSecond!.Value, 1e-6);
        Assert.Equal(2.057507, run.DecodeTokensPerSecond!.Value, 1e-6);
        Assert.Equal(3.878, run.FirstTokenSeconds!.Value, 1e-12);
    }

    [Fact]
    public void Figures_of_Genie_are_read_with_their_units()
    {
        ImportedRun run = Assert.Single(RunImport.Read(Fixture("genie.json"), "genie").Runs);
        Assert.Equal((823, 200), (run.PromptTokens, run.GeneratedTokens));
        Assert.Equal(0.531665, run.FirstTokenSeconds!.Value, 1e-12);
        Assert.Equal(ComputeUnitKind.Npu, run.Unit);

        // The tool's rates agree with its counts over its times.
        Assert.Equal(823 / 0.531665, run.PrefillTokensPerSecond!.Value, 0.05);
        Assert.Equal(200 / 5.191579, run.DecodeTokensPerSecond!.Value, 0.005);
    }

    [Fact]
    public void Tests_that_differ_in_a_setting_do_not_make_one_run()
    {
        string text = File.ReadAllText(Fixture("llama-bench.json"));
        string path = Write("bench.json", Replaced(text, "\"n_gen\": 128,\n    \"n_depth\": 0", "\"n_gen\": 128,\n    \"n_depth\": 4096"));
        IReadOnlyList<ImportedRun> runs = RunImport.Read(path, "llama-bench").Runs;
        Assert.Equal(2, runs.Count);
        Assert.Null(runs[0].DecodeTokensPerSecond);
        Assert.Null(runs[1].PrefillTokensPerSecond);
        Assert.EndsWith("depth 4096", runs[1].Notes, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MTL,BLAS", "-1", "llama.cpp Metal", ComputeUnitKind.Gpu)]
    [InlineData("Metal,BLAS", "99", "llama.cpp Metal", ComputeUnitKind.Gpu)]
    [InlineData("OpenCL", "99", "llama.cpp OpenCL", ComputeUnitKind.Gpu)]
    [InlineData("OpenCL", "0", "llama.cpp CPU", ComputeUnitKind.Cpu)]
    [InlineData("HTP", "99", "llama.cpp Hexagon", ComputeUnitKind.Npu)]
    [InlineData("BLAS", "99", "llama.cpp CPU", ComputeUnitKind.Cpu)]
    [InlineData("OpenCL,HTP", "99", null, null)]
    [InlineData("Abacus", "99", null, null)]
    public void A_backend_tells_engine_and_unit_unless_two_could_have_run(string backends, string layers, string? engine, ComputeUnitKind? unit)
    {
        string text = Replaced(Replaced(File.ReadAllText(Fixture("llama-bench.json")), "\"CUDA\"", $"\"{backends}\""), "\"n_gpu_layers\": -1", $"\"n_gpu_layers\": {layers}");
        ImportedRun run = Assert.Single(RunImport.Read(Write("bench.json", text), "llama-bench").Runs);
        Assert.Equal((engine, unit), (run.Engine, run.Unit));
    }

    [Theory]
    [InlineData("qwen2 7B Q4_K - Medium", "Q4_K_M", true)]
    [InlineData("llama 7B mostly Q4_0", "Q4_0", true)]
    [InlineData("llama 8B all F32", "F32", true)]
    [InlineData("llama 1B F16", "F16", true)]
    [InlineData("qwen35moe 35B.A3B Q4_K - Medium", "Q4_K_M", false)]
    [InlineData("llama 8x7B Q5_K - Small", "Q5_K_S", false)]
    public void The_model_type_tells_the_quantisation_and_whether_a_token_reads_all(string type, string quantisation, bool readsAll)
    {
        ImportedRun run = Assert.Single(RunImport.Read(Write("bench.json", Replaced(File.ReadAllText(Fixture("llama-bench.json")), "qwen2 7B Q4_K - Medium", type)), "llama-bench").Runs);
        Assert.Equal(quantisation, run.Quantisation);
        Assert.Equal(readsAll, run.Parameters is not null);
    }

    [Fact]
    public void One_test_a_line_is_read_as_a_list_of_tests_is()
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllText(Fixture("llama-bench.json")));
        string lines = string.Concat(file.RootElement.EnumerateArray().Select(t => JsonSerializer.Serialize(t) + "\n"));
        Assert.Equal(RunImport.Read(Fixture("llama-bench.json"), "llama-bench").Runs, RunImport.Read(Write("bench.jsonl", lines), "llama-bench").Runs);
    }

    [Fact]
    public void What_PowerShell_wrote_is_read_as_what_the_tool_said()
    {
        string text = File.ReadAllText(Fixture("llama-bench.json"));
        string wide = Path.Combine(_folder, "wide.json"), marked = Path.Combine(_folder, "marked.json");
        File.WriteAllText(wide, text, System.Text.Encoding.Unicode);
        File.WriteAllText(marked, text, System.Text.Encoding.UTF8);
        IReadOnlyList<ImportedRun> said = RunImport.Read(Fixture("llama-bench.json"), "llama-bench").Runs;
        Assert.Equal(said, RunImport.Read(wide, "llama-bench").Runs);
        Assert.Equal(said, RunImport.Read(marked, "llama-bench").Runs);
    }

    [Fact]
    public void Tests_of_prompt_and_reply_together_are_left_out_and_said()
    {
        string path = Write("bench.json", """[{"n_prompt":512,"n_gen":0,"avg_ts":10},{"n_prompt":512,"n_gen":128,"avg_ts":7}]""");
        ImportedRuns read = RunImport.Read(path, "llama-bench");
        Assert.Equal(10, Assert.Single(read.Runs).PrefillTokensPerSecond);
        Assert.Contains("1 tests of prompt and reply together", Assert.Single(read.LeftOut), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama-bench.json", "llama-bench")]
    [InlineData("executorch.log", "executorch")]
    [InlineData("genie.json", "genie")]
    public void A_cut_file_is_told_with_its_place_wherever_it_is_cut(string fixture, string format)
    {
        byte[] whole = File.ReadAllBytes(Fixture(fixture));
        int last = whole.AsSpan().LastIndexOf((byte)(format == "llama-bench" ? ']' : '}'));
        int first = format == "executorch" ? whole.AsSpan().IndexOf("PyTorchObserver {"u8) + 18 : 1;
        for (int length = first; length <= last; length += 7)
        {
            InputException e = Assert.Throws<InputException>(() => RunImport.Read(Write("cut", whole[..length]), format));
            Assert.All(e.Diagnostics, d => Assert.EndsWith("cut", d.File, StringComparison.Ordinal));
            Assert.Contains("the text ends within a JSON value, as a cut file's does; allowed: a whole value", e.Message, StringComparison.Ordinal);
            Assert.Equal(whole.AsSpan(0, length).Count((byte)'\n') + 1, e.Diagnostics[0].Line);
        }
    }

    [Theory]
    [InlineData("genie.json", "llama-bench", "--format genie")]
    [InlineData("executorch.log", "genie", "--format executorch")]
    [InlineData("llama-bench.json", "executorch", "--format llama-bench")]
    public void A_file_of_another_tool_is_told_with_the_format_that_it_looks_like(string fixture, string format, string told)
        => Assert.EndsWith(told, Assert.Throws<InputException>(() => RunImport.Read(Fixture(fixture), format)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("llama-bench", """[{"n_prompt":512,"n_gen":0,"avg_ts":"fast"}]""", "1:37: [0].avg_ts: found 'fast'; allowed: a number above 0")]
    [InlineData("llama-bench", """[{"n_prompt":512,"n_gen":0,"avg_ts":0}]""", "1:37: [0].avg_ts: found 0; allowed: a number above 0")]
    [InlineData("llama-bench", """[{"n_prompt":512,"tokens":3}]""", "1:2: [0]: found an object with n_prompt, tokens; allowed: a test of llama-bench, with n_prompt, n_gen and avg_ts")]
    [InlineData("llama-bench", "[]", "holds no test")]
    [InlineData("executorch", "PyTorchObserver {\"type\": \"NET\", \"unit\": \"us\"}", "1:17: found an object with type, unit; allowed: the figures of a language model")]
    [InlineData("executorch", "a\nPyTorchObserver {\"prompt_tokens\":7,\"generated_tokens\":1,\"inference_start_ms\":9,\"prompt_eval_end_ms\":9,\"first_token_ms\":10,\"inference_end_ms\":11}", "2:101: prompt_eval_end_ms: found 9; allowed: later than inference_start_ms, which is 9")]
    [InlineData("executorch", "loading\ndone\n", "found no line with 'PyTorchObserver {'")]
    [InlineData("genie", """{"components":[{"events":[{"type":"GenieDialog_create"}]}]}""", "1:15: components: found GenieDialog_create; allowed: at least one event GenieDialog_query")]
    [InlineData("genie", """{"components":[{"events":[{"type":"GenieDialog_query","token-generation-rate":{"value":3,"unit":"parsec"}}]}]}""", "components[0].events[0].token-generation-rate: found the unit 'parsec'; allowed: toks/sec, tokens/sec, tokens/s")]
    [InlineData("genie", """{"components":[{"events":[{"type":"GenieDialog_query","time-to-first-token":{"value":5}}]}]}""", "found the unit ''; allowed: us, ms, s")]
    [InlineData("gguf", "[]", "--format: found 'gguf'; allowed: llama-bench, executorch, genie")]
    public void What_cannot_be_a_run_is_told_with_place_found_and_allowed(string format, string text, string told)
    {
        string path = Write("x", text);
        Assert.Contains(told, Assert.Throws<InputException>(() => RunImport.Read(path, format)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("llama-bench.json", "llama-bench")]
    [InlineData("executorch.log", "executorch")]
    [InlineData("genie.json", "genie")]
    public void Whatever_bytes_come_the_file_is_read_or_refused(string fixture, string format)
    {
        byte[] whole = File.ReadAllBytes(Fixture(fixture));
        Gen<(int At, byte Value)[]> edits = (from at in Gen.Choose(0, whole.Length - 1)
                                             from value in Gen.OneOf(Gen.Elements("{}[]\",:0-eE.\\\n"u8.ToArray()), Gen.Choose(0, 255).Select(b => (byte)b))
                                             select (at, value)).ArrayOf();
        Prop.ForAll(edits.ToArbitrary(), changes =>
        {
            byte[] changed = [.. whole];
            foreach ((int at, byte value) in changes)
            {
                changed[at] = value;
            }

            string path = Write("fuzzed", changed);
            Exception? thrown = Record.Exception(() => RunImport.Read(path, format));
            Assert.True(thrown is null or InputException, thrown?.ToString());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Rows_have_the_columns_of_the_measured_ones_and_read_back()
    {
        Assert.Equal(CsvTable.Read(Repository.SharedData("devices", "on_device_llm.csv")).Header, ImportedRow.Columns);
        ImportedRun run = Assert.Single(RunImport.Read(Fixture("llama-bench.json"), "llama-bench").Runs);
        var row = new ImportedRow
        {
            Id = "bench-1",
            Run = run,
            Device = "A, \"quoted\" phone",
            DeviceClass = "phone",
            Soc = "Snapdragon 8 Gen 3",
            Backend = "gpu",
            Engine = "llama.cpp OpenCL",
            Model = "Qwen2.5-7B",
            Parameters = run.Parameters,
            Quantisation = "Q4_K_M",
            LoadState = "burst",
            Source = "bench.json",
        };
        CsvRow read = Assert.Single(CsvTable.Read(Write("rows.csv", ImportedRow.Csv([row]))).Rows);
        Assert.Equal("A, \"quoted\" phone", read["device"]);
        Assert.Equal((7.616, 512, 118.882), (read.Number("params_b"), read.Number("prompt_tokens"), read.Number("decode_tok_s")));
        Assert.Equal("", read["ttft_ms"]);
    }

    private static string Fixture(string name) => Repository.Path("tests", "Fleetwright.Edge.Tests", "Fixtures", name);

    private static string Replaced(string text, string part, string other)
    {
        Assert.Contains(part, text, StringComparison.Ordinal);
        return text.Replace(part, other, StringComparison.Ordinal);
    }

    private string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    private string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }
}

using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace Fleetwright.Cli.Tests;

public sealed class OpPriceCommandTests : IDisposable
{
    private const string Header = "kernel_source,gemm_dtype,m,n,k,latency_ms";
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-op-price-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Rows_come_back_in_order_with_a_time_and_a_bound_behind_them()
    {
        string input = Write("in.csv", $"{Header}\nx,bfloat16,4096,8192,8192,1.0\nx,bfloat16,1,8192,8192,1.0\n");
        (int code, _, string error) = await Price("h100-sxm", "gemm", input, "out.csv");
        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        string[] lines = await File.ReadAllLinesAsync(At("out.csv"), TestContext.Current.CancellationToken);
        Assert.Equal($"{Header},predicted_ms,bound,status", lines[0]);
        Assert.StartsWith("x,bfloat16,4096,8192,8192,1.0,", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",matrix,ok", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",memory,ok", lines[2], StringComparison.Ordinal);
        (_, string one, _) = await Run("op", "gemm", "--m", "4096", "--n", "8192", "--k", "8192", "--chip", "h100-sxm", "--json");
        using JsonDocument single = JsonDocument.Parse(one);
        Assert.Equal(single.RootElement.GetProperty("seconds").GetDouble() * 1e3, Number(lines[1].Split(',')[6]), 1e-6);
    }

    [Fact]
    public async Task A_design_file_is_priced_as_the_single_operator_is()
    {
        string design = At("mine.yaml");
        File.Copy(Testing.Repository.Path("examples", "designs", "artemis-hbm3e.yaml"), design);
        string input = Write("in.csv", $"{Header}\nx,bfloat16,2048,2048,2048,1.0\n");
        (int code, _, string error) = await Price(design, "gemm", input, "out.csv");
        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        (_, string one, _) = await Run("op", "gemm", "--m", "2048", "--n", "2048", "--k", "2048", "--chip", design, "--json");
        using JsonDocument single = JsonDocument.Parse(one);
        string[] lines = await File.ReadAllLinesAsync(At("out.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(single.RootElement.GetProperty("seconds").GetDouble() * 1e3, Number(lines[1].Split(',')[6]), 1e-6);
    }

    [Fact]
    public async Task A_format_that_the_chip_lacks_is_noted_and_what_it_runs_in_is_priced()
    {
        string input = Write("in.csv", $"{Header}\nx,fp8,4096,4096,4096,1.0\nx,bfloat16,4096,4096,4096,1.0\nx,fp32,64,64,64,1.0\n");
        (int code, string said, _) = await Price("a100-80gb-sxm", "gemm", input, "out.csv");
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("  2 rows are in a number format that a100-80gb-sxm lacks", said, StringComparison.Ordinal);
        string[] lines = await File.ReadAllLinesAsync(At("out.csv"), TestContext.Current.CancellationToken);
        Assert.EndsWith(",a100-80gb-sxm has no fp8 matrix rate; priced as converted to bf16", lines[1], StringComparison.Ordinal);
        Assert.EndsWith(",ok", lines[2], StringComparison.Ordinal);
        Assert.EndsWith(",a100-80gb-sxm has no fp32 matrix rate; priced on its vector unit", lines[3], StringComparison.Ordinal);

        input = Write("moe.csv", "kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution\nx,nvfp4,64,4096,1536,8,128,1,1,balanced\n");
        Assert.Equal(ExitCode.Success, (await Price("h100-sxm", "moe", input, "moe-out.csv")).Code);
        Assert.EndsWith(",h100-sxm has no nvfp4 matrix rate; priced as converted to fp8", (await File.ReadAllLinesAsync(At("moe-out.csv"), TestContext.Current.CancellationToken))[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gzip_in_and_out_and_further_columns_pass_through()
    {
        string input = At("in.csv.gz");
        await using (var to = new StreamWriter(new GZipStream(File.Create(input), CompressionLevel.Fastest)))
        {
            await to.WriteAsync("note,num_gpus,allreduce_dtype,message_size,kernel_source,backend\nmine,8,bfloat16,1048576,k,vllm_graph\n");
        }

        (int code, _, string error) = await Price("h100-sxm", "custom_allreduce", input, "out.csv.gz");
        Assert.Equal("", error);
        Assert.Equal(ExitCode.Success, code);
        using var reader = new StreamReader(new GZipStream(File.OpenRead(At("out.csv.gz")), CompressionMode.Decompress));
        Assert.Equal("note,num_gpus,allreduce_dtype,message_size,kernel_source,backend,predicted_ms,bound,status", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.StartsWith("mine,8,bfloat16,1048576,k,vllm_graph,0.0", await reader.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_measured_table_answers_its_own_rows_with_its_measurements()
    {
        Directory.CreateDirectory(At("measured"));
        string rows = string.Concat(Enumerable.Range(0, 12).Select(i => FormattableString.Invariant($"x,bfloat16,{1 << i},4096,4096,{0.01 * (i + 1)}\n")));
        Write("measured/gemm.csv", $"{Header}\n{rows}");
        string input = Write("in.csv", $"kernel_source,gemm_dtype,m,n,k\nx,bfloat16,1,4096,4096\nx,bfloat16,2048,4096,4096\nother,bfloat16,1,4096,4096\n");
        (int code, string said, _) = await Price("h100-sxm", "gemm", input, "out.csv", "--refine", At("measured"));
        Assert.Equal(ExitCode.Success, code);
        Assert.Contains("12 measured rows", said, StringComparison.Ordinal);
        string[] lines = await File.ReadAllLinesAsync(At("out.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(0.01, Number(lines[1].Split(',')[5]), 1e-9);
        Assert.Equal(0.12, Number(lines[2].Split(',')[5]), 1e-9);
        Assert.NotEqual(0.01, Number(lines[3].Split(',')[5]), 1e-4);
    }

    [Theory]
    [InlineData("gemm", "kernel_source,gemm_dtype,m,n,kk\nx,bfloat16,1,2,3\n", ":1:1: k: ", "did you mean kk")]
    [InlineData("gemm", "kernel_source,gemm_dtype,m,n,k\nx,bfloat16,1,2,3\nx,bfloat16,0,2,3\n", ":3:3: m: ", "found '0'; allowed: a whole number from 1")]
    [InlineData("gemm", "kernel_source,gemm_dtype,m,n,k\nx,bf61,1,2,3\n", ":2:2: gemm_dtype: ", "found 'bf61'; allowed: fp32, bf16")]
    [InlineData("gemm", "kernel_source,gemm_dtype,m,n,k\nx,bfloat16,1,2\n", ":2:1: ", "found 4 fields; the header has 5")]
    [InlineData("gemm", "", "", "the file is empty")]
    [InlineData("gem", "kernel_source,gemm_dtype,m,n,k\n", "--table", "did you mean gemm")]
    [InlineData("moe", "kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution\nx,fp8_block,1,7168,2048,8,4,1,1,balanced\n", ":2:6: topk: ", "at most the 4 experts")]
    [InlineData("moe", "kernel_source,moe_dtype,num_tokens,hidden_size,inter_size,topk,num_experts,moe_tp_size,moe_ep_size,distribution\nx,fp8_block,1,7168,2048,8,256,1,1,zipf\n", ":2:10: distribution: ", "power_law_1.2")]
    public async Task A_bad_table_is_one_message_at_its_place_and_leaves_nothing(string kind, string text, string place, string allowed)
    {
        string input = Write("in.csv", text);
        (int code, _, string error) = await Price("h100-sxm", kind, input, "out.csv");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(place, error, StringComparison.Ordinal);
        Assert.Contains(allowed, error, StringComparison.Ordinal);
        Assert.Equal([input], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task A_cut_gzip_file_is_said_to_be_cut()
    {
        string whole = At("whole.gz");
        await using (var to = new StreamWriter(new GZipStream(File.Create(whole), CompressionLevel.Fastest)))
        {
            await to.WriteAsync(Header + "\n" + string.Concat(Enumerable.Range(1, 5000).Select(i => FormattableString.Invariant($"x,bfloat16,{i},{i * 7},{i * 3},0.{i}\n"))));
        }

        byte[] bytes = await File.ReadAllBytesAsync(whole, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(At("cut.csv.gz"), bytes.AsMemory(0, bytes.Length / 2), TestContext.Current.CancellationToken);
        (int code, _, string error) = await Price("h100-sxm", "gemm", At("cut.csv.gz"), "out.csv");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("cut or damaged", error, StringComparison.Ordinal);
        Assert.False(File.Exists(At("out.csv")));
    }

    [Fact]
    public async Task A_folder_without_the_table_cannot_refine()
    {
        string input = Write("in.csv", $"{Header}\nx,bfloat16,1,2,3,1\n");
        (int code, _, string error) = await Price("h100-sxm", "gemm", input, "out.csv", "--refine", _folder);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("has no gemm.csv.gz", error, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> Price(string chip, string table, string input, string output, params string[] more) =>
        Run(["op", "price", "--chip", chip, "--table", table, input, "--out", At(output), .. more]);

    private string At(string name) => Path.Combine(_folder, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(At(name), text);
        return At(name);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static async Task<(int Code, string Output, string Error)> Run(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await FleetwrightCli.RunAsync(arguments, new CommandContext(output, error, CancellationToken.None));
        return (code, output.ToString(), error.ToString());
    }
}

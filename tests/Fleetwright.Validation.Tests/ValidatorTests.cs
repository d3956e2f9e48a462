using System.IO.Compression;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Testing;
using Fleetwright.Validation.Pages;

namespace Fleetwright.Validation.Tests;

public sealed class ValidatorTests : IDisposable
{
    private const string Operators = "chips/llmcompass/measured_ops.csv";
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private readonly string _data = Directory.CreateTempSubdirectory("fleetwright-validate-tests-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Without_data_every_section_is_there_and_says_what_is_absent()
    {
        ValidationReport report = Run(null);
        Assert.Equal(Validator.Sections, report.Sections.Select(s => s.Id));
        Assert.Empty(report.Unfinished);
        string page = ValidationPage.Of(report, "images/validation").Markdown;
        Assert.All(
            ["kernels/h100_sxm", "kernels/b60/gemm.csv.gz", Operators, "traces/splitwise-sim/perf_model.csv.gz", "silicon/measured_serving.csv.gz", "training", "devices/on_device_llm.csv"],
            name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        Assert.Contains(report.Bars, b => b.Set.StartsWith("products bf16", StringComparison.Ordinal) && b.Verdict == BarVerdict.NotScored);
        Assert.Contains(report.Bars, b => b.Set.StartsWith("parameters of every model", StringComparison.Ordinal) && b.Verdict == BarVerdict.Met);
    }

    [Fact]
    public void A_second_run_on_the_same_tables_gives_the_same_bytes()
    {
        WriteOperators([.. Enumerable.Range(7, 12).Select(Product), .. Enumerable.Range(10, 12).Select(i => FormattableString.Invariant($"MI210,gelu,fp32,{1 << i},,,{20 + (i / 7.0)}"))]);
        ValidationPage one = Page("llmcompass,mtia,models"), two = Page("llmcompass,mtia,models");
        Assert.Equal(one.Markdown, two.Markdown);
        Assert.Equal(one.Images, two.Images);
        Assert.Equal("llmcompass-operators.svg", Assert.Single(one.Images).Name);
    }

    [Fact]
    public void A_damaged_table_is_told_with_its_file_and_line()
    {
        WriteOperators("A100-SXM4-80GB,matmul,fp16,512,12288,12288,611.8", "A100-SXM4-80GB,matmul,fp16,512");
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(() => Run(_data, "llmcompass")).Diagnostics);
        Assert.EndsWith("measured_ops.csv", problem.File, StringComparison.Ordinal);
        Assert.Equal(3, problem.Line);
        Assert.Contains("found 4 fields", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_field_that_is_no_number_is_told_with_its_column()
    {
        WriteOperators("A100-SXM4-80GB,matmul,fp16,512,12288,12288,fast");
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(() => Run(_data, "llmcompass")).Diagnostics);
        Assert.Equal(("measured_us", 2L), (problem.Field, problem.Line));
        Assert.Contains("found 'fast'; allowed: a number", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cut_kernel_table_is_told()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_data, "kernels", "h100_sxm")).FullName;
        using (var to = new StreamWriter(new GZipStream(File.Create(Path.Combine(folder, "whole.gz")), CompressionLevel.Fastest)))
        {
            to.Write("kernel_source,gemm_dtype,m,n,k,latency_ms\n" + string.Concat(Enumerable.Range(1, 4000).Select(i => FormattableString.Invariant($"x,bfloat16,{i},{i * 7},{i * 3},0.{i}\n"))));
        }

        byte[] whole = File.ReadAllBytes(Path.Combine(folder, "whole.gz"));
        File.WriteAllBytes(Path.Combine(folder, "gemm.csv.gz"), whole[..(whole.Length / 2)]);
        InputException problem = Assert.Throws<InputException>(() => Run(_data, "kernels-in-sample"));
        Assert.Contains("cut or damaged", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_section_is_refused_with_a_near_name()
    {
        InputException problem = Assert.Throws<InputException>(() => Run(null, "kernel"));
        Assert.Contains("did you mean kernels", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stopped_run_keeps_finished_sections_and_names_the_others()
    {
        using var stop = new CancellationTokenSource();
        ValidationReport report = Validator.Run(
            Catalog,
            null,
            ["models", "mtia", "speed"],
            done =>
            {
                if (done == "mtia")
                {
                    stop.Cancel();
                }
            },
            stop.Token);
        Assert.Equal(["models", "mtia"], report.Sections.Select(s => s.Id));
        Assert.Equal(["speed"], report.Unfinished);
        Assert.Contains("**Partial.** The run was stopped; these sections are missing: speed.", ValidationPage.Of(report, "images").Markdown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missed_bar_is_called_missed()
    {
        WriteOperators([.. Enumerable.Range(7, 12).Select(Product), "A100-SXM4-80GB,matmul,fp16,512,12288,12288,1"]);
        Bar bar = Run(_data, "llmcompass").Bars.First(b => b.Set == "LLMCompass: products on A100");
        Assert.Equal(BarVerdict.Missed, bar.Verdict);
        Assert.StartsWith("MAPE ", bar.Found, StringComparison.Ordinal);
    }

    private static string Product(int power) => FormattableString.Invariant($"A100-SXM4-80GB,matmul,fp16,{1 << power},4096,4096,{25 + ((1 << power) * 0.15)}");

    private static ValidationReport Run(string? data, params string[] only) => Validator.Run(Catalog, data, only, _ => { }, TestContext.Current.CancellationToken);

    private ValidationPage Page(string only) => ValidationPage.Of(Run(_data, only.Split(',')), "images/validation");

    private void WriteOperators(params string[] lines)
    {
        string path = Path.Combine([_data, .. Operators.Split('/')]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "device,op,dtype,m,n,k,measured_us\n" + string.Join('\n', lines) + "\n");
    }
}

using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Predicting;
using Fleetwright.Hardware.Tables;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

public sealed class PredictionTableTests : IDisposable
{
    private const string Header = "row_id,device_class,soc,backend,engine,model,params_b,quant,prompt_tokens,gen_tokens,load_state,notes";
    private readonly string _folder = Directory.CreateTempSubdirectory("fleetwright-predict-").FullName;

    private static string Shared => Repository.SharedData("devices", "on_device_llm.csv");

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public void Every_row_is_predicted_in_the_order_of_the_file_with_its_fields_as_they_were()
    {
        CsvTable before = CsvTable.Read(Shared), after = Predicted(Shared);
        Assert.Equal(before.Rows.Count, after.Rows.Count);
        Assert.Equal([.. before.Header, "predicted_prefill_tok_s", "predicted_decode_tok_s", "band_low", "band_high", "status"], after.Header);
        foreach ((CsvRow from, CsvRow to) in before.Rows.Zip(after.Rows))
        {
            Assert.Equal(from.Fields, to.Fields.Take(from.Fields.Count));
            Assert.True(to.Number("predicted_prefill_tok_s") > 0);
            Assert.InRange(to.Number("predicted_decode_tok_s"), to.Number("band_low"), to.Number("band_high"));
            Assert.Contains(to["status"], (string[])["measured", "transferred", "unmeasured", "pages", "unknown-engine"]);
            if (to["status"] is "unmeasured" or "pages" or "unknown-engine")
            {
                Assert.Equal(4, to.Number("band_high") / to.Number("band_low"), 0.01);
            }
        }
    }

    [Fact]
    public void Answers_are_not_looked_at()
    {
        CsvTable rows = CsvTable.Read(Shared);
        string[] answers = ["prefill_tok_s", "decode_tok_s", "ttft_ms", "peak_mem_mb", "avg_power_w", "j_per_token", "confidence"];
        string blank = Path.Combine(_folder, "blank.csv"), wrong = Path.Combine(_folder, "wrong.csv");
        foreach ((string path, string text) in new[] { (blank, ""), (wrong, "1") })
        {
            // Of the notes only the context length may be read: they repeat answers.
            File.WriteAllText(path, CsvText.Line(rows.Header) + string.Concat(rows.Rows.Select(r => CsvText.Line(
                r.With([.. answers.Select(a => (a, text)), ("notes", r["notes"].StartsWith("ctx", StringComparison.Ordinal) ? r["notes"].Split(';')[0] : "")]).Fields))));
        }

        string[] expected = [.. Predicted(Shared).Rows.Select(Appended)];
        Assert.Equal(expected, Predicted(blank).Rows.Select(Appended));
        Assert.Equal(expected, Predicted(wrong).Rows.Select(Appended));

        static string Appended(CsvRow row) => string.Join(',', row.Fields.TakeLast(5));
    }

    [Theory]
    [InlineData("x,phone,Snapdragon 9 Ultra,cpu,llama.cpp CPU,Qwen3-4B,4.02,Q4_0,64,64,burst,", "unknown-soc")]
    [InlineData("x,phone,A19 Pro,gpu,NewEngine 1.0,Qwen3-4B,4.02,INT4,64,64,burst,", "unknown-engine")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,Qwen3-4B,4.02,ternary,64,64,burst,", "unmeasured")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,Qwen3-4B,,INT4,64,64,burst,", "measured")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,NoSuchModel-3B,,INT4,,,burst,", "measured")]
    [InlineData("x,mac,M2 Max (38c),gpu,llama.cpp Metal,Llama-2-7B,6.74,Q4_0,512,128,burst,", "transferred")]
    [InlineData("x,headset,Snapdragon XR2 Gen 2,cpu,llama.cpp,Qwen2-1.5B,1.544,Q4_0,,,burst,", "unmeasured")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,Mystery,,INT4,64,64,burst,", "no-size")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,Mystery,-3,INT4,64,64,burst,", "no-size")]
    [InlineData("x,phone,A19 Pro,gpu,MLX,Qwen3-4B,4.02,INT4,minus one,64,burst,", "measured")]
    public void A_row_that_nobody_knows_gets_a_status_and_what_can_be_said(string row, string status)
    {
        string path = Path.Combine(_folder, "one.csv");
        File.WriteAllText(path, Header + "\n" + row + "\n");
        CsvRow predicted = Assert.Single(Predicted(path).Rows);
        Assert.Equal(status, predicted["status"]);
        Assert.Equal(status == "no-size", predicted["predicted_decode_tok_s"].Length == 0);
        Assert.Equal(status == "no-size", predicted["predicted_prefill_tok_s"].Length == 0);
    }

    // Bytes over bandwidth cannot be beaten: 7B in F16 is 13.5 GB, an M4 Max reads 546 GB/s.
    [Fact]
    public void No_prediction_reads_faster_than_the_memory()
    {
        string path = Path.Combine(_folder, "one.csv");
        File.WriteAllText(path, Header + "\nx,mac,M4 Max (40c),gpu,llama.cpp Metal,Llama-2-7B,6.74,F16,512,128,burst,\n");
        Assert.InRange(Assert.Single(Predicted(path).Rows).Number("predicted_decode_tok_s"), 1, 546e9 / 13.48e9);
    }

    [Fact]
    public void A_missing_column_is_refused_by_name()
    {
        string path = Path.Combine(_folder, "short.csv");
        File.WriteAllText(path, Header.Replace(",quant", "", StringComparison.Ordinal) + "\n");
        InputException e = Assert.Throws<InputException>(() => Predicted(path));
        Assert.Equal("quant", Assert.Single(e.Diagnostics).Field);
    }

    private CsvTable Predicted(string path)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        PredictionTable.Write(Shipped.Catalog, path, text);
        string to = Path.Combine(_folder, Guid.NewGuid().ToString("N") + ".csv");
        File.WriteAllText(to, text.ToString());
        return CsvTable.Read(to);
    }
}

using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Kernels;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests;

/// <summary>Fits from the measured tables themselves, so that the bars hold whatever the catalogue's files say.</summary>
public class AttentionFitTests(ITestOutputHelper output)
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));

    [Theory]
    [InlineData("a100-80gb-sxm", "a100_sxm", "bfloat16")]
    [InlineData("h100-sxm", "h100_sxm", "bfloat16")]
    [InlineData("h100-sxm", "h100_sxm", "fp8")]
    [InlineData("h200-sxm", "h200_sxm", "bfloat16")]
    [InlineData("h200-sxm", "h200_sxm", "fp8")]
    [InlineData("b200-sxm", "b200_sxm", "bfloat16")]
    [InlineData("b200-sxm", "b200_sxm", "fp8")]
    [InlineData("arc-pro-b60", "b60", "bfloat16")]
    [InlineData("arc-pro-b60", "b60", "fp8")]
    public void Attention_of_head_shapes_left_out_of_the_fit_is_priced_within_the_bars(string name, string folder, string cache)
    {
        Chip chip = Catalog.Chips.Get(name);
        List<AttentionRow> prefill = AttentionFit.Read(Repository.SharedData("kernels", folder, "context_attention.csv.gz"), cache, chip, out _);
        List<AttentionRow> decode = AttentionFit.Read(Repository.SharedData("kernels", folder, "generation_attention.csv.gz"), cache, chip, out _);
        ContextAttentionCoefficients context = Fitted(chip, prefill.FindAll(r => r.Op.QueryTokens > 1), ContextAttentionFit.Run, c => c.Quality, out var contextKernels);
        DecodeAttentionCoefficients generation = Fitted(chip, decode, DecodeAttentionFit.Run, c => c.Quality, out var decodeKernels);
        Assert.InRange(context.Quality.Error, 0, 0.12);
        Assert.InRange(generation.Quality.Error, 0, 0.10);
        Assert.All(decodeKernels.Values, k => Assert.InRange(k.Quality.Error, 0, 0.10));

        // Every row of the tables, minor kernels and prefills of one token included, as `op price` sees them.
        Assert.True(Dtypes.TryParse(cache, out Dtype format));
        var model = new ChipModel(chip, ChipModel.For(Catalog, name).Coefficients with
        {
            ContextAttention = new Dictionary<Dtype, ContextAttentionCoefficients> { [format] = context },
            DecodeAttention = new Dictionary<Dtype, DecodeAttentionCoefficients> { [format] = generation },
            ContextAttentionKernels = contextKernels.ToDictionary(k => k.Key, k => (IReadOnlyDictionary<Dtype, ContextAttentionCoefficients>)new Dictionary<Dtype, ContextAttentionCoefficients> { [format] = k.Value }),
            DecodeAttentionKernels = decodeKernels.ToDictionary(k => k.Key, k => (IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients>)new Dictionary<Dtype, DecodeAttentionCoefficients> { [format] = k.Value }),
        });
        Assert.InRange(Error("all prefill", model, prefill), 0, 0.12);
        Assert.InRange(Error("all decode", model, decode), 0, 0.10);
        Error("prefill of one token", model, prefill.FindAll(r => r.Op.QueryTokens <= 1));
    }

    [Fact]
    public void Decoding_on_a_compressed_cache_is_priced_within_ten_per_cent_on_shapes_left_out()
    {
        Chip chip = Catalog.Chips.Get("a100-80gb-sxm");
        List<AttentionRow> rows = AttentionFit.ReadLatentDecode(Repository.SharedData("kernels", "a100_sxm", "generation_mla.csv.gz"), out int dropped);
        DecodeAttentionCoefficients fitted = DecodeAttentionFit.Run([chip], [AttentionTiles.TritonLatent], [.. rows.Select(r => new OnChip<AttentionRow>(0, r))], null);
        output.WriteLine($"{dropped} dropped; {fitted}");
        Assert.InRange(fitted.Quality.Error, 0, 0.10);
    }

    // The unmeasured chips take the coefficients of a relative: fits to some chips, priced on another one that runs its own kernel.
    [Theory]
    [InlineData("h100-sxm", "h100_sxm", "h200-sxm", "h200_sxm", 0.1)]
    [InlineData("h200-sxm", "h200_sxm", "h100-sxm", "h100_sxm", 0.1)]
    [InlineData("h100-sxm", "h100_sxm", "a100-80gb-sxm", "a100_sxm", 0.25)]
    public void A_chip_left_out_is_priced_from_a_relative(string from, string fromFolder, string to, string toFolder, double bound)
    {
        Chip relative = Catalog.Chips.Get(from), chip = Catalog.Chips.Get(to);
        List<AttentionRow> Rows(string folder, string table, Chip of) => AttentionFit.Read(Repository.SharedData("kernels", folder, table), "bfloat16", of, out _).FindAll(r => r.Op.HeadSize < 512);
        List<AttentionRow> prefill = Rows(toFolder, "context_attention.csv.gz", chip).FindAll(r => r.Op.QueryTokens > 1), decode = Rows(toFolder, "generation_attention.csv.gz", chip);
        ContextAttentionCoefficients context = Fitted(relative, Rows(fromFolder, "context_attention.csv.gz", relative).FindAll(r => r.Op.QueryTokens > 1), ContextAttentionFit.Run, c => c.Quality, out _);
        DecodeAttentionCoefficients generation = Fitted(relative, Rows(fromFolder, "generation_attention.csv.gz", relative), DecodeAttentionFit.Run, c => c.Quality, out _);
        var model = new ChipModel(chip, ChipModel.For(Catalog, to).Coefficients with
        {
            ContextAttention = new Dictionary<Dtype, ContextAttentionCoefficients> { [Dtype.Bf16] = context with { Tiles = AttentionFit.TilesOf(AttentionFit.MainKernel(prefill), chip) } },
            DecodeAttention = new Dictionary<Dtype, DecodeAttentionCoefficients> { [Dtype.Bf16] = generation with { Tiles = AttentionFit.TilesOf(AttentionFit.MainKernel(decode), chip) } },
            ContextAttentionKernels = new Dictionary<string, IReadOnlyDictionary<Dtype, ContextAttentionCoefficients>>(),
            DecodeAttentionKernels = new Dictionary<string, IReadOnlyDictionary<Dtype, DecodeAttentionCoefficients>>(),
        });
        double prefillError = Error($"prefill of {to} from {from}", model, prefill), decodeError = Error($"decode of {to} from {from}", model, decode);
        Assert.InRange(Math.Max(prefillError, decodeError), 0, bound);
    }

    // An architecture that nobody measured: the coefficients of the others, its own kernel. Hopper's kernel scans as no other does, so its row is on the validation page alone.
    [Theory]
    [InlineData("ampere")]
    [InlineData("blackwell")]
    [InlineData("xe2")]
    public void Decoding_on_an_architecture_left_out_is_priced_within_a_fifth(string left)
    {
        (Chip chip, ErrorScore score) = Assert.Single(DecodeLeftOut.Score(Catalog, Repository.SharedData("kernels"), left));
        output.WriteLine($"{chip.Name}: {score}");
        Assert.InRange(score.Mape, 0, 0.20);
    }

    // What a relative must not get wrong on chips without tables: memory sets the time of long caches, the matrix units that of long prompts.
    [Theory]
    [InlineData("l40s")]
    [InlineData("rtx-pro-6000")]
    public void A_chip_of_the_same_kernel_generation_streams_and_multiplies_near_its_own_limits(string name)
    {
        Chip ampere = Catalog.Chips.Get("a100-80gb-sxm"), chip = Catalog.Chips.Get(name);
        List<AttentionRow> Rows(string table) => AttentionFit.Read(Repository.SharedData("kernels", "a100_sxm", table), "bfloat16", ampere, out _);
        ContextAttentionCoefficients context = Fitted(ampere, Rows("context_attention.csv.gz").FindAll(r => r.Op.QueryTokens > 1), ContextAttentionFit.Run, c => c.Quality, out _);
        DecodeAttentionCoefficients generation = Fitted(ampere, Rows("generation_attention.csv.gz"), DecodeAttentionFit.Run, c => c.Quality, out _);
        var model = new ChipModel(chip, ChipModel.For(Catalog, name).Coefficients with
        {
            ContextAttention = new Dictionary<Dtype, ContextAttentionCoefficients> { [Dtype.Bf16] = context },
            DecodeAttention = new Dictionary<Dtype, DecodeAttentionCoefficients> { [Dtype.Bf16] = generation },
        });
        Operator decode = Operator.Attention(64, 1, 16383, 32, 8, 128, 128, 0, Dtype.Bf16, Dtype.Bf16), prefill = Operator.Attention(4, 8192, 0, 32, 8, 128, 128, 0, Dtype.Bf16, Dtype.Bf16);
        double streamed = decode.MemoryBytes / model.Price(decode).Seconds / chip.MemoryBandwidth, multiplied = prefill.MatrixFlops / model.Price(prefill).Seconds / chip.MatrixRates[Dtype.Bf16];
        output.WriteLine(FormattableString.Invariant($"{name}: {streamed:P0} of the bandwidth, {multiplied:P0} of the peak; one token {model.Price(Operator.Attention(1, 1, 1, 32, 8, 128, 128, 0, Dtype.Bf16, Dtype.Bf16)).Seconds * 1e6:F1} us"));
        Assert.InRange(streamed, 0.7, 1);
        Assert.InRange(multiplied, 0.35, 0.9);
    }

    private T Fitted<T>(
        Chip chip, List<AttentionRow> rows, Func<IReadOnlyList<Chip>, IReadOnlyList<AttentionTiles>, IReadOnlyList<OnChip<AttentionRow>>, Func<int, int>?, T> fit, Func<T, FitQuality> quality, out Dictionary<string, T> others)
    {
        string main = AttentionFit.MainKernel(rows);
        others = [];
        foreach (string kernel in rows.Select(r => r.Kernel).Distinct().Where(k => k != main && rows.Count(r => r.Kernel == k) >= 200))
        {
            others[kernel] = Of(kernel);
        }

        return Of(main);

        T Of(string kernel)
        {
            long start = System.Diagnostics.Stopwatch.GetTimestamp();
            T fitted = fit([chip], [AttentionFit.TilesOf(kernel, chip)], [.. rows.Where(r => r.Kernel == kernel).Select(r => new OnChip<AttentionRow>(0, r))], null);
            output.WriteLine(FormattableString.Invariant($"{kernel}: {quality(fitted)}, {System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s: {fitted}"));
            return fitted;
        }
    }

    private double Error(string what, ChipModel model, List<AttentionRow> rows)
    {
        double[] errors = [.. rows.Select(r => Math.Abs((model.Price(r.Op, r.Kernel).Seconds / r.Seconds) - 1)).Order()];
        output.WriteLine(FormattableString.Invariant($"{what}: n {errors.Length}, MAPE {errors.Average():P1}, median {errors[errors.Length / 2]:P1}, p90 {errors[errors.Length * 9 / 10]:P1}"));
        return errors.Average();
    }
}

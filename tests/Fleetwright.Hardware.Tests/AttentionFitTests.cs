using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
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

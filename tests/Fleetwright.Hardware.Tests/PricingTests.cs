using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Hardware.Tests;

public class PricingTests
{
    private static readonly FleetCatalog Catalog = new(Repository.Path("catalog"));
    private static readonly ChipModel H100 = ChipModel.For(Catalog, "h100-sxm");
    private static readonly MatrixProductCoefficients Ideal = new()
    {
        Overhead = 0,
        MatrixEfficiency = 1,
        MemoryEfficiency = 1,
        SmallTileExponent = 0,
        CoreBandwidth = 1e6,
        TileLatency = 0,
        OverlapLoss = 0,
    };

    private static readonly ChipModel IdealH100 = new(H100.Chip, H100.Coefficients with { Gemm = new Dictionary<Dtype, MatrixProductCoefficients> { [Dtype.Bf16] = Ideal } });

    [Fact]
    public void An_ideal_chip_reaches_the_roofline_when_tiles_fill_whole_waves()
    {
        // 132 cores, tiles of 128 × 256: 132 of them are one full wave.
        Operator op = Operator.Gemm(OperatorRole.Other, 12 * 128, 11 * 256, 8192, Dtype.Bf16, Dtype.Bf16);
        Assert.Equal(op.MatrixFlops / 989e12, IdealH100.Price(op).MatrixSeconds, 1e-12);
    }

    [Fact]
    public void One_tile_more_than_a_wave_costs_a_finer_split_or_a_second_wave()
    {
        // With a penalty on small tiles, so that they do not fill the gap for nothing.
        var chip = new ChipModel(H100.Chip, H100.Coefficients with { Gemm = new Dictionary<Dtype, MatrixProductCoefficients> { [Dtype.Bf16] = Ideal with { SmallTileExponent = 0.9 } } });
        OperatorCost full = chip.Price(Operator.Gemm(OperatorRole.Other, 12 * 128, 11 * 256, 8192, Dtype.Bf16, Dtype.Bf16));
        OperatorCost over = chip.Price(Operator.Gemm(OperatorRole.Other, (12 * 128) + 1, 11 * 256, 8192, Dtype.Bf16, Dtype.Bf16));
        Assert.True(over.MatrixSeconds > full.MatrixSeconds * 1.02, $"{over.MatrixSeconds} after {full.MatrixSeconds}");
        Assert.True(over.MatrixSeconds <= full.MatrixSeconds * 2);
    }

    [Fact]
    public void Streaming_a_weight_past_one_token_takes_its_bytes_over_the_bandwidth()
    {
        Operator op = Operator.Gemm(OperatorRole.Other, 1, 65536, 8192, Dtype.Bf16, Dtype.Bf16);
        OperatorCost cost = IdealH100.Price(op);
        Assert.Equal(Bound.Memory, cost.Bound);
        Assert.Equal(op.MemoryBytes / 3.35e12, cost.Seconds, cost.Seconds * 1e-9);
    }

    [Fact]
    public void The_smallest_product_costs_the_launch_floor()
    {
        OperatorCost cost = H100.Price(Operator.Gemm(OperatorRole.Other, 1, 64, 64, Dtype.Bf16, Dtype.Bf16));
        Assert.Equal(Bound.Launch, cost.Bound);
        Assert.InRange(cost.Seconds, 2e-6, 4e-6);
    }

    [Fact]
    public void A_format_that_the_chip_lacks_runs_at_the_next_wider_rate()
    {
        ChipModel a100 = ChipModel.For(Catalog, "a100-80gb-sxm");
        Assert.Equal(Dtype.Bf16, a100.RunsAs(Dtype.Fp8));
        Assert.Equal(
            a100.Price(Operator.Gemm(OperatorRole.Other, 8192, 8192, 8192, Dtype.Bf16, Dtype.Bf16)).MatrixSeconds,
            a100.Price(Operator.Gemm(OperatorRole.Other, 8192, 8192, 8192, Dtype.Fp8, Dtype.Fp8)).MatrixSeconds,
            1e-9);
    }

    [Fact]
    public void Time_never_falls_as_a_product_grows() =>
        Prop.ForAll(Sizes(), Sizes(), (a, b) =>
        {
            double small = Product(Math.Min(a.M, b.M), Math.Min(a.N, b.N), Math.Min(a.K, b.K));
            return Product(Math.Max(a.M, b.M), Math.Max(a.N, b.N), Math.Max(a.K, b.K)) >= small * (1 - 1e-9);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void More_bandwidth_a_higher_rate_or_more_cores_are_never_slower() =>
        Prop.ForAll(Sizes(), s =>
        {
            Chip chip = H100.Chip;
            double now = Product(s.M, s.N, s.K);
            Operator op = Operator.Gemm(OperatorRole.Other, s.M, s.N, s.K, Dtype.Bf16, Dtype.Bf16);
            Chip[] better =
            [
                chip with { MemoryBandwidth = chip.MemoryBandwidth with { Value = chip.MemoryBandwidth.Value * 1.5 } },
                chip with { MatrixRates = chip.MatrixRates.ToDictionary(r => r.Key, r => r.Value with { Value = r.Value.Value * 1.5 }) },
                chip with
                {
                    Cores = chip.Cores with { Value = chip.Cores.Value * 2 },
                    MatrixRates = chip.MatrixRates.ToDictionary(r => r.Key, r => r.Value with { Value = r.Value.Value * 2 }),
                    MemoryBandwidth = chip.MemoryBandwidth with { Value = chip.MemoryBandwidth.Value * 2 },
                },
            ];
            return better.All(b => new ChipModel(b, H100.Coefficients).Price(op).Seconds <= now * (1 + 1e-9));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Pricing_allocates_nothing_and_takes_microseconds_at_most()
    {
        Operator[] step = SampleOperators.All;
        for (int i = 0; i < 20_000; i++)
        {
            H100.Price(step);
        }

        const int Runs = 5_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        double sum = 0;
        for (int i = 0; i < Runs; i++)
        {
            sum += H100.Price(step).Seconds;
        }

        double each = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds / Runs / step.Length;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(sum > 0);

        // Speed itself is measured in bench; this only catches a change of kind, on a machine that may be busy with other things.
        Assert.True(each < 50e-6, $"{each * 1e6:F2} us an operator");
    }

    private static double Product(int m, int n, int k) => H100.Price(Operator.Gemm(OperatorRole.Other, m, n, k, Dtype.Bf16, Dtype.Bf16)).Seconds;

    private static Arbitrary<(int M, int N, int K)> Sizes() => Arb.From(
        from m in Gen.Choose(1, 9000)
        from n in Gen.Choose(16, 20000)
        from k in Gen.Choose(16, 20000)
        select (m, n, k));
}

using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Published;

/// <summary>A figure that a maker published as a range, beside what the program says.</summary>
/// <param name="What">The figure.</param>
/// <param name="Low">The published least; negative infinity for none.</param>
/// <param name="High">The published most; positive infinity for none.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Found">What the program says, in that unit.</param>
internal sealed record PublishedFigure(string What, double Low, double High, string Unit, double Found)
{
    /// <summary>The published value, where it is a single one: the range is then a tenth about it.</summary>
    public double Value { get; private init; } = double.NaN;

    /// <summary>A single published value, met within a tenth.</summary>
    public static PublishedFigure About(string what, double value, string unit, double found) => new(what, 0.9 * value, 1.1 * value, unit, found) { Value = value };

    /// <summary>Whether what was found lies in the published range.</summary>
    public bool Holds => Found >= Low && Found <= High;
}

/// <summary>
/// What Meta publishes of its chips (MTIA 1: ISCA 2023; MTIA 2i: ISCA 2025, doi 10.1145/3695053.3731409; MTIA 300: ISCA 2026; chip-models.md, 3.1), beside
/// the program's price. The catalogue's constants of MTIA 2i were chosen with these in view.
/// </summary>
internal static class MtiaFigures
{
    /// <summary>Figures of MTIA 2i as the catalogue's chip.</summary>
    public static IReadOnlyList<PublishedFigure> All(FleetCatalog catalog)
    {
        ChipModel chip = ChipModel.For(catalog, "mtia-2i");
        var graph = new ModelGraph(catalog.Models.Get("llama-2-7b"), Precision.Bf16, Sharding.None);
        var step = new Operator[graph.MaximumOperators];
        double Product(double m, double n, double k) => chip.Price(Operator.Gemm(OperatorRole.Other, m, n, k, Dtype.Fp16, Dtype.Fp16)).Seconds;
        double Step(StepShape shape) => chip.Price(step.AsSpan(0, graph.Step(shape, step))).Seconds;
        double Streamed(double bytes) => chip.Price(Operator.Elementwise(OperatorRole.Activation, bytes, 1)).Seconds;
        return
        [
            new("2048³ product in fp16", 97, 105.5, "µs", Product(2048, 2048, 2048) * 1e6),
            new("512 × 26592 × 2048 product in fp16, weights from memory", 504, 616, "µs", Product(512, 26592, 2048) * 1e6),
            new("Llama 2 7B in 16 bits, one token", 66, double.PositiveInfinity, "ms", Step(StepShape.Decode(1, 512)) * 1e3),
            new("Llama 2 7B in 16 bits, prefill of 512 tokens", double.NegativeInfinity, 600, "ms", Step(StepShape.Prefill(1, 512)) * 1e3),
            new("time of 280 MB of activations over that of 256 MB", 8, double.PositiveInfinity, "times", Streamed(280e6) / Streamed(256e6)),
        ];
    }

    /// <summary>
    /// Figures of MTIA 2i as a design (docs/designs.md). The paper names neither its ranking models nor its GPU: <see cref="RankingModels"/>, and an H100, of the
    /// year MTIA 2i was deployed in. Watts are the limits, for which power is provisioned.
    /// </summary>
    public static IReadOnlyList<PublishedFigure> Designed2i(FleetCatalog catalog)
    {
        DesignedChip mtia = Design(catalog, "mtia-2i");
        ChipModel slow = new DesignedChip(mtia.Design.AtClock(1.1e9), mtia.Technology).Model, h100 = ChipModel.For(catalog, "h100-sxm");
        double[] faster = [.. RankingModels.MegaFlops.Select(m => 100 * ((RankingModels.Throughput(mtia.Model, m) / RankingModels.Throughput(slow, m)) - 1))];
        double[] perWatt = [.. RankingModels.MegaFlops.Select(m => PerWatt(mtia.Model, m) / PerWatt(h100, m))];
        return
        [
            new("2048³ product in fp16", 97, 105.5, "µs", 1e6 * Product(mtia.Model, 2048, 2048, 2048)),
            new("512 × 26592 × 2048 product in fp16, weights from memory", 504, 616, "µs", 1e6 * Product(mtia.Model, 512, 26592, 2048)),
            new("bandwidth that embedding bags draw", 40, 60, "%", BagBandwidth(mtia, 20)),
            new("ranking models with 23 % more clock: least of nine", 5, 20, "%", faster.Min()),
            new("ranking models with 23 % more clock: most of nine", 5, 20, "%", faster.Max()),
            new("work a watt over an H100's: least of nine ranking models", 0.8, 1.5, "times", perWatt.Min()),
            new("work a watt over an H100's: most of nine ranking models", 0.8, 1.5, "times", perWatt.Max()),
        ];
    }

    /// <summary>Achieved figures of MTIA 1 and MTIA 300, as designs.</summary>
    public static IReadOnlyList<PublishedFigure> Others(FleetCatalog catalog)
    {
        DesignedChip first = Design(catalog, "mtia-1"), third = Design(catalog, "mtia-300");
        ChipModel a100 = ChipModel.For(catalog, "a100-80gb-sxm"), h100 = ChipModel.For(catalog, "h100-sxm"), h200 = ChipModel.For(catalog, "h200-sxm");
        Operator add = Operator.Elementwise(OperatorRole.Other, 3 * 2 * 1e9, 1e9), bag = Operator.Gather(OperatorRole.EmbeddingBag, 1e7, 128, 1e6, Dtype.Fp16);
        double[] shares = [.. Intense().Select(p => 2 * p.M * p.N * p.K / Product(third.Model, p.M, p.N, p.K) / third.Chip.MatrixRates[Dtype.Bf16])];
        return
        [
            PublishedFigure.About("MTIA 1: large products a watt over an A100's", 2, "times", Product(a100, 4096, 4096, 4096) * a100.Chip.Tdp / (Product(first.Model, 4096, 4096, 4096) * first.Chip.Tdp)),
            PublishedFigure.About("MTIA 1: ranking models a watt over an A100's, mean of nine", 0.9, "times", RankingModels.MegaFlops.Average(m => PerWatt(first.Model, m) / PerWatt(a100, m))),
            new("MTIA 1: bandwidth that embedding bags draw", 10, 20, "%", BagBandwidth(first, 20)),
            PublishedFigure.About("MTIA 300: addition of two bf16 vectors", 5.57, "TB/s", add.MemoryBytes / third.Model.Price(add).Seconds / 1e12),
            new("MTIA 300: best product, share of the peak", 90, 100, "%", 100 * shares.Max()),
            PublishedFigure.About("MTIA 300: products of intensity over 400, mean share of the peak", 59, "%", 100 * shares.Average()),
            PublishedFigure.About("MTIA 300: embedding bags over an H100's", 2, "times", h100.Price(bag).Seconds / third.Model.Price(bag).Seconds),
            PublishedFigure.About("MTIA 300: embedding bags over an H200's", 1.6, "times", h200.Price(bag).Seconds / third.Model.Price(bag).Seconds),
            PublishedFigure.About("MTIA 300: exchange of 64 MB among 40 chips over 40 H100", 3.9, "times", h100.Collectives.Seconds(OperatorKind.AllToAll, 64e6, 40) / third.Model.Collectives.Seconds(OperatorKind.AllToAll, 64e6, 40)),
        ];
    }

    /// <summary>Products of over 400 operations a byte on a grid of powers of two. Meta's mean is over shapes that it does not list.</summary>
    public static IEnumerable<(double M, double N, double K)> Intense()
    {
        double[] sizes = [512, 1024, 2048, 4096, 8192];
        return from m in sizes from n in sizes from k in sizes where m * n * k / ((m * k) + (k * n) + (m * n)) > 400 select (m, n, k);
    }

    /// <summary>Samples a second and watt of the limit on a ranking model.</summary>
    public static double PerWatt(ChipModel chip, double megaFlops) => RankingModels.Throughput(chip, megaFlops) / chip.Chip.Tdp;

    private static DesignedChip Design(FleetCatalog catalog, string name) => DesignedChip.For(catalog, DesignReader.In(catalog).Get(name));

    private static double Product(ChipModel chip, double m, double n, double k) => chip.Price(Operator.Gemm(OperatorRole.Other, m, n, k, Dtype.Fp16, Dtype.Fp16)).Seconds;

    private static double BagBandwidth(DesignedChip chip, double pooling)
    {
        Operator bag = Operator.Gather(OperatorRole.EmbeddingBag, 1e5, 128, 1e5 / pooling, Dtype.Fp16);
        return 100 * bag.WeightBytes / chip.Model.Price(bag).Seconds / chip.Chip.MemoryBandwidth;
    }
}

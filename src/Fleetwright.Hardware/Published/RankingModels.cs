using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Published;

/// <summary>
/// Nine ranking models from 15 to 1000 MFLOP a sample, the span on which Meta compares MTIA 2i with a GPU (ISCA 2025). Meta names no sizes, so the structure is
/// that of DLRM (Naumov et al. 2019) and its widths are ours: MLPs of one shape scaled until the products do the stated work; embedding rows of 64 elements in
/// fp16 for the smallest to 128 for the largest, pooling 10, tables from 64 to 400 (the classes of catalog/models/dlrm-*.yaml). Assumed: a request ranks 128 candidates,
/// four fifths of the tables are of the user and read once a request, one fifth once a sample; every row comes from off-chip memory.
/// </summary>
internal static class RankingModels
{
    private const double Candidates = 128, UserShare = 0.8, Pooling = 10;

    public static double[] MegaFlops { get; } = [15, 25, 50, 90, 150, 260, 440, 700, 1000];

    /// <summary>The operators of one batch.</summary>
    public static Operator[] Step(double megaFlops, double samples)
    {
        double along = Math.Log(megaFlops / 15) / Math.Log(1000 / 15.0);
        double tables = Math.Round(64 * Math.Pow(400 / 64.0, along)), width = 64 * Math.Pow(2, along);
        double rows = tables * Pooling * samples * ((1 - UserShare) + (UserShare / Candidates));
        double vectors = Math.Ceiling(tables / 8), interaction = vectors * (vectors - 1) / 2, input = interaction + width;

        // Products of one sample: pairwise dots + bottom (d → 2d → d → width) + top (input → 4d → 4d → 2d → 1); d follows from the work.
        double Work(double d) => 2 * ((vectors * vectors * width) + (4 * d * d) + (d * width) + (input * 4 * d) + (24 * d * d) + (2 * d));
        double low = 8, high = 8192;
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            (low, high) = Work(middle) < megaFlops * 1e6 ? (middle, high) : (low, middle);
        }

        double d = Math.Round(low);
        return
        [
            Operator.Gather(OperatorRole.EmbeddingBag, rows, width, rows / Pooling, Dtype.Fp16),
            Product(OperatorRole.BottomMlp, samples, 2 * d, d),
            Product(OperatorRole.BottomMlp, samples, d, 2 * d),
            Product(OperatorRole.BottomMlp, samples, width, d),
            Operator.GroupedGemm(OperatorRole.Interaction, samples / 64, vectors, vectors * 64, width, Dtype.Fp16, Dtype.Fp16) with { WeightBytes = 0, ActivationBytes = samples * 2 * ((vectors * width) + (vectors * vectors)) },
            Product(OperatorRole.TopMlp, samples, 4 * d, input),
            Product(OperatorRole.TopMlp, samples, 4 * d, 4 * d),
            Product(OperatorRole.TopMlp, samples, 2 * d, 4 * d),
            Product(OperatorRole.TopMlp, samples, 1, 2 * d),
        ];
    }

    /// <summary>Samples a second at the best batch size whose step meets <paramref name="latency"/> seconds.</summary>
    public static double Throughput(ChipModel chip, double megaFlops, double latency = 0.02)
    {
        double best = 0;
        for (double samples = 128; samples <= 16384; samples *= 2)
        {
            Operator[] step = Step(megaFlops, samples);
            OnChipResidency.Apply(chip.Chip, step);
            double seconds = chip.Price(step).Seconds;
            if (seconds <= latency)
            {
                best = Math.Max(best, samples / seconds);
            }
        }

        return best;
    }

    private static Operator Product(OperatorRole role, double samples, double n, double k) => Operator.Gemm(role, samples, n, k, Dtype.Fp16, Dtype.Fp16);
}

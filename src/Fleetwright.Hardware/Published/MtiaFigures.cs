using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
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
    /// <summary>Whether what was found lies in the published range.</summary>
    public bool Holds => Found >= Low && Found <= High;
}

/// <summary>What Meta publishes of MTIA 2i (ISCA 2025, doi 10.1145/3695053.3731409), beside the program's price. The catalogue's constants were chosen with these in view.</summary>
internal static class MtiaFigures
{
    /// <summary>All figures.</summary>
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
}

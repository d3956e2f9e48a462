using System.Diagnostics;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>What pricing costs. Seconds depend on the machine, so only whether a bar is met is written; allocated bytes do not.</summary>
internal sealed class SpeedSection : IValidationSection
{
    private static readonly BarDefinition One = new(3, "pricing an operator, one core", "≤ 2 µs");
    private static readonly BarDefinition Step = new(3, "pricing a whole Llama 3 70B step, one core", "≤ 100 µs");
    private static readonly BarDefinition Bytes = new(3, "bytes allocated while pricing, once warm", "0");

    public string Id => "speed";

    public string Title => "Speed";

    public IReadOnlyList<BarDefinition> Bars { get; } = [One, Step, Bytes];

    public void Score(SectionBuilder to)
    {
        to.Text("Timed here as the best of many short batches, so that other work on the machine does not count; seconds differ from machine to machine and are therefore in [bench/results](../bench/results), not on this page.");
        ChipModel chip = ChipModel.For(to.Catalog, "h100-sxm");
        Operator[] kinds =
        [
            Operator.Gemm(OperatorRole.Other, 32, 8192, 8192, Dtype.Bf16, Dtype.Bf16),
            Operator.Gemm(OperatorRole.Other, 4096, 8192, 8192, Dtype.Bf16, Dtype.Bf16),
            Operator.Attention(1, 4096, 0, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16),
            Operator.Attention(32, 1, 4096, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16),
            Operator.GroupedGemm(OperatorRole.Other, 64, 12.5, 4096, 4096, Dtype.Fp8, Dtype.Fp8),
            Operator.Elementwise(OperatorRole.Norm, 1e6, 1e6),
            Operator.Collective(OperatorKind.AllReduce, OperatorRole.Other, 1e6, 8),
        ];
        double slowest = 0;
        foreach (Operator kind in kinds)
        {
            slowest = Math.Max(slowest, Best(100, () => chip.Price(kind).Seconds));
        }

        to.Judge(One, slowest <= 2e-6 ? "within it" : "beyond it", slowest <= 2e-6);
        var graph = new ModelGraph(to.Catalog.Models.Get("llama-3-70b"), Precision.Bf16, new Sharding(8, 1, 1, 1));
        var operators = new Operator[graph.MaximumOperators];
        double step = Best(20, () => chip.Price(operators.AsSpan(0, graph.Step(StepShape.Decode(32, 4096), operators))).Seconds);
        to.Judge(Step, step <= 100e-6 ? "within it" : "beyond it", step <= 100e-6);
        long before = GC.GetAllocatedBytesForCurrentThread();
        double sum = 0;
        foreach (Operator kind in kinds)
        {
            sum += chip.Price(kind).Seconds;
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        to.Judge(Bytes, FormattableString.Invariant($"{bytes}"), bytes == 0 && sum > 0);
    }

    // Seconds of one call in the quickest of the batches, after enough calls to be compiled in full.
    private static double Best(int calls, Func<double> call)
    {
        double best = double.PositiveInfinity, sum = 0;
        for (int batch = 0; batch < 400; batch++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
            {
                sum += call();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds / calls);
        }

        return sum > 0 ? best : double.NaN;
    }
}

using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Designs;

/// <summary>A chip that was measured by others, priced from its structure alone: what a design's times are worth.</summary>
public class DesignedGpuTests(ITestOutputHelper output)
{
    // LLMCompass times include its framework's launch; its own constant for that, 21 us, stands in for the design's. The A100 runs five of the six stacks that fit on GA100.
    // The energy factor of 2.6, which sets the sustained clock, was taken from A100's 400 W at 280 TFLOP/s: the level of the largest products is in part an input, the rest is not.
    [Fact]
    public void Products_on_A100_from_its_structure_alone_are_within_a_tenth_of_those_measured_on_average()
    {
        DesignedChip ga100 = Shipped.Design("ga100");
        var chip = new DesignedChip(ga100.Design with { LaunchOverhead = 21e-6, MemoryUnits = 5 }, ga100.Technology);
        var errors = new List<double>();
        foreach (string line in File.ReadLines(Repository.SharedData("chips", "llmcompass", "measured_ops.csv")).Where(l => l.StartsWith("A100-SXM4-80GB,matmul,", StringComparison.Ordinal)))
        {
            double[] cells = [.. line.Split(',').Skip(3).Select(c => double.Parse(c, CultureInfo.InvariantCulture))];
            double seconds = chip.Model.Price(Operator.Gemm(OperatorRole.Other, cells[0], cells[1], cells[2], Dtype.Fp16, Dtype.Fp16)).Seconds;
            errors.Add((seconds / (cells[3] * 1e-6)) - 1);
            output.WriteLine(FormattableString.Invariant($"{line}: {seconds * 1e6:0.0} us, {errors[^1]:+0 %;-0 %}"));
        }

        output.WriteLine(FormattableString.Invariant($"{errors.Count} products: MAPE {errors.Average(Math.Abs):0.0 %}, bias {errors.Average():+0.0 %;-0.0 %}"));
        Assert.True(errors.Count >= 20);
        Assert.InRange(errors.Average(Math.Abs), 0, 0.10);
    }
}

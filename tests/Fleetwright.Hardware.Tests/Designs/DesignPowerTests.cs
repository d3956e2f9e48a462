using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignPowerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("mtia-1", Dtype.Fp16)]
    [InlineData("mtia-2i", Dtype.Fp16)]
    [InlineData("mtia-300", Dtype.Bf16)]
    [InlineData("ga100", Dtype.Bf16)]
    [InlineData("gh100", Dtype.Bf16)]
    public void Show(string name, Dtype dtype)
    {
        DesignedChip chip = Shipped.Design(name);
        DesignPower p = chip.Power;
        output.WriteLine(FormattableString.Invariant($"{name}: limit {chip.Design.PackagePower} W, peak {p.Peak(dtype):0}, typical {p.Typical(dtype):0}; clock {p.Clock:0.0}, matrix {p.Matrix(dtype):0.0}, memory {p.Memory:0.0}, shared {p.SharedMemory:0.0}, links {p.Links:0.0}, other dies {p.Companions}; sustained {p.SustainedClock(dtype) / chip.Design.Clock:0.000}"));
    }
}

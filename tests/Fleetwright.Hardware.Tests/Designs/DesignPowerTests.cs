using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignPowerTests(ITestOutputHelper output)
{
    // The two constants of the power model were fitted on these four numbers: agreement, not a test of prediction.
    [Theory]
    [InlineData("mtia-1", 35, 25)]
    [InlineData("mtia-2i", 85, 65)]
    public void Limit_and_typical_power_of_the_chips_that_the_model_was_fitted_on_are_met(string name, double limit, double typical)
    {
        DesignPower power = Write(name, Dtype.Fp16);
        Assert.InRange(power.Peak(Dtype.Fp16) / limit, 0.9, 1.1);
        Assert.InRange(power.Typical(Dtype.Fp16) / typical, 0.9, 1.1);
    }

    // Not fitted: node undisclosed (N5 assumed) and the network dies' watts assumed, so the band is wide.
    [Fact]
    public void Power_of_MTIA_300_is_right_within_half()
    {
        DesignPower power = Write("mtia-300", Dtype.Bf16);
        Assert.InRange(power.Peak(Dtype.Bf16) / 912, 0.5, 1.1);
        Assert.InRange(power.Typical(Dtype.Bf16) / 667, 0.5, 1.1);
    }

    [Theory]
    [InlineData("ga100")]
    [InlineData("gh100")]
    public void A_GPU_at_full_rate_meets_its_power_limit_and_slows_down(string name)
    {
        DesignedChip chip = Shipped.Design(name);
        DesignPower power = Write(name, Dtype.Bf16);
        Assert.True(power.Peak(Dtype.Bf16) > chip.Design.PackagePower);
        Assert.InRange(power.SustainedClock(Dtype.Bf16) / chip.Design.Clock, 0.75, 0.99);
        Assert.Equal(power.SustainedClock(Dtype.Bf16) / chip.Design.Clock, chip.Coefficients.MatrixEfficiency[Dtype.Bf16], 1e-9);
    }

    [Fact]
    public void A_tighter_limit_lowers_the_sustained_clock_but_less_than_the_watts()
    {
        DesignedChip chip = Shipped.Design("ga100");
        double full = chip.Power.SustainedClock(Dtype.Bf16);
        double capped = new DesignedChip(chip.Design with { PackagePower = 300 }, chip.Technology).Power.SustainedClock(Dtype.Bf16);
        output.WriteLine(FormattableString.Invariant($"{capped / full:0.000} of the clock at three quarters of the watts"));
        Assert.InRange(capped / full, 0.76, 0.95);
    }

    [Fact]
    public void Voltage_goes_with_the_clock_down_to_the_lowest_that_the_memories_hold()
    {
        ChipDesign design = Shipped.Design("mtia-2i").Design;
        Assert.Equal(0.85, design.VoltageAt(1.35e9), 1e-12);
        Assert.Equal(0.3 + (0.55 * 1.1 / 1.35), design.VoltageAt(1.1e9), 1e-12);
        Assert.Equal(design.MinimumVoltage, design.VoltageAt(1e8), 1e-12);
    }

    [Fact]
    public void Joules_of_a_priced_product_are_those_of_rest_and_multiply_adds()
    {
        DesignedChip chip = Shipped.Design("mtia-2i");
        Operator op = Operator.Gemm(OperatorRole.Other, 4096, 4096, 4096, Dtype.Bf16, Dtype.Bf16);
        OperatorCost cost = chip.Model.Price(op);
        double macs = op.MatrixFlops / 2 * 0.59e-12 * 0.5 * 0.7 * Math.Pow(0.85 / 0.75, 2);
        Assert.InRange(cost.Joules, (chip.Power.Rest * cost.Seconds) + macs, ((chip.Power.Rest * cost.Seconds) + macs) * 1.2); // the rest: bytes on and off the chip
    }

    private DesignPower Write(string name, Dtype dtype)
    {
        DesignedChip chip = Shipped.Design(name);
        DesignPower p = chip.Power;
        output.WriteLine(FormattableString.Invariant($"{name}: limit {chip.Design.PackagePower} W, peak {p.Peak(dtype):0}, typical {p.Typical(dtype):0}; clock {p.Clock:0.0}, matrix {p.Matrix(dtype):0.0}, memory {p.Memory:0.0}, shared {p.SharedMemory:0.0}, links {p.Links:0.0}, other dies {p.Companions}; sustained {p.SustainedClock(dtype) / chip.Design.Clock:0.000}"));
        return p;
    }
}

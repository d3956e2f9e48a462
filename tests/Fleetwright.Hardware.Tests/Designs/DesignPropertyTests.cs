using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Systolic;
using Fleetwright.Models.Operators;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignPropertyTests
{
    private static readonly DesignedChip Chip = Shipped.Design("mtia-2i");

    [Fact]
    public void More_of_anything_takes_more_silicon() =>
        Prop.ForAll(Factors(), f =>
        {
            ChipDesign d = Chip.Design;
            double now = Chip.Area.Total;
            ChipDesign[] larger =
            [
                d with { Rows = d.Rows + f }, d with { SpareElements = f }, d with { VectorOperations = d.VectorOperations * (1 + f) }, d with { LocalMemory = d.LocalMemory * (1 + f) },
                d with { SharedMemory = d.SharedMemory * (1 + f) }, d with { SharedMemoryKind = SharedMemoryKind.Cache }, d with { MemoryUnits = d.MemoryUnits + f }, d with { ScaleUpBandwidth = f * 1e10 },
            ];
            return larger.All(l => DesignArea.Of(l, Chip.Technology).Total > now);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_denser_node_takes_less_silicon_but_its_interfaces_shrink_least()
    {
        DesignArea now = Chip.Area;
        ChipDesign ported = Chip.Design with { Node = "tsmc-n2" };
        DesignArea denser = DesignArea.Of(ported, DesignTechnology.For(Shipped.Catalog, ported));
        Assert.True(denser.Cores / now.Cores < denser.SharedMemory / now.SharedMemory);
        Assert.True(denser.SharedMemory / now.SharedMemory < denser.Links / now.Links);
        Assert.True(denser.Links < now.Links);
    }

    [Fact]
    public void More_clock_elements_or_bandwidth_are_never_slower() =>
        Prop.ForAll(Factors(), Factors(), (f, m) =>
        {
            ChipDesign d = Chip.Design with { PackagePower = 1000 };
            Operator op = Operator.Gemm(OperatorRole.Other, m * 64, f * 128, 2048, Dtype.Fp16, Dtype.Fp16);
            double now = new DesignedChip(d, Chip.Technology).Model.Price(op).Seconds;
            ChipDesign[] better =
            [
                d.AtClock(d.Clock * 1.2), d with { Rows = d.Rows * 2, SharedMemoryBandwidth = d.SharedMemoryBandwidth * 2 }, d with { MemoryUnits = d.MemoryUnits + f },
                d with { SharedMemoryBandwidth = d.SharedMemoryBandwidth * (1 + f) },
            ];
            return better.All(b => new DesignedChip(b, Chip.Technology).Model.Price(op).Seconds <= now * (1 + 1e-9));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_large_array_pays_for_small_batches()
    {
        // The same multiply-adds a cycle as sixteen small arrays or one large one, fed so well that nothing else counts.
        DesignedChip With(MatrixUnit unit) => new(Chip.Design with { SharedMemoryBandwidth = 1e15, PackagePower = 1e4, Matrix = new Dictionary<Dtype, MatrixUnit> { [Dtype.Fp16] = unit } }, Chip.Technology);
        DesignedChip small = With(MatrixUnit.Of(new SystolicArray(32, 32), 16)), large = With(MatrixUnit.Of(new SystolicArray(128, 128)));
        double Ratio(double m)
        {
            Operator op = Operator.Gemm(OperatorRole.Other, m, 8192, 8192, Dtype.Fp16, Dtype.Fp16);
            return large.Model.Price(op).MatrixSeconds / small.Model.Price(op).MatrixSeconds;
        }

        Assert.InRange(Ratio(8192), 0.99, 1.12); // fill and drain of a tile
        Assert.True(Ratio(16) > 1.3, $"{Ratio(16)}");
    }

    [Fact]
    public void Weights_that_stay_on_chip_are_as_many_as_activations_leave_room_for()
    {
        Operator[] Step(double m, double n) => [Operator.Gemm(OperatorRole.Other, m, n, 4096, Dtype.Fp16, Dtype.Fp16)];
        Assert.Equal(1, OnChipResidency.Apply(Chip.Chip, Step(64, 4096)));
        Operator[] half = Step(64, 65536);
        double weights = half[0].WeightBytes, activations = half[0].ActivationBytes, share = OnChipResidency.Apply(Chip.Chip, half);
        Assert.Equal((Chip.Design.SharedMemory - activations) / weights, share, 1e-12);
        Assert.Equal(weights + activations, half[0].WeightBytes + half[0].ActivationBytes, weights * 1e-12);
        Assert.Equal(0, OnChipResidency.Apply(Shipped.Design("ga100").Chip, Step(64, 4096)));
    }

    private static Arbitrary<int> Factors() => Gen.Choose(1, 20).ToArbitrary();
}

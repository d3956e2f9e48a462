using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignInputTests(ITestOutputHelper output)
{
    private static readonly string Good = File.ReadAllText(Repository.Path("catalog", "designs", "mtia-2i.yaml"));

    [Theory]
    [InlineData("rows: 8, columns: 8", "rows: 0, columns: 8", "grid.rows", "found '0'; allowed: a whole number from 1")]
    [InlineData("rows: 8, columns: 8", "rows: 20, columns: 20", "grid", "at most 858 mm2 (the reticle, 26 x 33 mm)")]
    [InlineData("capacity: 256 MiB", "capacity: 4 GiB", "shared_memory.capacity", "mm2 on tsmc-n5, more than one die of at most 858 mm2")]
    [InlineData("value: 85 W, low: 85 W, high: 90 W", "value: 2 W", "package.power", "allowed: more than that")]
    [InlineData("node: tsmc-n5", "node: tsmc-n55", "node", "did you mean")]
    [InlineData("node: tsmc-n5", "node: cowos-s", "node", "is a packaging process")]
    [InlineData("node: tsmc-n5", "node: intel-18a", "node", "no logic_density of intel-18a")]
    [InlineData("    fp16:", "    fp17:", "element.matrix.fp17", "did you mean fp16")]
    [InlineData("kind: lpddr5,", "kind: lpddr55,", "memory.kind", "did you mean lpddr5")]
    [InlineData("kind: lpddr5,", "kind: sram,", "memory.kind", "on-chip memory")]
    [InlineData(", bandwidth: 2.7 TB/s", "", "shared_memory.bandwidth", "is missing")]
    [InlineData("local_bandwidth: 1 TB/s", "local_bandwith: 1 TB/s", "element.local_bandwith", "did you mean local_bandwidth")]
    [InlineData("height: 32, width: 16, count: 2", "height: 0, width: 16, count: 2", "element.matrix.fp16.height", "found '0'")]
    public void A_design_that_cannot_be_built_is_refused_with_its_line(string found, string replacement, string field, string message)
    {
        Assert.Contains(found, Good, StringComparison.Ordinal);
        InputException refusal = Assert.Throws<InputException>(() => Read(Good.Replace(found, replacement, StringComparison.Ordinal)));
        output.WriteLine(refusal.Message);
        Diagnostic problem = Assert.Single(refusal.Diagnostics, d => d.Field == field && d.Message.Contains(message, StringComparison.Ordinal));
        Assert.True(problem.Line > 1);
    }

    [Fact]
    public void All_problems_of_a_file_are_told_at_once()
    {
        string text = Good.Replace("rows: 8", "rows: 0", StringComparison.Ordinal).Replace("tsmc-n5", "tsmc-n55", StringComparison.Ordinal).Replace("kind: lpddr5,", "kind: ldddr5,", StringComparison.Ordinal).Replace("    fp16:", "    fp17:", StringComparison.Ordinal);
        InputException refusal = Assert.Throws<InputException>(() => Read(text));
        Assert.Equal(["element.matrix.fp17", "grid.rows", "memory.kind", "node"], refusal.Diagnostics.Select(d => d.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_design_made_in_code_is_checked_alike()
    {
        ChipDesign design = Shipped.Design("mtia-2i").Design with { Rows = 0, SharedMemoryBandwidth = 0, Node = "n55", MemoryUnits = 0 };
        InputException refusal = Assert.Throws<InputException>(() => DesignedChip.For(Shipped.Catalog, design));
        Assert.Equal(["grid.rows", "memory.units", "node", "shared_memory.bandwidth"], refusal.Diagnostics.Select(d => d.Field).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_memory_without_a_known_bandwidth_needs_one_from_the_design()
    {
        DesignedChip chip = Shipped.Design("mtia-2i");
        var unknown = new DesignTechnology(chip.Technology.Node, chip.Technology.Memory with { Bandwidth = null });
        Assert.Equal("memory.bandwidth", Assert.Single(DesignChecks.Problems(chip.Design, unknown)).Field);
        Assert.Empty(DesignChecks.Problems(chip.Design with { MemoryUnitBandwidth = 50e9 }, unknown));
    }

    [Fact]
    public void What_is_left_out_takes_the_default_that_the_documentation_states()
    {
        ChipDesign design = Shipped.Design("mtia-2i").Design;
        Assert.Equal((1, 0, 0.55, 0.5, 0.9, 0.5, 1e-6), (design.Dies, design.SpareElements, design.MinimumVoltage, design.ArithmeticEnergyFactor, design.MemoryEfficiency, design.GatherEfficiency, design.LaunchOverhead));
        Assert.Equal(design.Clock, design.MaximumClock);
        Assert.Equal(2048, design.Matrix[Dtype.Int8].MacsPerCycle);
    }

    private static ChipDesign Read(string text)
    {
        YamlFile file = YamlFile.Parse("mine.yaml", text);
        ChipDesign design = DesignReader.Read(file, Shipped.Catalog);
        file.Close();
        return design;
    }
}

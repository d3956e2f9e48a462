using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Models.Operators;
using Fleetwright.Testing;

namespace Fleetwright.Hardware.Tests.Designs;

public class DesignDocumentationTests(ITestOutputHelper output)
{
    private static readonly string Page = File.ReadAllText(Repository.Path("docs", "designs.md"));

    [Fact]
    public void The_worked_example_gives_the_numbers_that_the_page_states()
    {
        DesignedChip chip = Example(Page.Split("```yaml\n")[1].Split("```")[0]);
        DesignArea area = chip.Area;
        double product = chip.Model.Price(Operator.Gemm(OperatorRole.Other, 2048, 2048, 2048, Dtype.Bf16, Dtype.Bf16)).Seconds;
        string text = FormattableString.Invariant($"{chip.Chip.MatrixRates[Dtype.Bf16] / 1e12:0} TFLOP/s in bf16 and {chip.Chip.MatrixRates[Dtype.Fp8] / 1e12:0} in fp8; two stacks give {chip.Chip.MemoryCapacity / 1e9:0} GB at {chip.Chip.MemoryBandwidth / 1e12:0.00} TB/s; the die takes {area.Total:0} mm²: {area.Cores:0} in processing elements, {area.SharedMemory:0} in the shared memory, {area.Fabric:0} in the fabric, {area.MemoryInterface:0} in memory interfaces, {area.Links:0} in links; everything busy at once draws {chip.Power.Peak(Dtype.Bf16):0} W");
        string time = FormattableString.Invariant($"A 2048³ product in bf16 takes {product * 1e6:0} µs.");
        output.WriteLine(text);
        output.WriteLine(time);
        string flat = Page.ReplaceLineEndings(" ");
        Assert.Contains(text, flat, StringComparison.Ordinal);
        Assert.Contains(time, flat, StringComparison.Ordinal);
        Assert.Equal(chip.Design.Clock, chip.Power.SustainedClock(Dtype.Bf16));
    }

    [Fact]
    public void Changing_the_memory_of_the_example_does_what_the_page_says()
    {
        string text = Page.Split("```yaml\n")[1].Split("```")[0];
        DesignedChip stacks = Example(text), packages = Example(text.Replace("kind: hbm3e, units: 2", "kind: lpddr5, units: 4", StringComparison.Ordinal));
        Operator stream = Operator.Gemm(OperatorRole.Other, 1, 65536, 8192, Dtype.Bf16, Dtype.Bf16);
        double slower = packages.Model.Price(stream).Seconds / stacks.Model.Price(stream).Seconds;
        output.WriteLine(FormattableString.Invariant($"{stacks.Area.MemoryInterface:0} -> {packages.Area.MemoryInterface:0} mm2, {slower:0.0} times"));
        Assert.Equal("29", stacks.Area.MemoryInterface.ToString("0", null));
        Assert.Equal("17", packages.Area.MemoryInterface.ToString("0", null));
        Assert.InRange(slower, 10.5, 12);
    }

    [Fact]
    public void Every_key_of_the_schema_is_documented()
    {
        using JsonDocument schema = JsonDocument.Parse(File.ReadAllText(Repository.Path("catalog", "schemas", "design.schema.json")));
        Assert.All(Keys(schema.RootElement), key => Assert.Contains(key, Page, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Keys(JsonElement element)
    {
        if (!element.TryGetProperty("properties", out JsonElement properties))
        {
            yield break;
        }

        foreach (JsonProperty property in properties.EnumerateObject())
        {
            if (!Dtypes.TryParse(property.Name, out _))
            {
                yield return property.Name;
                foreach (string inner in Keys(property.Value))
                {
                    yield return inner;
                }
            }
        }
    }

    private static DesignedChip Example(string text)
    {
        YamlFile file = YamlFile.Parse("my-chip.yaml", text);
        ChipDesign design = DesignReader.Read(file, Shipped.Catalog);
        file.Close();
        return DesignedChip.For(Shipped.Catalog, design);
    }
}

using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Exploration;

namespace Fleetwright.Hardware.Tests.Exploration;

public class ExplorationReaderTests
{
    [Fact]
    public void A_range_has_both_ends_and_no_rounding()
    {
        Assert.Null(ValueRange.Read("1 GHz .. 1.4 GHz step 0.1 GHz", Dimension.Frequency, out IReadOnlyList<double> clocks));
        Assert.Equal([1e9, 1.1e9, 1.2e9, 1.3e9, 1.4e9], clocks);
        Assert.Null(ValueRange.Read("8 .. 13 step 2", Dimension.Count, out IReadOnlyList<double> counts));
        Assert.Equal([8.0, 10, 12], counts);
    }

    [Fact]
    public void Values_are_sorted_so_that_a_step_is_to_the_next() =>
        Assert.Equal([2.0, 4, 6, 8], Specifications.Read(Specifications.Small.Replace("[6, 8]", "[8, 2 .. 6 step 2]", StringComparison.Ordinal)).Parameters[0].Values);

    [Theory]
    [InlineData("rows: [6, 8]", "rows: [6, 8.5]", "spec.yaml:4:", "sweep.rows", "whole numbers")]
    [InlineData("rows: [6, 8]", "rows: [6, 6]", "spec.yaml:4:", "sweep.rows", "twice")]
    [InlineData("rows: [6, 8]", "rows: 6 .. 8", "spec.yaml:4:", "sweep.rows", "step")]
    [InlineData("rows: [6, 8]", "rows: 8 .. 6 step 1", "spec.yaml:4:", "sweep.rows", "below the start")]
    [InlineData("rows: [6, 8]", "rows: 1 .. 4096 step 1", "spec.yaml:4:", "sweep.rows", "4,096 values")]
    [InlineData("rows: [6, 8]", "row: [6, 8]", "spec.yaml:4:", "unknown key 'row'", "rows")]
    [InlineData("rows: [6, 8]", "matrix: [0.03]", "spec.yaml:4:", "sweep.matrix", "whole number")]
    [InlineData("step 0.2 GHz", "step 0.2 MHz", "spec.yaml:7:", "sweep.clock", "values")]
    [InlineData("1 GHz ..", "1 GB ..", "spec.yaml:7:", "sweep.clock", "frequency")]
    [InlineData("samsung-4lpx]", "samsung-4lpy]", "spec.yaml:8:", "sweep.node", "did you mean")]
    [InlineData("samsung-4lpx]", "cowos-s]", "spec.yaml:8:", "sweep.node", "packaging")]
    [InlineData("samsung-4lpx]", "intel-18a]", "spec.yaml:8:", "sweep.node", "nodes that have all")]
    [InlineData("kind: hbm3e", "kind: hbm3x", "spec.yaml:11:", "sweep.memory[1].kind", "did you mean")]
    [InlineData("kind: hbm3e", "kind: sram", "spec.yaml:11:", "sweep.memory[1].kind", "on-chip")]
    [InlineData(", units: 1 }", ", units: 0 }", "spec.yaml:11:", "sweep.memory[1].units", "1 to 1,024")]
    [InlineData(", units: 1 }", " }", "spec.yaml:11:", "sweep.memory[1].units", "missing")]
    [InlineData("base: mtia-2i", "base: mtia-9", "spec.yaml:2:", "base", "no design is called")]
    [InlineData("base: mtia-2i", "base: no/such.yaml", "spec.yaml:2:", "base", "no such file")]
    [InlineData("llama-3.2-1b", "llama-9", "spec.yaml:13:", "mix[0].model", "no model is called")]
    [InlineData("step: decode", "step: train", "spec.yaml:13:", "mix[0].step", "decode, prefill")]
    [InlineData("step: decode, ", "", "spec.yaml:13:", "mix[0].step", "missing")]
    [InlineData("batch: 8", "batch: 0", "spec.yaml:13:", "mix[0].batch", "from 1")]
    [InlineData("context: 1024", "prompt: 1024", "spec.yaml:13:", "mix[0].context", "missing")]
    [InlineData("context: 1024", "context: 1024, chips: 3", "spec.yaml:13:", "mix[0].chips", "TP must divide")]
    [InlineData("context: 1024", "context: 1024, share: 50 %", "spec.yaml:14:", "mix[1].share", "missing")]
    [InlineData("context: 1024", "context: 1024, dtype: bf17", "spec.yaml:13:", "mix[0].dtype", "bf16")]
    [InlineData("name: rank", "name: chat", "spec.yaml:14:", "mix[1].name", "named twice")]
    [InlineData("mix:", "limits: { die_area: 900 mm2 }\nmix:", "spec.yaml:12:", "limits.die_area", "858")]
    [InlineData("mix:", "volume: 0\nmix:", "spec.yaml:12:", "volume", "at least 1")]
    [InlineData("mix:", "search: { budget: 5 }\nmix:", "spec.yaml:12:", "search.budget", "100")]
    public void What_is_wrong_is_told_with_its_line(string found, string instead, params string[] words)
    {
        string text = Specifications.Small.Replace(found, instead, StringComparison.Ordinal);
        Assert.NotEqual(Specifications.Small, text);
        string problems = Specifications.Problems(text);
        Assert.All(words, w => Assert.Contains(w, problems, StringComparison.Ordinal));
    }

    [Fact]
    public void All_problems_are_told_at_once()
    {
        string problems = Specifications.Problems(Specifications.Small.Replace("[6, 8]", "[0]", StringComparison.Ordinal).Replace("hbm3e", "hbm9", StringComparison.Ordinal).Replace("20 ms", "20 W", StringComparison.Ordinal));
        Assert.Equal(3, problems.Split('\n').Length);
    }

    [Fact]
    public void Shares_must_add_up()
    {
        string problems = Specifications.Problems(Specifications.Small.Replace("context: 1024", "context: 1024, share: 50 %", StringComparison.Ordinal).Replace("batch: 512", "batch: 512, share: 40 %", StringComparison.Ordinal));
        Assert.Contains("90%", problems, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("small", "other", "another specification")]
    [InlineData("# fleetwright", "# something", "is not a table")]
    [InlineData("\n1,", "\n1000,", "damaged")]
    public void A_table_that_is_not_of_this_search_is_refused(string found, string instead, string word)
    {
        Explorer explorer = Specifications.Explorer(Specifications.Small);
        string table = ExplorationTable.Write(explorer.Run(new ExploreOptions { Threads = 1 }));
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, word.StartsWith("another", StringComparison.Ordinal) ? ExplorationTable.Write(Specifications.Run(Specifications.Small.Replace("batch: 8", "batch: 9", StringComparison.Ordinal))) : table.Replace(found, instead, StringComparison.Ordinal));
            Assert.Contains(word, Assert.Throws<InputException>(() => ExplorationTable.Read(explorer, file)).Message, StringComparison.Ordinal);

            // A figure that no longer comes out: the catalogue has changed.
            string[] lines = table.Split('\n');
            string[] cells = lines[2].Split(',');
            cells[9] = "1";
            lines[2] = string.Join(',', cells);
            File.WriteAllText(file, string.Join('\n', lines));
            Assert.Contains("comes out differently", Assert.Throws<InputException>(() => ExplorationTable.Read(explorer, file)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}

using System.Diagnostics;
using System.Text;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

public sealed class YamlReadingTests
{
    private const string GoodChip = """
        name: a
        title: A
        vendor: V
        architecture: x
        source: a paper of 2024
        cores: 4
        matrix_rates: { bf16: 1 TFLOP/s }
        memory: { kind: hbm3, capacity: 80 GB, bandwidth: 3 TB/s }
        power: { tdp: 700 W }
        """;

    [Fact]
    public void A_good_chip_reads_in_base_units()
    {
        Chip chip = ReadChip(GoodChip);
        Assert.Equal(80e9, chip.MemoryCapacity);
        Assert.Equal("a paper of 2024", chip.Tdp.Source);
        Assert.Equal(8, chip.ChipsPerServer);
    }

    [Theory]
    [InlineData("cores: 4", "coers: 4", "coers", "did you mean cores")]
    [InlineData("cores: 4", "", "cores", "is missing")]
    [InlineData("cores: 4", "cores: [4]", "cores", "must be a map")]
    [InlineData("cores: 4", "cores: { value: [4] }", "cores.value", "must be a count")]
    [InlineData("cores: 4", "cores: -4", "cores", "must be at least 1")]
    [InlineData("3 TB/s", "-3 TB/s", "memory.bandwidth", "must be at least 1")]
    [InlineData("3 TB/s", "3 TB", "memory.bandwidth", "3.35 TB/s")]
    [InlineData("700 W", "NaN W", "power.tdp", "700 W")]
    [InlineData("700 W", "infinity", "power.tdp", "700 W")]
    [InlineData("bf16:", "bf15:", "matrix_rates.bf15", "bf16")]
    [InlineData("{ tdp: 700 W }", "700 W", "power", "must be a map")]
    [InlineData("name: a", "name: ''", "name", "is empty")]
    [InlineData("a paper of 2024", "paper", "source", "list it under 'sources'")]
    [InlineData("cores: 4", "cores: { value: 4, low: 5 }", "cores.value", "low ≤ value ≤ high")]
    [InlineData("cores: 4", "cores: { value: 4, confidence: hihg }", "cores.confidence", "did you mean high")]
    [InlineData("cores: 4", "cores: { value: 4, assumed: yes }", "cores.assumed", "true, false")]
    [InlineData("power:", "chips_per_server: 1,0\npower:", "chips_per_server", "a whole number")]
    public void A_mistake_is_told_with_its_field_and_what_is_allowed(string good, string bad, string field, string expected)
    {
        Assert.Contains(good, GoodChip, StringComparison.Ordinal);
        InputException e = Assert.Throws<InputException>(() => ReadChip(GoodChip.Replace(good, bad, StringComparison.Ordinal)));
        Assert.Contains(e.Diagnostics, d => d.Field == field && d.Message.Contains(expected, StringComparison.Ordinal) && d.Line > 0);
    }

    [Fact]
    public void All_mistakes_are_told_in_one_pass_with_their_lines_in_file_order()
    {
        string text = GoodChip.Replace("cores: 4", "cores: four", StringComparison.Ordinal)
            .Replace("80 GB", "80 GHz", StringComparison.Ordinal).Replace("vendor: V", "vender: V", StringComparison.Ordinal)
            .Replace("700 W", "700", StringComparison.Ordinal);
        InputException e = Assert.Throws<InputException>(() => ReadChip(text));
        Assert.Equal(
            [(1, "vendor"), (3, "vender"), (6, "cores"), (8, "memory.capacity"), (9, "power.tdp")],
            e.Diagnostics.Select(d => ((int)d.Line, d.Field)));
    }

    [Fact]
    public void The_column_points_at_the_value()
    {
        InputException e = Assert.Throws<InputException>(() => ReadChip(GoodChip.Replace("80 GB", "80 GHz", StringComparison.Ordinal)));
        Assert.StartsWith("chip.yaml:8:33: memory.capacity: 'GHz' is not a unit of size", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_given_twice_is_refused_with_its_line()
    {
        InputException e = Assert.Throws<InputException>(() => ReadChip(GoodChip + "\ncores: 5"));
        Assert.Equal(10, Assert.Single(e.Diagnostics).Line);
    }

    [Theory]
    [InlineData("")]
    [InlineData("just text")]
    [InlineData("- a\n- b")]
    [InlineData("a: [1")]
    [InlineData("a: b: c")]
    [InlineData("\tname: a")]
    [InlineData("name: a\n---\nname: b")]
    [InlineData("? [a, b]\n: c")]
    [InlineData("%YAML 9.9\n---\nname: a")]
    [InlineData("name: \"\\xZZ\"")]
    [InlineData("name: !!binary zzz\n...\n...")]
    [InlineData("name: \u0000")]
    public void Text_that_is_not_one_map_is_refused(string text)
        => Assert.Throws<InputException>(() => ReadChip(text));

    [Fact]
    public void A_bomb_of_aliases_is_refused_at_once()
    {
        var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 20; i++)
        {
            bomb.Append(string.Create(null, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 9))}]\n"));
        }

        InputException e = RefusedSoon(() => YamlFile.Parse("bomb.yaml", bomb.ToString()));
        Assert.Contains("anchors and aliases", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    public void Deep_nesting_is_refused_at_once(string opening)
        => RefusedSoon(() => YamlFile.Parse("deep.yaml", "a: " + (opening == "- " ? "\n" : "") + string.Concat(Enumerable.Repeat(opening, 20_000))));

    [Fact]
    public void An_endless_key_is_refused_without_looking_for_near_names()
        => RefusedSoon(() => ReadChip(GoodChip + "\n? " + new string('k', 500_000) + "\n: 1"));

    [Fact]
    public void Files_over_the_limit_folders_and_missing_files_are_refused()
    {
        string folder = Directory.CreateTempSubdirectory("fleetwright-").FullName;
        string big = Path.Combine(folder, "big.yaml");
        using (FileStream stream = File.Create(big))
        {
            stream.SetLength(9_000_000);
        }

        Assert.Contains("at most 8,000,000", RefusedSoon(() => YamlFile.Open(big)).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", RefusedSoon(() => YamlFile.Open(folder)).Message, StringComparison.Ordinal);
        Assert.Contains("no such file", RefusedSoon(() => YamlFile.Open(Path.Combine(folder, "none.yaml"))).Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_message_never_carries_control_characters_or_pages_of_text()
    {
        InputException e = Assert.Throws<InputException>(() => ReadChip(GoodChip.Replace("cores: 4", "cores: \"\\e[31m" + new string('x', 5000) + "\"", StringComparison.Ordinal)));
        Assert.DoesNotContain('\u001b', e.Message);
        Assert.True(e.Message.Length < 1100);
    }

    [Fact]
    public void A_value_without_any_source_is_refused_and_a_guess_may_stand_without_one()
    {
        string sourceless = GoodChip.Replace("source: a paper of 2024\n", "", StringComparison.Ordinal);
        InputException e = Assert.Throws<InputException>(() => ReadChip(sourceless));
        Assert.All(e.Diagnostics, d => Assert.Contains("has no source", d.Message, StringComparison.Ordinal));
        Assert.Equal(5, e.Diagnostics.Count);
        YamlFile guess = YamlFile.Parse("g.yaml", "n: { value: 4, assumed: true }");
        Assert.Equal(Confidence.Assumed, guess.Root.Fact("n", Dimension.Count).Confidence);
    }

    [Fact]
    public void A_folder_tells_the_problems_of_all_its_files_and_of_names_taken_twice()
    {
        string folder = Directory.CreateTempSubdirectory("fleetwright-").FullName;
        string chips = Directory.CreateDirectory(Path.Combine(folder, "chips")).FullName;
        File.WriteAllText(Path.Combine(chips, "a.yaml"), GoodChip.Replace("cores: 4", "cores: x", StringComparison.Ordinal));
        File.WriteAllText(Path.Combine(chips, "b.yaml"), GoodChip.Replace("700 W", "x", StringComparison.Ordinal));
        InputException both = Assert.Throws<InputException>(() => new FleetCatalog(folder).Chips.Find("a"));
        Assert.Equal(2, both.Diagnostics.Count);

        File.WriteAllText(Path.Combine(chips, "a.yaml"), GoodChip);
        File.WriteAllText(Path.Combine(chips, "b.yaml"), GoodChip.Replace("name: a", "name: b\naliases: [A]", StringComparison.Ordinal));
        InputException taken = Assert.Throws<InputException>(() => new FleetCatalog(folder).Chips.Find("a"));
        Assert.Contains("is taken by", taken.Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_node_that_does_not_exist_is_told_with_near_names()
    {
        string folder = Directory.CreateTempSubdirectory("fleetwright-").FullName;
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "chips")).FullName, "a.yaml"), GoodChip + "\nnode: tsmc-n55");
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "nodes")).FullName, "n.yaml"), "name: tsmc-n5\ntitle: N5\nfoundry: TSMC");
        IReadOnlyList<Diagnostic> broken = new FleetCatalog(folder).BrokenReferences();
        Assert.Equal(["memory.kind", "node"], broken.Select(d => d.Field));
        Assert.Contains("did you mean tsmc-n5", broken[1].Message, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void An_unknown_chip_is_told_with_near_names()
    {
        var catalog = new FleetCatalog(Repository.Path("catalog"));
        InputException e = Assert.Throws<InputException>(() => catalog.Chips.Get("h10-sxm"));
        Assert.Contains("did you mean h100-sxm", e.Message, StringComparison.Ordinal);
        Assert.Contains("catalog list chips", e.Message, StringComparison.Ordinal);
    }

    private static Chip ReadChip(string text)
    {
        YamlFile file = YamlFile.Parse("chip.yaml", text);
        Chip chip = ChipReader.Read(file);
        file.Close();
        return chip;
    }

    // A generous limit for a busy machine: without the guards these inputs take hours or all memory.
    private static InputException RefusedSoon(Action read)
    {
        var watch = Stopwatch.StartNew();
        InputException e = Assert.Throws<InputException>(read);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"took {watch.Elapsed}");
        return e;
    }
}

using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Links;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;

namespace Fleetwright.Catalog.Tests;

public sealed class ShippedCatalogTests
{
    private static readonly FleetCatalog s_catalog = new(Repository.Path("catalog"));

    public static TheoryData<string> Kinds => [.. s_catalog.Kinds.Select(k => k.Name)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_entry_of_a_kind_loads_and_every_fact_has_a_source(string kind)
    {
        IReadOnlyList<CatalogItem> items = s_catalog.Kinds.Single(k => k.Name == kind).Items;
        Assert.All(items.SelectMany(i => i.Facts), f => Assert.True(f.Source.Length >= 7, $"{f.File}:{f.Line} {f.Field}: '{f.Source}'"));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_file_is_called_as_the_thing_in_it(string kind)
        => Assert.All(s_catalog.Kinds.Single(k => k.Name == kind).Items, i => Assert.Equal(i.Names[0], Path.GetFileNameWithoutExtension(i.Path)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_name_or_alias_means_one_thing(string kind)
    {
        IEnumerable<string> names = s_catalog.Kinds.Single(k => k.Name == kind).Items.SelectMany(i => i.Names.Distinct(StringComparer.OrdinalIgnoreCase));
        Assert.Empty(names.GroupBy(n => n, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key));
    }

    [Fact]
    public void There_are_at_least_24_chips_14_nodes_and_15_sites()
    {
        Assert.True(s_catalog.Chips.All.Count() >= 24);
        Assert.True(s_catalog.Nodes.All.Count(n => n.WaferPrice is not null && n.DefectDensity is not null) >= 14);
        Assert.True(s_catalog.Sites.All.Count() >= 15);
    }

    [Theory]
    [InlineData("h200_sxm", "h200-sxm")]
    [InlineData("H100-SXM5-80GB", "h100-sxm")]
    [InlineData("a100_sxm", "a100-80gb-sxm")]
    [InlineData("b60", "arc-pro-b60")]
    [InlineData("artemis", "mtia-2i")]
    [InlineData("rtx_pro_6000_server", "rtx-pro-6000")]
    public void A_chip_is_found_by_the_names_that_measured_tables_use(string alias, string name)
        => Assert.Equal(name, s_catalog.Chips.Get(alias).Name);

    // Operations per core and clock of the matrix units at bf16 or fp16: published by the makers.
    [Theory]
    [InlineData("v100-sxm", 1024)]
    [InlineData("a100-80gb-sxm", 2048)]
    [InlineData("h100-sxm", 4096)]
    [InlineData("h200-sxm", 4096)]
    [InlineData("h800-sxm", 4096)]
    [InlineData("b200-sxm", 8192)]
    [InlineData("gb200", 8192)]
    [InlineData("b300-sxm", 8192)]
    [InlineData("gb300", 8192)]
    [InlineData("l40s", 1024)]
    [InlineData("rtx-pro-6000", 1024)]
    [InlineData("mi210", 1024)]
    [InlineData("mi300x", 2048)]
    [InlineData("mi325x", 2048)]
    [InlineData("mi355x", 4096)]
    [InlineData("arc-pro-b60", 2048)]
    [InlineData("tpu-v4", 131072)]
    [InlineData("mtia-2i", 2048)]
    [InlineData("mtia-1", 1024)]
    [InlineData("mtia-300", 4096)]
    public void The_peak_rate_is_cores_times_clock_times_rate_per_core(string name, double operationsPerCoreAndClock)
    {
        Chip chip = s_catalog.Chips.Get(name);
        double expected = chip.Cores * chip.Clock!.Value * operationsPerCoreAndClock;
        double peak = chip.MatrixRates.TryGetValue(Dtype.Bf16, out Fact bf16) ? bf16 : chip.MatrixRates[Dtype.Fp16];
        Assert.Equal(1, expected / peak, 0.025);
    }

    [Fact]
    public void A_narrower_format_is_never_slower_but_for_int8_where_it_was_cut()
    {
        foreach (Chip chip in s_catalog.Chips.All)
        {
            double Rate(Dtype dtype) => chip.MatrixRates.TryGetValue(dtype, out Fact rate) ? rate : double.NaN;
            Assert.False(Rate(Dtype.Fp8) < Rate(Dtype.Bf16), chip.Name);
            Assert.False(Rate(Dtype.Mxfp4) < Rate(Dtype.Fp8), chip.Name);
            Assert.False(Rate(Dtype.Int8) < Rate(Dtype.Bf16) && chip.Name is not ("b300-sxm" or "gb300"), chip.Name);
        }
    }

    [Fact]
    public void Chips_and_sites_name_only_things_that_exist()
        => Assert.Empty(s_catalog.BrokenReferences());

    [Fact]
    public void Every_node_that_a_chip_names_is_made_somewhere()
        => Assert.All(
            s_catalog.Chips.All.Where(c => c.Node is not null),
            c => Assert.Contains(s_catalog.Sites.All, s => s.Processes.Any(p => p.Process == c.Node)));

    [Theory]
    [InlineData("jasm-1")]
    [InlineData("jasm-2")]
    [InlineData("esmc")]
    public void Kumamoto_and_Dresden_never_make_an_h100_or_an_mtia_2i(string site)
    {
        var farAhead = Quarter.Parse("2035Q4");
        Assert.All(new[] { "h100-sxm", "mtia-2i", "b200-sxm", "mi300x" }, c => Assert.False(s_catalog.Sites.Get(site).Makes(s_catalog.Chips.Get(c).Node!, farAhead)));
    }

    [Fact]
    public void Arizona_makes_n4_only_from_the_end_of_2024()
    {
        Site arizona = s_catalog.Sites.Get("tsmc-arizona");
        Assert.False(arizona.Makes("tsmc-n4", Quarter.Parse("2024Q3")));
        Assert.True(arizona.Makes("tsmc-n4", Quarter.Parse("2024Q4")));
    }

    [Theory]
    [InlineData("nvlink-3", "a100-80gb-sxm")]
    [InlineData("nvlink-4", "h100-sxm")]
    [InlineData("nvlink-5", "b200-sxm")]
    [InlineData("infinity-fabric", "mi300x")]
    [InlineData("infinity-fabric-mi350", "mi355x")]
    [InlineData("infinity-fabric-mi200", "mi210")]
    [InlineData("ici-v4", "tpu-v4")]
    [InlineData("ici-v5p", "tpu-v5p")]
    [InlineData("ici-v5e", "tpu-v5e")]
    [InlineData("ici-v6e", "tpu-v6e")]
    [InlineData("ici-v7", "tpu-v7")]
    [InlineData("neuronlink-3", "trainium-2")]
    [InlineData("gaudi-3-roce", "gaudi-3")]
    public void A_chips_scale_up_bandwidth_is_that_of_its_links(string link, string chip)
    {
        Link found = s_catalog.Links.Get(link);
        Assert.Equal(1, s_catalog.Chips.Get(chip).ScaleUpBandwidth!.Value / found.ChipBandwidth, 0.01);
    }

    // 2024: 144,000-150,000 CoWoS wafers by analysts, of which our capacity series must not fall short.
    [Fact]
    public void CoWoS_capacity_covers_the_wafers_that_nvidia_took_in_2024()
    {
        DatedFacts capacity = s_catalog.Sites.Get("tsmc-cowos").WafersPerMonth!;
        double wafers = Enumerable.Range(0, 4).Sum(q => 3 * capacity.At(Quarter.Parse("2024Q1").Plus(q)).Value);
        Assert.InRange(wafers, 240_000, 400_000);
    }

    [Fact]
    public void The_dies_of_a_package_add_up_to_the_area_and_the_cores_of_their_chip()
    {
        Chip[] packaged = [.. s_catalog.Chips.All.Where(c => c.Package is not null)];
        Assert.True(packaged.Length >= 15);
        Assert.All(packaged, c =>
        {
            Assert.Equal(c.DieArea!.Value.Value, c.Package!.Dies.Sum(d => d.Count * d.Area.Value), 1.0);
            Assert.Equal(c.Cores.Value, c.Package.Dies.Sum(d => d.Count * (d.CoresNeeded ?? d.Cores)?.Value ?? 0));
            Assert.NotNull(s_catalog.Packages.Find(c.Package.Kind));
        });
    }

    [Theory]
    [InlineData("n5", "tsmc-n5")]
    [InlineData("n2", "tsmc-n2")]
    [InlineData("sf4", "samsung-4lpx")]
    [InlineData("4lpx", "samsung-4lpx")]
    [InlineData("5lpe", "samsung-5lpe")]
    [InlineData("8lpp", "samsung-8lpp")]
    [InlineData("sf3", "samsung-sf3")]
    [InlineData("SF2", "samsung-sf2")]
    public void A_node_is_found_by_its_short_name(string alias, string name)
        => Assert.Equal(name, s_catalog.Nodes.Get(alias).Name);

    [Fact]
    public void Every_file_of_facts_names_its_schema_for_editors()
        => Assert.All(
            new[] { ("chips", "chip"), ("memories", "memory"), ("links", "link"), ("nodes", "node"), ("sites", "site"), ("packages", "package"), ("manufacturing", "manufacturing") },
            kind => Assert.All(
                Directory.EnumerateFiles(Repository.Path("catalog", kind.Item1), "*.yaml"),
                file => Assert.Equal($"# yaml-language-server: $schema=../schemas/{kind.Item2}.schema.json", File.ReadLines(file).First())));
}

using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

public sealed class EdgeCatalogTests
{
    [Theory]
    [InlineData("quest-3")]
    [InlineData("quest-3s")]
    [InlineData("vision-pro-m2")]
    [InlineData("vision-pro-m5")]
    [InlineData("galaxy-xr")]
    [InlineData("ray-ban-meta")]
    [InlineData("ray-ban-display")]
    [InlineData("lg-tv")]
    [InlineData("next-xr-2025")]
    [InlineData("oneplus-12")]
    [InlineData("iphone-17-pro")]
    public void The_founding_scenarios_devices_are_there(string name) => Assert.NotNull(Shipped.Catalog.Devices.Find(name));

    [Fact]
    public void Every_value_of_devices_engines_and_networks_names_its_source()
    {
        IEnumerable<WrittenFact> facts = Shipped.Catalog.Devices.Entries.SelectMany(e => e.Facts)
            .Concat(Shipped.Catalog.Socs.Entries.SelectMany(e => e.Facts))
            .Concat(Shipped.Catalog.DeviceEngines.Entries.SelectMany(e => e.Facts))
            .Concat(Shipped.Catalog.Networks.Entries.SelectMany(e => e.Facts))
            .Concat(Shipped.Catalog.VoiceProfiles.Entries.SelectMany(e => e.Facts));
        Assert.True(facts.Count() > 500);
        Assert.All(facts, f => Assert.True(f.Source.Length > 0, $"{f.File} {f.Field}"));
    }

    [Theory]
    [InlineData("devices")]
    [InlineData("socs")]
    public void Every_assumed_value_says_between_what(string folder)
    {
        string[] lines = [.. Directory.GetFiles(Repository.Path("catalog", folder), "*.yaml").SelectMany(f => File.ReadLines(f).Select(l => Path.GetFileName(f) + ": " + l))];
        string[] assumed = [.. lines.Where(l => l.Contains("assumed: true", StringComparison.Ordinal))];
        Assert.NotEmpty(assumed);
        Assert.All(assumed, l => Assert.True(l.Contains("low: ", StringComparison.Ordinal) && l.Contains("high: ", StringComparison.Ordinal), l));
    }

    [Fact]
    public void Ten_phones_and_boards_are_there() =>
        Assert.True(Shipped.Catalog.Devices.All.Count(d => d.Kind is DeviceKind.Phone or DeviceKind.Board && !d.WhatIf) >= 10);

    [Fact]
    public void Every_headset_shows_what_it_can_and_renders_at_no_more()
    {
        foreach (Device device in Shipped.Catalog.Devices.All.Where(d => d.Kind == DeviceKind.Headset))
        {
            Assert.NotNull(device.Display);
            Assert.NotEmpty(device.RenderLoads);
            Assert.All(device.RenderLoads, l => Assert.True(l.RefreshRate.Value <= device.Display.RefreshRate.Value, $"{device.Name} {l.Name}"));
        }
    }

    [Fact]
    public void The_what_if_headset_states_nothing_as_a_fact() =>
        Assert.All(
            Shipped.Catalog.Devices.Entries.Single(e => e.Value.Name == "next-xr-2025").Facts.Concat(Shipped.Catalog.Socs.Entries.Single(e => e.Value.Name == "next-xr-soc").Facts),
            f => Assert.Equal(Confidence.Assumed, f.Confidence));

    // A device takes its units and its memory's speed from its chip, so that two devices of one chip cannot differ.
    [Fact]
    public void Devices_of_one_chip_have_its_units()
    {
        Assert.Same(Shipped.Device("quest-3").Units, Shipped.Device("quest-3s").Units);
        Assert.Equal(Shipped.Catalog.Socs.Get("Snapdragon 8 Gen 3").MemoryBandwidth, Shipped.Device("oneplus-12").MemoryBandwidth);
    }

    [Fact]
    public void A_device_of_an_unknown_chip_is_refused_with_its_place()
    {
        string good = File.ReadAllText(Repository.Path("catalog", "devices", "quest-3.yaml"));
        YamlFile file = YamlFile.Parse("q.yaml", good.Replace("soc: snapdragon-xr2-gen-2", "soc: snapdragon-xr2-gen-9", StringComparison.Ordinal));
        DeviceReader.Read(file, Shipped.Catalog.Socs);
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(file.Close).Diagnostics);
        Assert.Equal("soc", problem.Field);
        Assert.Contains("snapdragon-xr2-gen-2", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Line > 0);
    }

    // Bus width times rate: no unit reads faster than the memory it shares.
    [Fact]
    public void No_unit_reads_faster_than_its_memory() =>
        Assert.All(Shipped.Catalog.Socs.All, s => Assert.All(s.Units, u => Assert.True(u.ReadBandwidth!.Value.Value <= s.MemoryBandwidth!.Value.Value, s.Name)));

    [Fact]
    public void Every_device_runs_with_some_engine()
    {
        ModelSpec model = Shipped.Model("llama-3.2-1b");
        foreach (Device device in Shipped.Catalog.Devices.All)
        {
            int engines = Shipped.Catalog.DeviceEngines.All.Count(e => device.Units.Any(u => UnitSelection.ClassFor(device, e, u) is not null));
            Assert.True(engines > 0, device.Name);
            foreach (DeviceEngine engine in Shipped.Catalog.DeviceEngines.All)
            {
                foreach (ComputeUnit unit in device.Units.Where(u => UnitSelection.ClassFor(device, engine, u) is not null))
                {
                    DeviceEstimate e = DeviceModel.Estimate(device, engine, unit.Kind, model, Dtype.Int4, new TurnRequest(300, 80));
                    Assert.InRange(e.DecodeTokensPerSecond.Value, 0.5, 1000);
                    Assert.InRange(e.DecodeTokensPerSecond.Value, e.DecodeTokensPerSecond.Low, e.DecodeTokensPerSecond.High);
                    Assert.InRange(e.FirstTokenSeconds.Value, 0.001, 120);
                }
            }
        }
    }

    [Fact]
    public void Quantiles_that_fall_are_refused_with_their_place()
    {
        string good = File.ReadAllText(Repository.Path("catalog", "networks", "wifi-home.yaml"));
        YamlFile file = YamlFile.Parse("wifi.yaml", good.Replace("p95: { value: 60 ms", "p95: { value: 6 ms", StringComparison.Ordinal).Replace("low: 30 ms, high: 150 ms", "assumed: true", StringComparison.Ordinal).Replace("assumed: true, assumed: true", "assumed: true", StringComparison.Ordinal));
        NetworkProfileReader.Read(file);
        Diagnostic problem = Assert.Single(Assert.Throws<InputException>(file.Close).Diagnostics);
        Assert.Contains("p95 lies below p50", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Line > 0);
    }
}

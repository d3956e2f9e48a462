using Fleetwright.Catalog;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Testing;

namespace Fleetwright.Edge.Tests;

/// <summary>The catalogue of this checkout, and made-up devices for closed forms.</summary>
internal static class Shipped
{
    public static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

    public static ModelSpec Model(string name) => Catalog.Models.Get(name);

    public static Device Device(string name) => Catalog.Devices.Get(name);

    public static DeviceEngine Engine(string name) => Catalog.DeviceEngines.Get(name);

    public static VoiceProfile Voice => Catalog.VoiceProfiles.Get("streaming");

    /// <summary>An engine that reads at full bandwidth, computes at full rate and has no overhead.</summary>
    public static DeviceEngine IdealEngine { get; } = new()
    {
        Name = "ideal",
        Title = "Ideal",
        Aliases = [],
        Vendor = "",
        Formats = new Dictionary<Dtype, WeightFormat> { [Dtype.Int8] = new(8, 8, 8, false, Dtype.Int8, One) },
        BaseMemory = Zero,
        IntegrationPenalty = One,
        Classes =
        [
            new EngineClass
            {
                Unit = ComputeUnitKind.Gpu, Family = "ideal", MeasuredOn = ["ideal"], BandwidthEfficiency = One, StepOverhead = Zero, AttentionFactor = One,
                DecodeRows = 3, DecodeError = Fact.Of(0.1, "made up"), PrefillEfficiency = new Dictionary<Dtype, Fact> { [Dtype.Int8] = One },
                PrefillAttentionFactor = Zero, PrefillOverhead = Zero, PrefillChunk = 1, PrefillRows = 3,
            },
        ],
    };

    public static Device IdealDevice(double? bandwidth = 100e9, double memory = 16e9, double sustainedWatts = 1000, double burstWatts = 1000) => new()
    {
        Name = "ideal",
        Title = "Ideal",
        Aliases = [],
        Vendor = "",
        Kind = DeviceKind.Board,
        Soc = "ideal",
        Units =
        [
            new ComputeUnit
            {
                Kind = ComputeUnitKind.Gpu, Title = "GPU", Family = "ideal", ReadBandwidth = bandwidth is { } b ? Fact.Of(b, "made up") : null,
                PeakRates = new Dictionary<Dtype, Fact> { [Dtype.Int8] = Fact.Of(1e12, "made up") },
                EnergyPerByte = Fact.Of(100e-12, "made up"), EnergyPerToken = Zero, EnergyPerOperation = Fact.Of(1e-12, "made up"),
            },
        ],
        MemoryKind = "lpddr5",
        MemoryCapacity = Fact.Of(memory, "made up"),
        AppMemoryLimit = Fact.Of(memory, "made up"),
        Battery = Fact.Of(36000, "made up"),
        IdlePower = Fact.Of(1, "made up"),
        InUsePower = Fact.Of(2, "made up"),
        SustainedPower = Fact.Of(sustainedWatts, "made up"),
        BurstPower = Fact.Of(burstWatts, "made up"),
        ThermalTimeConstant = Fact.Of(100, "made up"),
    };

    private static Fact One => Fact.Of(1, "made up");

    private static Fact Zero => Fact.Of(0, "made up");
}

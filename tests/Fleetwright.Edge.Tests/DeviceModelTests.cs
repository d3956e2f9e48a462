using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Edge.Tests;

public sealed class DeviceModelTests
{
    private const double GiB = 1024.0 * 1024 * 1024;

    [Fact]
    public void Without_overhead_decode_is_bytes_over_bandwidth()
    {
        // Llama 3.2 1B at 8 bits: 1,235,814,400 bytes a token; 16 layers × 8 heads × 64 × 2 × 2 B = 32,768 bytes of cache per token of context.
        var model = new DeviceModel(Shipped.IdealDevice(), Shipped.IdealEngine, null, Shipped.Model("llama-3.2-1b"), Dtype.Int8);
        Assert.Equal((1_235_814_400 + (1000 * 32_768.0)) / 100e9, model.DecodeSeconds(1000), 1e-9);
    }

    [Fact]
    public void Without_overhead_prefill_is_operations_over_peak()
    {
        var model = new DeviceModel(Shipped.IdealDevice(), Shipped.IdealEngine, null, Shipped.Model("llama-3.2-1b"), Dtype.Int8);
        Assert.Equal(2 * 1_235_814_400.0 * 512 / 1e12, model.PrefillSeconds(512), 1e-6);
    }

    [Fact]
    public void More_bandwidth_is_never_slower() => Prop.ForAll<PositiveInt, PositiveInt, PositiveInt>((a, b, context) =>
        Step(Math.Max(a.Get, b.Get), context.Get) <= Step(Math.Min(a.Get, b.Get), context.Get)).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("quest-3", "genie")]
    [InlineData("oneplus-12", "executorch")]
    [InlineData("iphone-17-pro", "core-ai")]
    public void A_longer_prompt_never_brings_the_first_token_sooner(string device, string engine)
    {
        var model = new DeviceModel(Shipped.Device(device), Shipped.Engine(engine), null, Shipped.Model("llama-3.2-3b"), Dtype.Int4);
        double before = 0;
        for (int tokens = 1; tokens < 8192; tokens = (tokens * 5 / 4) + 1)
        {
            double seconds = model.PrefillSeconds(tokens);
            Assert.True(seconds >= before);
            Assert.True(model.DecodeSeconds(tokens + 1) >= model.DecodeSeconds(tokens));
            before = seconds;
        }
    }

    [Fact]
    public void A_rendered_scene_slows_the_model_and_shortens_the_battery()
    {
        var request = new TurnRequest(300, 80, TurnsPerHour: 30);
        DeviceEstimate alone = Quest("llama-3.2-1b", request, null);
        DeviceEstimate beside = Quest("llama-3.2-1b", request, "120hz");
        Assert.True(beside.DecodeTokensPerSecond.Value < alone.DecodeTokensPerSecond.Value);
        Assert.True(beside.SustainedTokensPerSecond.Value < alone.SustainedTokensPerSecond.Value);
        Assert.True(beside.BatteryHours!.Value.Value < alone.BatteryHours!.Value.Value);
        Assert.True(beside.SecondsToThrottle.Value < alone.SecondsToThrottle.Value);
    }

    [Fact]
    public void The_case_warms_as_a_first_order_lag()
    {
        // 100 GB/s × 100 pJ/B = 10 W above the 1 W at rest; a case that sheds 6 W is warm after τ·ln(10/5) = 69.3 s and then gives half the speed.
        DeviceEstimate e = DeviceModel.Estimate(Shipped.IdealDevice(sustainedWatts: 6), Shipped.IdealEngine, null, Shipped.Model("llama-3.2-1b"), Dtype.Int8, new TurnRequest(1, 1));
        Assert.Equal(11, e.DecodeWatts.Value, 0.01);
        Assert.Equal(69.3, e.SecondsToThrottle.Value, 0.1);
        Assert.Equal(0.5, e.SustainedTokensPerSecond.Value / e.DecodeTokensPerSecond.Value, 0.001);
    }

    [Fact]
    public void Llama_1B_in_4_bits_takes_33_to_38_percent_of_what_a_Quest_3_app_may_hold()
    {
        // on-device-xr.md section 3: resident 1.9 to 2.2 GiB of 5.75 GiB.
        DeviceEstimate e = Quest("llama-3.2-1b", new TurnRequest(300, 80, 2048), null);
        Assert.InRange(e.MemoryBytes.Value / GiB, 1.9, 2.2);
        Assert.InRange(e.MemoryBytes.Value / e.MemoryLimitBytes, 0.33, 0.38);
        Assert.Equal(EstimateBasis.Unmeasured, e.Basis);
    }

    [Fact]
    public void Llama_3B_in_4_bits_takes_63_to_70_percent_of_what_a_Quest_3_app_may_hold()
    {
        DeviceEstimate e = Quest("llama-3.2-3b", new TurnRequest(300, 80, 2048), null);
        Assert.InRange(e.MemoryBytes.Value / e.MemoryLimitBytes, 0.63, 0.70);
    }

    // Rows L214, L216 to L224, L284 and L300, L301: peak memory in MB of MLX in 4 bits after prompts of 20 tokens. Catalogue factor and base are a fit over them.
    [Theory]
    [InlineData("iphone-17-pro", "qwen2.5-1.5b", 1100)]
    [InlineData("iphone-17-pro", "gemma-3-1b", 927)]
    [InlineData("iphone-17-pro", "qwen3-0.6b", 539)]
    [InlineData("iphone-17-pro", "qwen3-1.7b", 1090)]
    [InlineData("iphone-17-pro", "llama-3.2-3b", 1945)]
    [InlineData("iphone-17-pro", "smollm3-3b", 2096)]
    [InlineData("iphone-17-pro", "phi-4-mini", 2240)]
    [InlineData("macbook-pro-m4-max", "qwen3-4b", 2523)]
    [InlineData("macbook-pro-m4-max", "qwen3-8b", 4757)]
    public void Memory_of_MLX_after_short_prompts_is_within_20_percent(string device, string model, double megabytes)
    {
        var prepared = new DeviceModel(Shipped.Device(device), Shipped.Engine("mlx"), ComputeUnitKind.Gpu, Shipped.Model(model), Dtype.Int4);
        Assert.InRange(prepared.Memory(150).Bytes / 1e6 / megabytes, 0.8, 1.2);
    }

    [Theory]
    [InlineData("ray-ban-meta")]
    [InlineData("ray-ban-display")]
    public void Glasses_with_2_GB_cannot_hold_Llama_1B(string name)
    {
        DeviceEstimate e = DeviceModel.Estimate(Shipped.Device(name), Shipped.Engine("executorch"), null, Shipped.Model("llama-3.2-1b"), Dtype.Int4, new TurnRequest(100, 50));
        Assert.False(e.Fits);
        Assert.True(e.ShortBytes > GiB);
    }

    [Theory]
    [InlineData("quest-3")]
    [InlineData("quest-3s")]
    [InlineData("galaxy-xr")]
    public void No_speed_of_an_XR2_headset_counts_as_measured(string name)
    {
        Device device = Shipped.Device(name);
        foreach (DeviceEngine engine in Shipped.Catalog.DeviceEngines.All)
        {
            foreach (ComputeUnit unit in device.Units.Where(u => UnitSelection.ClassFor(device, engine, u) is not null))
            {
                DeviceEstimate e = DeviceModel.Estimate(device, engine, unit.Kind, Shipped.Model("llama-3.2-1b"), Dtype.Int4, new TurnRequest(300, 80));
                Assert.Equal(EstimateBasis.Unmeasured, e.Basis);
                Assert.True(e.DecodeTokensPerSecond.High >= 2 * e.DecodeTokensPerSecond.Value * 0.999);
            }
        }
    }

    [Fact]
    public void A_device_without_a_bandwidth_is_refused_by_name()
    {
        InputException e = Assert.Throws<InputException>(() => new DeviceModel(Shipped.IdealDevice(null), Shipped.IdealEngine, null, Shipped.Model("llama-3.2-1b"), Dtype.Int8));
        Assert.Contains("states a bandwidth", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_unknown_for_a_unit_is_refused_with_what_it_knows()
    {
        InputException e = Assert.Throws<InputException>(() => new DeviceModel(Shipped.Device("quest-3"), Shipped.Engine("mlx"), ComputeUnitKind.Gpu, Shipped.Model("llama-3.2-1b"), Dtype.Int4));
        Assert.Contains("it has gpu: apple-gpu", e.Message, StringComparison.Ordinal);
    }

    private static double Step(int gigabytesPerSecond, int contextTokens) =>
        new DeviceModel(Shipped.IdealDevice(gigabytesPerSecond * 1e9), Shipped.IdealEngine, null, Shipped.Model("llama-3.2-1b"), Dtype.Int8).DecodeSeconds(contextTokens);

    private static DeviceEstimate Quest(string model, TurnRequest request, string? scene) =>
        DeviceModel.Estimate(Shipped.Device("quest-3"), Shipped.Engine("executorch"), ComputeUnitKind.Cpu, Shipped.Model(model), Dtype.Int4, request, scene);
}

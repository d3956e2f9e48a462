using Fleetwright.Catalog;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>Catalogue entries that the tests run on.</summary>
internal static class Fixtures
{
    public static FleetCatalog Catalog { get; } = new(Repository.Path("catalog"));

    public static EngineOptions Engine { get; } = EngineOptions.Of(Catalog).Get("vllm");

    public static ModelSpec Llama70 => Catalog.Models.Get("llama-3.1-70b");

    public static ModelSpec Llama8 => Catalog.Models.Get("llama-3.1-8b");

    public static ModelSpec GptOss => Catalog.Models.Get("openai/gpt-oss-120b");

    public static ChipModel H100 => ChipModel.For(Catalog, "h100-sxm");

    public static ChipModel H200 => ChipModel.For(Catalog, "h200-sxm");

    /// <summary>The chip with its memory bandwidth multiplied.</summary>
    public static ChipModel Faster(this ChipModel chip, double factor) =>
        new(chip.Chip with { MemoryBandwidth = Fact.Of(chip.Chip.MemoryBandwidth * factor, "test") }, chip.Coefficients);

    public static Replica Replica(ModelSpec model, ChipModel chip, Sharding sharding, Precision? precision = null, EngineOptions? engine = null) =>
        new(new ModelGraph(model, precision ?? Precision.Fp8, sharding), chip, engine ?? Engine);
}

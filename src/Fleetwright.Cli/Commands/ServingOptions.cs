using System.CommandLine;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Units;
using Fleetwright.Models;

namespace Fleetwright.Cli.Commands;

/// <summary>Options that <c>estimate</c> and <c>size</c> share.</summary>
internal static class ServingOptions
{
    public static Option<string?> Dtype() => new("--dtype") { Description = "Number format of weights and products; the model's own when left out." };

    public static Option<string?> CacheDtype() => new("--kv-dtype") { Description = "Number format of the KV cache." };

    public static Option<string> Engine() => new("--engine") { Description = "A serving engine of the catalogue.", DefaultValueFactory = _ => "vllm" };

    public static ModelSpec Model(CommandContext context, string name) => context.Catalog.Models.Get(name);

    public static Precision Precision(ParseResult parsed, Option<string?> dtype, Option<string?> cache, ModelSpec model)
    {
        Precision usual = Fleetwright.Models.Precision.For(CommonOptions.Format(parsed, dtype, model.NativeDtype));
        return usual with { KvCache = CommonOptions.Format(parsed, cache, usual.KvCache) };
    }
}

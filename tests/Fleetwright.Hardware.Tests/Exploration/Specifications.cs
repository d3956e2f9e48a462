using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Exploration;

namespace Fleetwright.Hardware.Tests.Exploration;

/// <summary>Specifications for tests, as people write them.</summary>
internal static class Specifications
{
    public static FleetCatalog Catalog { get; } = Designs.Shipped.Catalog;

    /// <summary>96 designs around MTIA 2i with a decode step.</summary>
    public const string Small = """
        name: small
        base: mtia-2i
        sweep:
          rows: [6, 8]
          spares: [0, 4]
          shared_memory: [64 MiB, 256 MiB]
          clock: 1 GHz .. 1.4 GHz step 0.2 GHz
          node: [tsmc-n5, samsung-4lpx]
          memory:
            - { kind: lpddr5, units: 4, capacity: 16 GB }
            - { kind: hbm3e, units: 1 }
        mix:
          - { name: chat, model: llama-3.2-1b, step: decode, batch: 8, context: 1024 }
          - { name: rank, model: dlrm-small, batch: 512, latency: 20 ms }
        """;

    public static ExplorationSpec Read(string text)
    {
        YamlFile file = YamlFile.Parse("spec.yaml", text);
        ExplorationSpec? spec = ExplorationReader.Read(file, Catalog);
        file.Close();
        return spec!;
    }

    public static Explorer Explorer(string text) => new(Catalog, Read(text));

    public static ExplorationResult Run(string text, int threads = 2) => Explorer(text).Run(new ExploreOptions { Threads = threads, Cancellation = TestContext.Current.CancellationToken });

    /// <summary>The problems of a specification.</summary>
    public static string Problems(string text) => Assert.Throws<InputException>(() => Read(text)).Message;
}

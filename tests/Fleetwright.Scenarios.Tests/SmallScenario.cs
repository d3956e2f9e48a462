using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Scenarios.Chain;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Scenarios.Tests;

/// <summary>The least that a scenario can say, for tests that know every figure of it by heart.</summary>
internal static class SmallScenario
{
    public const string Text =
        """
        name: small
        title: Small
        source: made up for tests
        quarters: { first: 2024Q1, last: 2024Q4 }
        economics: { electricity: $0.07/kWh, pue: 1.1, chip_life: 5 years, discount_rate: 8 %, operations: 6 % }
        products:
          - name: app
            title: App
            device: quest-3
            capable_share: 50 %
            use_a_day: 1 h
            cloud: [{ workload: chat, share: 75 % }, { workload: big, share: 25 % }]
            interaction: text
            network: wifi-home
            active_users: { by_quarter: { 2024Q1: 864 k, 2024Q4: 1.728 M } }
            turns: 10 /day
            hours: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3]
            prompt_tokens: { mean: 100, variation: 0 }
            reply_tokens: { mean: 40, variation: 0.5 }
            turn_classes: [{ name: all, share: 100 % }]
            latency_p95: 2 s
          - name: tv
            title: Television
            device: lg-tv
            capable_share: 0 %
            use_a_day: 1 h
            cloud: [{ workload: chat, share: 100 % }]
            interaction: text
            network: wifi-home
            active_users: 864 k
            turns: 10 /day
            hours: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
            prompt_tokens: { mean: 300, variation: 0 }
            reply_tokens: { mean: 40, variation: 0.5 }
            turn_classes: [{ name: all, share: 100 % }]
            latency_p95: 2 s
        workloads:
          - { name: chat, title: Chat, model: llama-3-8b, precisions: [fp8], ttft_p99: 1 s, unserved_price: $0.01 }
          - { name: big, title: Big, model: llama-3-70b, precisions: [fp8], ttft_p99: 1 s, unserved_price: $0.01, unserved_limit: 5 % }
        training:
          - { name: job, title: Job, model: llama-3-8b, tokens: 7.8894 T, sequence_length: 8192, batch_tokens: 4 M, start: 2024Q2, deadline: 2024Q3, unserved_price: $0.001 }
        offers:
          - { name: taiwan, chip: mtia-2i, maker: Meta, site: tsmc-fab18-n5, packaging: ase-spil, node: tsmc-n5, price: "$2,000", system_price: "$1,000", capacity: 100 k, lead_time: 13 weeks }
          - { name: kumamoto, chip: mtia-2i, maker: Meta, site: jasm-1, packaging: ase-spil, node: tsmc-n5, price: "$1,000", system_price: "$1,000", capacity: 100 k, lead_time: 13 weeks }
        power_available: 100 MW
        plan: { risk_weight: 0 %, tail_level: 90 %, gap: 1 % }
        """;

    public static Scenario Read(string text)
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("fleetwright-test-").FullName, "scenario.yaml");
        try
        {
            File.WriteAllText(path, text);
            return ScenarioReader.Read(path);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
        }
    }

    public static IReadOnlyList<Diagnostic> Problems(string text) => Assert.Throws<InputException>(() => Read(text)).Diagnostics;

    public static ChainContext Context(string text = Text) => new() { Scenario = Read(text), Catalog = FleetCatalog.OpenDefault(), Threads = 1 };
}

using BenchmarkDotNet.Attributes;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Exploration;
using Fleetwright.Models.Operators;

namespace Fleetwright.Bench;

/// <summary>What a design of a search costs: area, power, bill and a mix of a decode, a prefill and a ranking step; against pricing one operator.</summary>
[MemoryDiagnoser]
public class ExplorationBenchmarks
{
    private const string Specification = """
        name: bench
        base: mtia-2i
        sweep:
          rows: [6, 8, 10, 12]
          shared_memory: [64 MiB, 128 MiB, 256 MiB, 384 MiB]
          clock: 1 GHz .. 1.35 GHz step 0.05 GHz
          memory: [{ kind: lpddr5, units: 4 .. 8 step 4, capacity: 16 GB }, { kind: hbm3e, units: 1 .. 2 step 1 }]
        mix:
          - { model: llama-3.1-8b, step: decode, batch: 16, context: 2048 }
          - { model: llama-3.1-8b, step: prefill, batch: 1, prompt: 1024 }
          - { model: dlrm-small, batch: 1024 }
        """;

    private static readonly FleetCatalog Catalog = FleetCatalog.OpenDefault();
    private static readonly ChipModel Chip = ChipModel.For(Catalog, "h100-sxm");
    private readonly Operator _norm = Operator.Elementwise(OperatorRole.Norm, 1e6, 1e6);
    private readonly Explorer _explorer = new(Catalog, Read());
    private long _next;

    [Benchmark(Baseline = true)]
    public double Norm() => Chip.Price(_norm).Seconds;

    [Benchmark]
    public double Point() => _explorer.Evaluate(_next++ % _explorer.Specification.Count).Speed;

    [Benchmark]
    public int GridOf512OnTwoThreads() => _explorer.Run(new ExploreOptions { Threads = 2 }).Front.Count;

    private static ExplorationSpec Read()
    {
        YamlFile file = YamlFile.Parse("bench.yaml", Specification);
        ExplorationSpec? spec = ExplorationReader.Read(file, Catalog);
        file.Close();
        return spec!;
    }
}

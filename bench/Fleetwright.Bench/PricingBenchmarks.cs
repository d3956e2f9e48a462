using BenchmarkDotNet.Attributes;
using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Bench;

/// <summary>What pricing one operator costs, and a whole step of Llama 3 70B on eight chips, its operators listed too.</summary>
[MemoryDiagnoser]
public class PricingBenchmarks
{
    private static readonly ChipModel Chip = ChipModel.For(FleetCatalog.OpenDefault(), "h100-sxm");
    private static readonly ModelGraph Graph = new(FleetCatalog.OpenDefault().Models.Get("llama-3-70b"), Precision.Bf16, new Sharding(8, 1, 1, 1));
    private readonly Operator[] _operators = new Operator[Graph.MaximumOperators];
    private readonly Operator _decodeProduct = Operator.Gemm(OperatorRole.Other, 32, 8192, 8192, Dtype.Bf16, Dtype.Bf16);
    private readonly Operator _prefillProduct = Operator.Gemm(OperatorRole.Other, 4096, 8192, 8192, Dtype.Bf16, Dtype.Bf16);
    private readonly Operator _experts = Operator.GroupedGemm(OperatorRole.Other, 64, 12.5, 4096, 4096, Dtype.Fp8, Dtype.Fp8);
    private readonly Operator _prefill = Operator.Attention(1, 4096, 0, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16);
    private readonly Operator _decode = Operator.Attention(32, 1, 4096, 8, 1, 128, 128, 0, Dtype.Bf16, Dtype.Bf16);
    private readonly Operator _norm = Operator.Elementwise(OperatorRole.Norm, 1e6, 1e6);
    private readonly Operator _allReduce = Operator.Collective(OperatorKind.AllReduce, OperatorRole.Other, 1e6, 8);

    [Benchmark(Baseline = true)]
    public double Norm() => Chip.Price(_norm).Seconds;

    [Benchmark]
    public double DecodeProduct() => Chip.Price(_decodeProduct).Seconds;

    [Benchmark]
    public double PrefillProduct() => Chip.Price(_prefillProduct).Seconds;

    [Benchmark]
    public double Experts() => Chip.Price(_experts).Seconds;

    [Benchmark]
    public double PrefillAttention() => Chip.Price(_prefill).Seconds;

    [Benchmark]
    public double DecodeAttention() => Chip.Price(_decode).Seconds;

    [Benchmark]
    public double AllReduce() => Chip.Price(_allReduce).Seconds;

    [Benchmark]
    public double DecodeStep() => Chip.Price(_operators.AsSpan(0, Graph.Step(StepShape.Decode(32, 4096), _operators))).Seconds;

    [Benchmark]
    public double PrefillStep() => Chip.Price(_operators.AsSpan(0, Graph.Step(StepShape.Prefill(1, 4096), _operators))).Seconds;
}

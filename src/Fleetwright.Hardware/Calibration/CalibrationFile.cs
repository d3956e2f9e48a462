using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Calibration;

/// <summary>The coefficients of a chip or group of chips as they are fitted, family by family.</summary>
internal sealed class FittedFamilies
{
    public Dictionary<Dtype, MatrixProductCoefficients> Gemm { get; init; } = [];

    /// <summary>Dense products by kernels that do not stand for their format.</summary>
    public Dictionary<string, MatrixProductCoefficients> GemmKernels { get; init; } = [];

    public Dictionary<Dtype, GroupedProductCoefficients> GroupedGemm { get; init; } = [];

    /// <summary>Every kernel of experts, by its name.</summary>
    public Dictionary<string, GroupedProductCoefficients> GroupedGemmKernels { get; init; } = new(StringComparer.Ordinal);

    public Dictionary<Dtype, ContextAttentionCoefficients> ContextAttention { get; init; } = [];

    public Dictionary<Dtype, DecodeAttentionCoefficients> DecodeAttention { get; init; } = [];

    public SortedDictionary<string, Dictionary<Dtype, ContextAttentionCoefficients>> ContextAttentionKernels { get; init; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, Dictionary<Dtype, DecodeAttentionCoefficients>> DecodeAttentionKernels { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Share of the peak that an 8192³ product sustains.</summary>
    public Dictionary<Dtype, double> SustainedShares { get; init; } = [];

    public CollectiveCoefficients? Collectives { get; set; }

    public Dictionary<VectorKind, VectorCoefficients> Elementwise { get; init; } = [];

    public FrameworkCalls? Calls { get; set; }

    public EagerEngineCoefficients? Eager { get; set; }

    /// <summary>Shares of the power limit; as splitwise-sim's A100 gave them when its table is not at hand (docs/hardware.md, "Energy").</summary>
    public PowerShares Power { get; set; } = new(0.262, 0.776, 0.976);

    /// <summary>What a calibration file with these families holds, for pricing before it is written.</summary>
    public ChipCoefficients Coefficients(string name)
    {
        MatrixProductCoefficients main = Gemm[Dtype.Bf16];
        return new ChipCoefficients
        {
            Name = name,
            LaunchOverhead = Of(main.Overhead),
            MatrixEfficiency = SustainedShares.ToDictionary(e => e.Key, e => Of(e.Value)),
            MemoryEfficiency = Of(Math.Min(main.MemoryEfficiency, 1)),
            SmallTileExponent = Of(main.SmallTileExponent),
            ContextAttentionEfficiency = Of(0.5),
            DecodeAttentionEfficiency = Of(0.8),
            GatherEfficiency = Of(0.5),
            CollectiveLatency = Of(16e-6),
            CollectiveEfficiency = Of(0.8),
            MatrixPowerShare = Of(Power.Matrix),
            MemoryPowerShare = Of(Power.Memory),
            IdlePowerShare = Of(Power.Rest),
            Gemm = Gemm,
            GroupedGemm = GroupedGemm,
            ContextAttention = ContextAttention,
            DecodeAttention = DecodeAttention,
            Collectives = Collectives,
            Elementwise = Elementwise,
            FrameworkCalls = Calls,
            EagerEngine = Eager,
            Error = Of(main.Quality.Error),
            Rows = Rows,
        };

        static Fact Of(double value) => Fact.Of(value, "tables");
    }

    public bool Relative { get; init; }

    public int Rows => Gemm.Values.Sum(c => c.Quality.Rows) + GemmKernels.Values.Sum(c => c.Quality.Rows) + GroupedGemmKernels.Values.Sum(c => c.Quality.Rows)
        + ContextAttention.Values.Sum(c => c.Quality.Rows) + DecodeAttention.Values.Sum(c => c.Quality.Rows);

    /// <summary>The same coefficients for another chip of the architecture, with the error of a chip that was left out of the fit.</summary>
    public FittedFamilies WithQualityOf(FittedFamilies generic) => new()
    {
        Gemm = Wider(Gemm, generic.Gemm, c => c.Quality, (c, q) => c with { Quality = q }),
        GemmKernels = Wider(GemmKernels, generic.GemmKernels, c => c.Quality, (c, q) => c with { Quality = q }),
        GroupedGemm = Wider(GroupedGemm, generic.GroupedGemm, c => c.Quality, (c, q) => c with { Quality = q }),
        GroupedGemmKernels = Wider(GroupedGemmKernels, generic.GroupedGemmKernels, c => c.Quality, (c, q) => c with { Quality = q }),
        ContextAttention = Wider(ContextAttention, generic.ContextAttention, c => c.Quality, (c, q) => c with { Quality = q }),
        DecodeAttention = Wider(DecodeAttention, generic.DecodeAttention, c => c.Quality, (c, q) => c with { Quality = q }),
        ContextAttentionKernels = ContextAttentionKernels,
        DecodeAttentionKernels = DecodeAttentionKernels,
        SustainedShares = SustainedShares,
        Collectives = Collectives! with { Quality = new FitQuality(Math.Max(Collectives.Quality.Error, generic.Collectives!.Quality.Error), Math.Max(Collectives.Quality.Median, generic.Collectives.Quality.Median), 0) },
        Relative = true,
    };

    /// <summary>The same, with minor attention kernels only for those that name them: that a head size runs on one of them is known of the measured chips alone.</summary>
    public FittedFamilies WithoutHeadSizes()
    {
        foreach (Dictionary<Dtype, ContextAttentionCoefficients> byFormat in ContextAttentionKernels.Values)
        {
            foreach (Dtype format in byFormat.Keys.ToArray())
            {
                byFormat[format] = byFormat[format] with { HeadSizes = [] };
            }
        }

        foreach (Dictionary<Dtype, DecodeAttentionCoefficients> byFormat in DecodeAttentionKernels.Values)
        {
            foreach (Dtype format in byFormat.Keys.ToArray())
            {
                byFormat[format] = byFormat[format] with { HeadSizes = [] };
            }
        }

        return this;
    }

    private static Dictionary<TKey, T> Wider<TKey, T>(Dictionary<TKey, T> own, Dictionary<TKey, T> generic, Func<T, FitQuality> quality, Func<T, FitQuality, T> with)
        where TKey : notnull =>
        own.ToDictionary(e => e.Key, e =>
        {
            FitQuality mine = quality(e.Value);
            FitQuality other = generic.TryGetValue(e.Key, out T? found) ? quality(found) : default;
            return with(e.Value, new FitQuality(Math.Max(mine.Error, other.Error), Math.Max(mine.Median, other.Median), 0));
        });
}

/// <summary>Writes a calibration file.</summary>
internal static class CalibrationFile
{
    public static string Write(string name, FittedFamilies fitted)
    {
        var text = new StringBuilder();
        MatrixProductCoefficients main = fitted.Gemm[Dtype.Bf16];
        Line($"# yaml-language-server: $schema=../schemas/calibration.schema.json");
        Line($"# Written by the calibrator from ../shared/data/kernels; do not edit by hand. Meaning of every key: docs/hardware.md.");
        Line($"name: {name}");
        Line($"source: tables");
        Line($"sources:");
        Line($"  tables: 'github.com/ai-dynamo/aiconfigurator measured kernels (commit 095f58a5, Apache-2.0), three quarters of the rows; fitted on mean |log error|{(fitted.Relative ? "; this file holds the coefficients of the measured chip of the architecture with the error of a chip left out of the fit" : "")}'");
        Line($"  splitwise: 'github.com/Mutinifni/splitwise-sim data/perf_model.csv (commit 8f99e7d, MIT): mean and prefill power of Llama-2-70B and BLOOM-176B on A100{(fitted.Eager is null ? "" : ", prefill and iteration times on this chip")} (docs/hardware.md, Energy)'");
        if (fitted.Elementwise.Count > 0)
        {
            Line($"  llmcompass: 'github.com/PrincetonUniversity/LLMCompass ae/figure5 (commit 2e015fd, BSD-3): softmax, layer norm, GELU and products timed one PyTorch call at a time'");
        }

        Line($"rows: {(fitted.Relative ? 0 : fitted.Rows)}");
        Line($"launch_overhead: {Micro(main.Overhead)}");
        Line($"matrix_efficiency:");
        foreach ((Dtype dtype, double share) in fitted.SustainedShares.OrderBy(e => e.Key))
        {
            Line($"  {dtype.Name()}: {Percent(share)}");
        }

        Line($"memory_efficiency: {Percent(Math.Min(main.MemoryEfficiency, 1))}");
        Line($"small_tile_exponent: {{ value: {Number(main.SmallTileExponent)}, assumed: true }}");
        Line($"context_attention_efficiency: {Percent(Math.Min(1, fitted.ContextAttention[Dtype.Bf16].MatrixEfficiency / fitted.SustainedShares[Dtype.Bf16]))}");
        Line($"decode_attention_efficiency: {Percent(Math.Min(1, fitted.DecodeAttention[Dtype.Bf16].MemoryEfficiency / main.MemoryEfficiency))}");
        Line($"gather_efficiency: {{ value: 50 %, low: 40 %, high: 60 %, assumed: true, note: MTIA 2i reaches 40-60 % of bandwidth on embedding bags (ISCA 2025) }}");
        Line($"collective_latency: {{ value: 16 us, low: 10 us, high: 26 us }}");
        Line($"collective_efficiency: {{ value: 80 %, assumed: true }}");
        string confidence = name == "a100-80gb-sxm" ? "" : ", confidence: low";
        Line($"matrix_power_share: {{ value: {Percent(fitted.Power.Matrix)}, source: splitwise{confidence} }}");
        Line($"memory_power_share: {{ value: {Percent(fitted.Power.Memory)}, source: splitwise{confidence} }}");
        Line($"idle_power_share: {{ value: {Percent(fitted.Power.Rest)}, source: splitwise{confidence}, note: while kernels run one after another; a chip without work draws less }}");
        Line($"error: {Percent((main.Quality.Error + fitted.ContextAttention[Dtype.Bf16].Quality.Error + fitted.DecodeAttention[Dtype.Bf16].Quality.Error) / 3)}");
        Family("gemm", fitted.Gemm, DenseProduct);
        if (fitted.GemmKernels.Count > 0)
        {
            Line($"gemm_kernels:");
            foreach ((string kernel, MatrixProductCoefficients own) in fitted.GemmKernels.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                Line($"  {kernel}: {{ {DenseProduct(own with { Kernel = "" })} }}");
            }
        }

        Family("grouped_gemm", fitted.GroupedGemm, c => $"kernel: {c.Kernel}, {GroupedProduct(c)}");
        if (fitted.GroupedGemmKernels.Count > 0)
        {
            Line($"grouped_gemm_kernels:");
            foreach ((string kernel, GroupedProductCoefficients value) in fitted.GroupedGemmKernels.OrderBy(e => e.Key, StringComparer.Ordinal))
            {
                Line($"  {kernel}: {{ {GroupedProduct(value)} }}");
            }
        }

        Family("context_attention", fitted.ContextAttention, Prefill);
        Family("decode_attention", fitted.DecodeAttention, Decode);
        Kernels("context_attention_kernels", fitted.ContextAttentionKernels, Prefill);
        Kernels("decode_attention_kernels", fitted.DecodeAttentionKernels, Decode);
        if (fitted.Collectives is { } o)
        {
            Line($"collectives: {{ one_shot_latency: {Micro(o.OneShotLatency)}, peer_latency: {Micro(o.PeerLatency)}, one_shot_efficiency: {Percent(o.OneShotEfficiency)}, two_shot_latency: {Micro(o.TwoShotLatency)}, two_shot_efficiency: {Percent(o.TwoShotEfficiency)}, low_ring_latency: {Micro(o.LowRingLatency)}, low_ring_hop: {Micro(o.LowRingHop)}, low_ring_efficiency: {Percent(o.LowRingEfficiency)}, ring_latency: {Micro(o.RingLatency)}, ring_hop: {Micro(o.RingHop)}, ring_efficiency: {Percent(o.RingEfficiency)}, in_switch_latency: {Micro(o.InSwitchLatency)}, in_switch_efficiency: {Percent(o.InSwitchEfficiency)}, middle_ring_latency: {Micro(o.MiddleRingLatency)}, middle_ring_hop: {Micro(o.MiddleRingHop)}, middle_ring_efficiency: {Percent(o.MiddleRingEfficiency)}, direct_low_latency: {Micro(o.DirectLowLatency)}, direct_low_efficiency: {Percent(o.DirectLowEfficiency)}, direct_latency: {Micro(o.DirectLatency)}, direct_efficiency: {Percent(o.DirectEfficiency)}, symmetric_latency: {Micro(o.SymmetricLatency)}, symmetric_efficiency: {Percent(o.SymmetricEfficiency)}, eager_floor: {Micro(o.EagerFloor)}, eager_per_doubling: {Micro(o.EagerPerDoubling)}, eager_symmetric_floor: {Micro(o.EagerSymmetricFloor)}, eager_copy: {Number(o.EagerCopy)}, {(o.OverHost ? "over_host: true, " : "")}{Quality(o.Quality)} }}");
        }

        if (fitted.Elementwise.Count > 0)
        {
            Line($"elementwise:");
            foreach ((VectorKind kind, VectorCoefficients v) in fitted.Elementwise.OrderBy(e => e.Key))
            {
                Line($"  {HostCalibration.KeyOf(kind)}: {{ memory_efficiency: {Percent(v.MemoryEfficiency)}, {Optional(v)}{Quality(v.Quality)} }}");
            }
        }

        if (fitted.Calls is { } calls)
        {
            Line($"framework_calls:");
            Line($"  framework: {calls.Framework}");
            Line($"  product: {Call(calls.Product)}");
            foreach ((VectorKind kind, FrameworkCall call) in calls.Vector.OrderBy(e => e.Key))
            {
                Line($"  {HostCalibration.KeyOf(kind)}: {Call(call)}");
            }
        }

        if (fitted.Eager is { } e)
        {
            Line($"eager_engine:");
            Line($"  engine: {e.Engine}");
            Line($"  step: {Micro(e.StepSeconds)}");
            Line($"  sequence: {Micro(e.SequenceSeconds)}");
            Line($"  decode_layer: {Micro(e.DecodeLayerSeconds)}");
            Line($"  prefill_layer: {Micro(e.PrefillLayerSeconds)}");
            Line($"  vocabulary_token: {Micro(e.VocabularySeconds)}");
            Line($"  product_time: {Number(e.ProductTime)}");
            Line($"  collective_time: {Number(e.CollectiveTime)}");
            Line($"  large_step_tokens: {Number(e.LargeStepTokens)}");
            Line($"  large_step_rate: {Number(1e-9 / e.LargeStepSecondsPerByte)} GB/s");
            Line($"  decode: {{ {Quality(e.DecodeQuality)} }}");
            Line($"  prefill: {{ {Quality(e.PrefillQuality)} }}");
        }

        return text.ToString();

        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');

        void Family<T>(string key, Dictionary<Dtype, T> byFormat, Func<T, string> write, string indent = "")
        {
            if (byFormat.Count > 0)
            {
                Line($"{indent}{key}:");
                foreach ((Dtype dtype, T value) in byFormat.OrderBy(e => e.Key))
                {
                    Line($"{indent}  {dtype.Name()}: {{ {write(value)} }}");
                }
            }
        }

        void Kernels<T>(string key, SortedDictionary<string, Dictionary<Dtype, T>> byKernel, Func<T, string> write)
        {
            if (byKernel.Count > 0)
            {
                Line($"{key}:");
                foreach ((string kernel, Dictionary<Dtype, T> byFormat) in byKernel)
                {
                    Family(kernel, byFormat, write, "  ");
                }
            }
        }
    }

    // Terms that a kernel does not have are left out.
    private static string DenseProduct(MatrixProductCoefficients c)
    {
        var text = new StringBuilder();
        Add("kernel", c.Kernel, c.Kernel.Length > 0);
        Add("overhead", Micro(c.Overhead));
        Add("matrix_efficiency", Percent(c.MatrixEfficiency));
        Add("memory_efficiency", Percent(c.MemoryEfficiency));
        Add("small_tile_exponent", Number(c.SmallTileExponent));
        Add("core_bandwidth", Number(c.CoreBandwidth));
        Add("tile_latency", Micro(c.TileLatency));
        Add("store_bandwidth", Number(c.StoreBandwidth), c.StoreBandwidth > 0);
        Add("overlap_loss", Percent(c.OverlapLoss));
        Add("throttle_loss", Percent(c.ThrottleLoss));
        Add("join_latency", Micro(c.JoinLatency), c.JoinLatency > 0);
        Add("join_bandwidth", Number(c.JoinBandwidth), c.JoinBandwidth > 0);
        Add("wave_sharing", Percent(c.WaveSharing));
        Add("stream_bandwidth", Number(c.StreamBandwidth), c.StreamBandwidth > 0);
        Add("inner_latency", Nano(c.InnerLatency), c.InnerLatency > 0);
        Add("shared_bandwidth", Number(c.SharedBandwidth), c.SharedBandwidth > 0);
        Add("input_residence", Percent(c.InputResidence), c.InputResidence < 1);
        Add("output_residence", Percent(c.OutputResidence), c.OutputResidence < 1);
        Add("weight_residence", Percent(c.WeightResidence), c.WeightResidence < 1);
        Add("row_conversion", Nano(c.RowConversion), c.RowConversion > 0);
        Add("element_conversion", Nano(c.ElementConversion), c.ElementConversion > 0);
        Add("host_overhead", Micro(c.HostOverhead), c.HostOverhead > 0);
        Add("unaligned_host_overhead", Micro(c.UnalignedHostOverhead), c.UnalignedHostOverhead > 0);
        Add("single_row_overhead", Micro(c.SingleRowOverhead), c.SingleRowOverhead > 0);
        Add("pitch_conflict", Percent(c.PitchConflict), c.PitchConflict > 0);
        Add("shape_factors", $"[{string.Join(", ", c.ShapeFactors.Select(Factor))}]", c.ShapeFactors.Count > 0);
        return text.Append(Quality(c.Quality)).ToString();

        void Add(string key, string value, bool present = true)
        {
            if (present)
            {
                text.Append(key).Append(": ").Append(value).Append(", ");
            }
        }
    }

    // What a kind does not use is left out; the reader's default is that it is not there.
    private static string Optional(VectorCoefficients v) =>
        (v.Operations > 0 ? $"operations: {Number(v.Operations)}, " : "")
        + (v.Reread > 0 ? $"reread: {Percent(v.Reread)}, row_room: {Number(v.RowRoom / 1e3)} KB, " : "")
        + (v.RowLatency > 0 ? $"row_latency: {Micro(v.RowLatency)}, " : "")
        + (v.LongRowLatency > 0 ? $"long_row_latency: {Micro(v.LongRowLatency)}, " : "")
        + (v.ShortLoss > 0 ? $"short_loss: {Percent(v.ShortLoss)}, short_time: {Micro(v.ShortSeconds)}, " : "");

    private static string Call(FrameworkCall call) => $"{{ host: {Micro(call.HostSeconds)}, launch: {Micro(call.LaunchSeconds)} }}";

    private static string GroupedProduct(GroupedProductCoefficients c) =>
        $"overhead: {Micro(c.Overhead)}, spread_overhead: {Micro(c.SpreadOverhead)}, sort_latency: {Micro(c.SortLatency)}, matrix_efficiency: {Percent(c.MatrixEfficiency)}, memory_efficiency: {Percent(c.MemoryEfficiency)}, small_tile_exponent: {Number(c.SmallTileExponent)}, core_bandwidth: {Number(c.CoreBandwidth)}, tile_latency: {Micro(c.TileLatency)}, overlap_loss: {Percent(c.OverlapLoss)}, conversion: {Number(c.Conversion)}, routing: {Number(c.Routing)}, inner_routing: {Number(c.InnerRouting)}, cached_share: {Percent(c.CachedShare)}, padding: {Number(c.Padding)}, {Quality(c.Quality)}";

    private static string Prefill(ContextAttentionCoefficients c) =>
        $"tiles: {c.Tiles.Name()}, {HeadSizes(c.HeadSizes)}overhead: {Micro(c.Overhead)}, {(c.LaunchFloor > 0 ? $"launch_floor: {Micro(c.LaunchFloor)}, " : "")}matrix_efficiency: {Percent(c.MatrixEfficiency)}, head_size_exponent: {Number(c.HeadSizeExponent)}, score_clocks: {Number(c.ScoreClocks)}, block_latency: {Micro(c.BlockLatency)}, {(c.MaskLoss > 0 ? $"mask_loss: {Percent(c.MaskLoss)}, " : "")}tail: {Number(c.Tail)}, tile_latency: {Micro(c.TileLatency)}, memory_efficiency: {Percent(c.MemoryEfficiency)}, cache_write_latency: {Micro(c.CacheWriteLatency)}, overlap_loss: {Percent(c.OverlapLoss)}, throttle_loss: {Percent(c.ThrottleLoss)}, throttle_time: {Micro(c.ThrottleSeconds)}, {Quality(c.Quality)}";

    private static string Decode(DecodeAttentionCoefficients c)
    {
        var text = new StringBuilder($"tiles: {c.Tiles.Name()}, {HeadSizes(c.HeadSizes)}overhead: {Micro(c.Overhead)}, memory_efficiency: {Percent(c.MemoryEfficiency)}, {(c.CoreBytesPerClock > 0 ? $"core_bytes_per_clock: {Number(c.CoreBytesPerClock)}" : $"core_bandwidth: {Number(c.CoreBandwidth)}")}, tile_latency: {Micro(c.TileLatency)}, {(c.JoinLatency > 0 ? $"join_latency: {Micro(c.JoinLatency)}, " : "")}matrix_efficiency: {Percent(c.MatrixEfficiency)}, overlap_loss: {Percent(c.OverlapLoss)}, ");
        Optional("launch_floor", c.LaunchFloor, Micro);
        Optional("scan_latency", c.ScanLatency, Micro);
        Optional("window_latency", c.WindowLatency, Micro);
        Optional("dispatch_latency", c.DispatchLatency, Micro);
        Optional("kernel_latency", c.KernelLatency, Micro);
        Optional("group_loss", c.GroupLoss, Percent);
        Optional("single_head_loss", c.SingleHeadLoss, Percent);
        Optional("head_size_exponent", c.HeadSizeExponent, Number);
        Optional("streams_per_core", c.StreamsPerCore == 1 ? 0 : c.StreamsPerCore, Number);
        Optional("shared_memory_share", c.SharedMemoryShare, Percent);
        Optional("shared_memory_gain", c.SharedMemoryShare > 0 ? c.SharedMemoryGain : 0, Number);
        return text.Append(Quality(c.Quality)).ToString();

        void Optional(string key, double value, Func<double, string> write)
        {
            if (value != 0)
            {
                text.Append(key).Append(": ").Append(write(value)).Append(", ");
            }
        }
    }

    private static string HeadSizes(IReadOnlyList<int> sizes) => sizes.Count == 0 ? "" : $"head_sizes: [{string.Join(", ", sizes)}], ";

    private static string Quality(FitQuality quality)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"error: {Percent(quality.Error)}, median_error: {Percent(quality.Median)}, rows: {quality.Rows}");
        if (quality.P90 > 0)
        {
            text += $", p90_error: {Percent(quality.P90)}";
        }

        if (quality.Range.Count > 0)
        {
            text += $", range: [{string.Join(", ", quality.Range.Select(r => $"{Number(r.Least)}..{Number(r.Most)}"))}]";
        }

        return quality.Regimes.Count == 0 ? text : $"{text}, regimes: [{string.Join(", ", quality.Regimes.Select(Regime))}]";
    }

    private static string Regime(RegimeQuality r) =>
        string.Create(CultureInfo.InvariantCulture, $"{{ {(double.IsInfinity(r.UpToSeconds) ? "" : $"up_to: {Micro(r.UpToSeconds)}, ")}error: {Percent(r.Error)}, median_error: {Percent(r.Median)}, p90_error: {Percent(r.P90)}, low: {Number(r.Low)}, high: {Number(r.High)}, rows: {r.Rows} }}");

    private static string Micro(double seconds) => $"{Number(seconds * 1e6)} us";

    private static string Nano(double seconds) => $"{Number(seconds * 1e9)} ns";

    private static string Factor(double factor) => factor.ToString("0.###", CultureInfo.InvariantCulture);

    private static string Percent(double share) => $"{Number(share * 100)} %";

    private static string Number(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture).ToString("0.#########", CultureInfo.InvariantCulture);
}

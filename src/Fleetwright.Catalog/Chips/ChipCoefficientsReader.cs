using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Chips;

/// <summary>Reads <c>catalog/calibration/*.yaml</c>.</summary>
public static class ChipCoefficientsReader
{
    /// <summary>Reads the coefficients of a chip or an architecture.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static ChipCoefficients Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap efficiencies = root.Map("matrix_efficiency");
        var matrix = new Dictionary<Dtype, Fact>();
        foreach (string key in efficiencies.Keys)
        {
            Fact share = Share(efficiencies, key);
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                matrix[dtype] = share;
            }
            else
            {
                efficiencies.Report(key, $"found '{key}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        return new ChipCoefficients
        {
            Name = root.Text("name"),
            Relative = root.OptionalText("relative"),
            LaunchOverhead = root.Fact("launch_overhead", Dimension.Time),
            MatrixEfficiency = matrix,
            MemoryEfficiency = Share(root, "memory_efficiency"),
            SmallTileExponent = root.Fact("small_tile_exponent", Dimension.Count, 0, 2),
            ContextAttentionEfficiency = Share(root, "context_attention_efficiency"),
            DecodeAttentionEfficiency = Share(root, "decode_attention_efficiency"),
            GatherEfficiency = Share(root, "gather_efficiency"),
            CollectiveLatency = root.Fact("collective_latency", Dimension.Time),
            CollectiveEfficiency = Share(root, "collective_efficiency"),
            MatrixPowerShare = Share(root, "matrix_power_share"),
            MemoryPowerShare = Share(root, "memory_power_share"),
            OnChipPowerShare = root.OptionalFact("on_chip_power_share", Dimension.Fraction, 0, 1),
            IdlePowerShare = Share(root, "idle_power_share"),
            Gemm = ByFormat(root, "gemm", MatrixProduct),
            GemmKernels = ProductsByKernel(root, "gemm_kernels"),
            GroupedGemm = ByFormat(root, "grouped_gemm", GroupedProductReader.Read),
            GroupedGemmKernels = GroupedProductReader.Kernels(root),
            ContextAttention = ByFormat(root, "context_attention", ContextAttention),
            DecodeAttention = ByFormat(root, "decode_attention", DecodeAttention),
            ContextAttentionKernels = ByKernel(root, "context_attention_kernels", ContextAttention),
            DecodeAttentionKernels = ByKernel(root, "decode_attention_kernels", DecodeAttention),
            Collectives = root.OptionalMap("collectives") is { } collectives ? Collectives(collectives) : null,
            Elementwise = ByKind(root.OptionalMap("elementwise"), Vector),
            FrameworkCalls = root.OptionalMap("framework_calls") is { } calls ? Calls(calls) : null,
            EagerEngine = root.OptionalMap("eager_engine") is { } eager ? Eager(eager) : null,
            Error = root.Fact("error", Dimension.Fraction, 0, 10),
            Rows = (int)root.Integer("rows"),
        };
    }

    private static Dictionary<Dtype, T> ByFormat<T>(YamlMap root, string key, Func<YamlMap, T> read)
    {
        var byFormat = new Dictionary<Dtype, T>();
        YamlMap? map = root.OptionalMap(key);
        foreach (string name in map?.Keys ?? [])
        {
            T value = read(map!.Map(name));
            if (Dtypes.TryParse(name, out Dtype dtype))
            {
                byFormat[dtype] = value;
            }
            else
            {
                map.Report(name, $"found '{name}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        return byFormat;
    }

    private static Dictionary<string, MatrixProductCoefficients> ProductsByKernel(YamlMap root, string key)
    {
        var byKernel = new Dictionary<string, MatrixProductCoefficients>(StringComparer.Ordinal);
        YamlMap? map = root.OptionalMap(key);
        foreach (string name in map?.Keys ?? [])
        {
            byKernel[name] = MatrixProduct(map!.Map(name)) with { Kernel = name };
        }

        return byKernel;
    }

    private static Dictionary<string, IReadOnlyDictionary<Dtype, T>> ByKernel<T>(YamlMap root, string key, Func<YamlMap, T> read)
    {
        var byKernel = new Dictionary<string, IReadOnlyDictionary<Dtype, T>>(StringComparer.Ordinal);
        YamlMap? map = root.OptionalMap(key);
        foreach (string name in map?.Keys ?? [])
        {
            byKernel[name] = ByFormat(map!, name, read);
        }

        return byKernel;
    }

    private static readonly (string Key, VectorKind Kind)[] VectorKinds =
        [("pointwise", VectorKind.Pointwise), ("normalisation", VectorKind.Normalisation), ("softmax", VectorKind.Softmax)];

    private static Dictionary<VectorKind, T> ByKind<T>(YamlMap? map, Func<YamlMap, T> read)
    {
        var byKind = new Dictionary<VectorKind, T>();
        foreach ((string key, VectorKind kind) in VectorKinds)
        {
            if (map?.OptionalMap(key) is { } one)
            {
                byKind[kind] = read(one);
            }
        }

        return byKind;
    }

    private static VectorCoefficients Vector(YamlMap map) => new()
    {
        Overhead = map.OptionalQuantity("overhead", Dimension.Time, 0, 1),
        MemoryEfficiency = map.Quantity("memory_efficiency", Dimension.Fraction, 0.001, 1.5),
        Operations = map.OptionalQuantity("operations", Dimension.Count, 0, 10_000) ?? 0,
        Reread = map.OptionalQuantity("reread", Dimension.Fraction, 0, 1) ?? 0,
        RowRoom = map.OptionalQuantity("row_room", Dimension.Bytes, 0, 1e12) ?? 0,
        RowLatency = map.OptionalQuantity("row_latency", Dimension.Time, 0, 1) ?? 0,
        LongRowLatency = map.OptionalQuantity("long_row_latency", Dimension.Time, 0, 1) ?? 0,
        ShortLoss = map.OptionalQuantity("short_loss", Dimension.Fraction, 0, 10) ?? 0,
        ShortSeconds = map.OptionalQuantity("short_time", Dimension.Time, 1e-9, 10) ?? 1e-3,
        Quality = FitQuality.Read(map),
    };

    private static FrameworkCalls Calls(YamlMap map) => new()
    {
        Framework = map.Text("framework"),
        Product = Call(map.Map("product")),
        Vector = ByKind(map, Call),
    };

    private static FrameworkCall Call(YamlMap map) =>
        new(map.OptionalQuantity("host", Dimension.Time, 0, 1) ?? 0, map.Quantity("launch", Dimension.Time, 0, 1));

    private static EagerEngineCoefficients Eager(YamlMap map) => new()
    {
        Engine = map.Text("engine"),
        StepSeconds = map.Quantity("step", Dimension.Time, 0, 10),
        SequenceSeconds = map.Quantity("sequence", Dimension.Time, 0, 1),
        DecodeLayerSeconds = map.Quantity("decode_layer", Dimension.Time, 0, 1),
        PrefillLayerSeconds = map.Quantity("prefill_layer", Dimension.Time, 0, 1),
        VocabularySeconds = map.Quantity("vocabulary_token", Dimension.Time, 0, 1),
        ProductTime = map.Quantity("product_time", Dimension.Count, 0.1, 10),
        CollectiveTime = map.Quantity("collective_time", Dimension.Count, 0.1, 10),
        LargeStepTokens = map.OptionalQuantity("large_step_tokens", Dimension.Count, 0, 1e9) ?? 2560,
        LargeStepSecondsPerByte = 1 / map.Quantity("large_step_rate", Dimension.ByteRate, 1, 1e18),
        DecodeQuality = FitQuality.Read(map.Map("decode")),
        PrefillQuality = FitQuality.Read(map.Map("prefill")),
    };

    private static MatrixProductCoefficients MatrixProduct(YamlMap map) => new()
    {
        Kernel = map.OptionalText("kernel") ?? "",
        Overhead = map.Quantity("overhead", Dimension.Time, 0, 1),
        MatrixEfficiency = map.Quantity("matrix_efficiency", Dimension.Fraction, 0.001, 1.5),
        MemoryEfficiency = map.Quantity("memory_efficiency", Dimension.Fraction, 0.001, 1.5),
        SmallTileExponent = map.Quantity("small_tile_exponent", Dimension.Count, 0, 1),
        CoreBandwidth = map.Quantity("core_bandwidth", Dimension.Count, 0.01, 1000),
        TileLatency = map.Quantity("tile_latency", Dimension.Time, 0, 1),
        OverlapLoss = map.Quantity("overlap_loss", Dimension.Fraction, 0, 1),
        ThrottleLoss = map.OptionalQuantity("throttle_loss", Dimension.Fraction, 0, 5) ?? 0,
        ThrottleSeconds = map.OptionalQuantity("throttle_time", Dimension.Time, 1e-9, 10) ?? 1e-3,
        StoreBandwidth = map.OptionalQuantity("store_bandwidth", Dimension.Count, 0, 1000) ?? 0,
        JoinLatency = map.OptionalQuantity("join_latency", Dimension.Time, 0, 1) ?? 0,
        JoinBandwidth = map.OptionalQuantity("join_bandwidth", Dimension.Count, 0, 1000) ?? 0,
        WaveSharing = map.OptionalQuantity("wave_sharing", Dimension.Fraction, 0, 1) ?? 0,
        StreamBandwidth = map.OptionalQuantity("stream_bandwidth", Dimension.Count, 0, 1000) ?? 0,
        InnerLatency = map.OptionalQuantity("inner_latency", Dimension.Time, 0, 1) ?? 0,
        SharedBandwidth = map.OptionalQuantity("shared_bandwidth", Dimension.Count, 0, 1000) ?? 0,
        InputResidence = map.OptionalQuantity("input_residence", Dimension.Fraction, 0, 1) ?? 1,
        OutputResidence = map.OptionalQuantity("output_residence", Dimension.Fraction, 0, 1) ?? 1,
        WeightResidence = map.OptionalQuantity("weight_residence", Dimension.Fraction, 0, 1) ?? 1,
        RowConversion = map.OptionalQuantity("row_conversion", Dimension.Time, 0, 1) ?? 0,
        ElementConversion = map.OptionalQuantity("element_conversion", Dimension.Time, 0, 1) ?? 0,
        HostOverhead = map.OptionalQuantity("host_overhead", Dimension.Time, 0, 1) ?? 0,
        UnalignedHostOverhead = map.OptionalQuantity("unaligned_host_overhead", Dimension.Time, 0, 1) ?? 0,
        SingleRowOverhead = map.OptionalQuantity("single_row_overhead", Dimension.Time, 0, 1) ?? 0,
        PitchConflict = map.OptionalQuantity("pitch_conflict", Dimension.Fraction, 0, 10) ?? 0,
        ShapeFactors = ShapeFactors(map),
        Quality = FitQuality.Read(map),
    };

    private static ContextAttentionCoefficients ContextAttention(YamlMap map) => new()
    {
        Tiles = map.Choice("tiles", AttentionTilesNames.All, optional: true),
        Overhead = map.Quantity("overhead", Dimension.Time, 0, 1),
        LaunchFloor = map.OptionalQuantity("launch_floor", Dimension.Time, 0, 1) ?? 0,
        MatrixEfficiency = map.Quantity("matrix_efficiency", Dimension.Fraction, 0.001, 2),
        HeadSizeExponent = map.Quantity("head_size_exponent", Dimension.Count, -3, 3),
        ScoreClocks = map.OptionalQuantity("score_clocks", Dimension.Count, 0, 10) ?? 0,
        BlockLatency = map.OptionalQuantity("block_latency", Dimension.Time, 0, 1) ?? 0,
        MaskLoss = map.OptionalQuantity("mask_loss", Dimension.Fraction, 0, 10) ?? 0,
        Tail = map.Quantity("tail", Dimension.Count, 0, 10),
        TileLatency = map.Quantity("tile_latency", Dimension.Time, 0, 1),
        MemoryEfficiency = map.Quantity("memory_efficiency", Dimension.Fraction, 0.001, 5),
        CacheWriteLatency = map.OptionalQuantity("cache_write_latency", Dimension.Time, 0, 1) ?? 0,
        OverlapLoss = map.OptionalQuantity("overlap_loss", Dimension.Fraction, 0, 1) ?? 0,
        ThrottleLoss = map.OptionalQuantity("throttle_loss", Dimension.Fraction, 0, 5) ?? 0,
        ThrottleSeconds = map.OptionalQuantity("throttle_time", Dimension.Time, 1e-9, 10) ?? 1e-3,
        HeadSizes = HeadSizes(map),
        Quality = FitQuality.Read(map),
    };

    private static DecodeAttentionCoefficients DecodeAttention(YamlMap map) => new()
    {
        Tiles = map.Choice("tiles", AttentionTilesNames.All, optional: true),
        Overhead = map.Quantity("overhead", Dimension.Time, 0, 1),
        LaunchFloor = map.OptionalQuantity("launch_floor", Dimension.Time, 0, 1) ?? 0,
        MemoryEfficiency = map.Quantity("memory_efficiency", Dimension.Fraction, 0.001, 5),
        CoreBandwidth = map.OptionalQuantity("core_bandwidth", Dimension.Count, 0.01, 1000) ?? 2,
        CoreBytesPerClock = map.OptionalQuantity("core_bytes_per_clock", Dimension.Count, 0, 10000) ?? 0,
        HeadSizeExponent = map.OptionalQuantity("head_size_exponent", Dimension.Count, -3, 3) ?? 0,
        StreamsPerCore = map.OptionalQuantity("streams_per_core", Dimension.Count, 0.1, 1000) ?? 1,
        TileLatency = map.Quantity("tile_latency", Dimension.Time, 0, 1),
        WindowLatency = map.OptionalQuantity("window_latency", Dimension.Time, 0, 1) ?? 0,
        ScanLatency = map.OptionalQuantity("scan_latency", Dimension.Time, 0, 1) ?? 0,
        DispatchLatency = map.OptionalQuantity("dispatch_latency", Dimension.Time, 0, 1) ?? 0,
        JoinLatency = map.OptionalQuantity("join_latency", Dimension.Time, 0, 1) ?? 0,
        KernelLatency = map.OptionalQuantity("kernel_latency", Dimension.Time, 0, 1) ?? 0,
        GroupLoss = map.OptionalQuantity("group_loss", Dimension.Fraction, 0, 10) ?? 0,
        SingleHeadLoss = map.OptionalQuantity("single_head_loss", Dimension.Fraction, 0, 100) ?? 0,
        MatrixEfficiency = map.Quantity("matrix_efficiency", Dimension.Fraction, 0.001, 5),
        OverlapLoss = map.OptionalQuantity("overlap_loss", Dimension.Fraction, 0, 1) ?? 0,
        SharedMemoryShare = map.OptionalQuantity("shared_memory_share", Dimension.Fraction, 0, 10) ?? 0,
        SharedMemoryGain = map.OptionalQuantity("shared_memory_gain", Dimension.Count, 1, 100) ?? 1,
        HeadSizes = HeadSizes(map),
        Quality = FitQuality.Read(map),
    };

    private static List<double> ShapeFactors(YamlMap map)
    {
        const int Count = 80;
        var factors = new List<double>();
        foreach (string text in map.Texts("shape_factors"))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double factor) && factor is >= 0.1 and <= 10)
            {
                factors.Add(factor);
            }
            else
            {
                map.Report("shape_factors", $"found '{text}'; allowed: numbers from 0.1 to 10");
            }
        }

        if (factors.Count is not (0 or Count))
        {
            map.Report("shape_factors", FormattableString.Invariant($"found {factors.Count} numbers; allowed: {Count}, for m of 1 to 4096 by eights (outermost) and n and k of 64 to 32768 by eights"));
            return [];
        }

        return factors;
    }

    private static List<int> HeadSizes(YamlMap map)
    {
        var sizes = new List<int>();
        foreach (string text in map.Texts("head_sizes"))
        {
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size > 0)
            {
                sizes.Add(size);
            }
            else
            {
                map.Report("head_sizes", $"found '{text}'; allowed: whole numbers above 0");
            }
        }

        return sizes;
    }

    private static CollectiveCoefficients Collectives(YamlMap map) => new()
    {
        OneShotLatency = map.Quantity("one_shot_latency", Dimension.Time, 0, 1),
        PeerLatency = map.Quantity("peer_latency", Dimension.Time, 0, 1),
        OneShotEfficiency = map.Quantity("one_shot_efficiency", Dimension.Fraction, 0.001, 2),
        TwoShotLatency = map.Quantity("two_shot_latency", Dimension.Time, 0, 1),
        TwoShotEfficiency = map.Quantity("two_shot_efficiency", Dimension.Fraction, 0.001, 2),
        LowRingLatency = map.Quantity("low_ring_latency", Dimension.Time, 0, 1),
        LowRingHop = map.Quantity("low_ring_hop", Dimension.Time, 0, 1),
        LowRingEfficiency = map.Quantity("low_ring_efficiency", Dimension.Fraction, 0.001, 2),
        RingLatency = map.Quantity("ring_latency", Dimension.Time, 0, 1),
        RingHop = map.Quantity("ring_hop", Dimension.Time, 0, 1),
        RingEfficiency = map.Quantity("ring_efficiency", Dimension.Fraction, 0.001, 2),
        InSwitchLatency = map.OptionalQuantity("in_switch_latency", Dimension.Time, 0, 1) ?? 0,
        InSwitchEfficiency = map.OptionalQuantity("in_switch_efficiency", Dimension.Fraction, 0, 2) ?? 0,
        SymmetricLatency = map.OptionalQuantity("symmetric_latency", Dimension.Time, 0, 1) ?? 0,
        SymmetricEfficiency = map.OptionalQuantity("symmetric_efficiency", Dimension.Fraction, 0, 2) ?? 0,
        EagerFloor = map.OptionalQuantity("eager_floor", Dimension.Time, 0, 1) ?? 0,
        EagerPerDoubling = map.OptionalQuantity("eager_per_doubling", Dimension.Time, 0, 1) ?? 0,
        EagerSymmetricFloor = map.OptionalQuantity("eager_symmetric_floor", Dimension.Time, 0, 1) ?? 0,
        EagerCopy = map.OptionalQuantity("eager_copy", Dimension.Count, 0, 100) ?? 0,
        MiddleRingLatency = map.OptionalQuantity("middle_ring_latency", Dimension.Time, 0, 1) ?? 0,
        MiddleRingHop = map.OptionalQuantity("middle_ring_hop", Dimension.Time, 0, 1) ?? 0,
        MiddleRingEfficiency = map.OptionalQuantity("middle_ring_efficiency", Dimension.Fraction, 0, 2) ?? 0,
        DirectLowLatency = map.OptionalQuantity("direct_low_latency", Dimension.Time, 0, 1) ?? 0,
        DirectLowEfficiency = map.OptionalQuantity("direct_low_efficiency", Dimension.Fraction, 0, 2) ?? 0,
        DirectLatency = map.OptionalQuantity("direct_latency", Dimension.Time, 0, 1) ?? 0,
        DirectEfficiency = map.OptionalQuantity("direct_efficiency", Dimension.Fraction, 0, 2) ?? 0,
        OverHost = map.Flag("over_host"),
        Quality = FitQuality.Read(map),
    };

    private static Fact Share(YamlMap map, string key) => map.Fact(key, Dimension.Fraction, 0.001, 1.5);
}

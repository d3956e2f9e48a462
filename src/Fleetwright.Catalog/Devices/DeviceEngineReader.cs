using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Devices;

/// <summary>Reads <c>catalog/device-engines/*.yaml</c>.</summary>
public static class DeviceEngineReader
{
    /// <summary>Reads an engine.</summary>
    /// <param name="file">The opened file; the caller closes it.</param>
    public static DeviceEngine Read(YamlFile file)
    {
        YamlMap root = file.Root;
        YamlMap formats = root.Map("formats");
        var engine = new DeviceEngine
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Aliases = root.Texts("aliases"),
            Vendor = root.Text("vendor"),
            Labels = root.Texts("labels"),
            ReadsWholeContext = root.Flag("reads_whole_context"),
            Formats = ByDtype(formats, key => ReadFormat(formats.Map(key))),
            BaseMemory = root.Fact("base_memory", Dimension.Bytes),
            Classes = [.. root.Maps("classes").Select(ReadClass)],
            IntegrationPenalty = root.Fact("integration_penalty", Dimension.Count, 1),
        };
        if (engine.Classes.Count == 0)
        {
            root.Report("classes", "needs the coefficients of at least one unit family");
        }

        if (engine.Formats.Count == 0)
        {
            root.Report("formats", "needs at least one weight format, such as int4");
        }

        return engine;
    }

    private static WeightFormat ReadFormat(YamlMap map)
    {
        double layer = map.Quantity("layer_bits", Dimension.Count, 1, 32);
        double head = map.OptionalQuantity("head_bits", Dimension.Count, 1, 32) ?? layer;
        return new WeightFormat(
            layer, head, map.OptionalQuantity("embedding_bits", Dimension.Count, 1, 32) ?? head, map.Flag("separate_embedding"),
            map.Dtype("compute"), map.Fact("memory_factor", Dimension.Count, 0.01, 10));
    }

    private static EngineClass ReadClass(YamlMap map)
    {
        YamlMap decode = map.Map("decode");
        YamlMap prefill = map.Map("prefill");
        YamlMap? efficiency = prefill.OptionalMap("efficiency");
        return new EngineClass
        {
            Unit = map.Choice("unit", DeviceReader.UnitKinds),
            Family = map.Text("family"),
            MeasuredOn = map.Texts("measured_on"),
            BandwidthEfficiency = decode.Fact("bandwidth_efficiency", Dimension.Fraction, 0.001, 1.5),
            StepOverhead = decode.Fact("step_overhead", Dimension.Time),
            AttentionFactor = decode.Fact("attention_factor", Dimension.Count, 0, 100),
            DecodeRows = (int)decode.Integer("rows"),
            DecodeError = decode.OptionalFact("error", Dimension.Fraction, 0, 10),
            DecodeTransferError = decode.OptionalFact("transfer_error", Dimension.Fraction, 0, 10),
            PrefillEfficiency = efficiency is null ? new Dictionary<Dtype, Fact>() : ByDtype(efficiency, key => efficiency.Fact(key, Dimension.Fraction, 1e-4, 1.5)),
            PrefillAttentionFactor = prefill.Fact("attention_factor", Dimension.Count, 0, 100),
            PrefillOverhead = prefill.Fact("overhead", Dimension.Time),
            PrefillChunk = (int)prefill.Integer("chunk", 1, 1, 65536),
            PrefillRows = (int)prefill.Integer("rows"),
            PrefillError = prefill.OptionalFact("error", Dimension.Fraction, 0, 10),
        };
    }

    private static Dictionary<Dtype, T> ByDtype<T>(YamlMap map, Func<string, T> read)
    {
        var values = new Dictionary<Dtype, T>();
        foreach (string key in map.Keys)
        {
            T value = read(key);
            if (Dtypes.TryParse(key, out Dtype dtype))
            {
                values[dtype] = value;
            }
            else
            {
                map.Report(key, $"found '{key}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        return values;
    }
}

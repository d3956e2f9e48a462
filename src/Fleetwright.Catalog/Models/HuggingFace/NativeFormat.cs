using System.Text.Json;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Catalog.Models.HuggingFace;

/// <summary>The number format of the published weights: <c>quantization_config</c>, else <c>torch_dtype</c> or <c>dtype</c>.</summary>
internal static class NativeFormat
{
    public static Dtype Of(ConfigMap root, ConfigMap text)
    {
        if (Quantization(root, text) is { } quantization)
        {
            return OfQuantization(quantization);
        }

        foreach (ConfigMap map in (ConfigMap[])[text, root])
        {
            foreach (string key in (string[])["torch_dtype", "dtype"])
            {
                if (map.Text(key) is { Length: > 0 } name)
                {
                    if (Dtypes.TryParse(name, out Dtype dtype))
                    {
                        return dtype;
                    }

                    map.Report(key, $"found '{name}'; allowed: bfloat16, float16, float32");
                    return Dtype.Bf16;
                }
            }
        }

        return Dtype.Bf16;
    }

    /// <summary>Side of the blocks that share a scale; null for other blocks than the 128 × 128 that kernels of serving engines take, and for none.</summary>
    public static Fact? Fp8Block(string path, ConfigMap root, ConfigMap text) =>
        Quantization(root, text)?.List("weight_block_size") is [var rows, var columns] && Is128(rows) && Is128(columns)
            ? Fact.Of(128, $"{path}: quantization_config.weight_block_size")
            : null;

    private static bool Is128(JsonElement json) => json.ValueKind == JsonValueKind.Number && json.TryGetInt32(out int value) && value == 128;

    private static ConfigMap? Quantization(ConfigMap root, ConfigMap text) => text.Map("quantization_config") ?? root.Map("quantization_config");

    private static Dtype OfQuantization(ConfigMap map)
    {
        string method = map.Text("quant_method", map.Text("quant_algo")).ToLowerInvariant();
        switch (method)
        {
            case "fp8" or "fbgemm_fp8":
                return Dtype.Fp8;
            case "mxfp4":
                return Dtype.Mxfp4;
            case "nvfp4":
                return Dtype.Nvfp4;
            case "awq" or "gptq" or "bitsandbytes" or "compressed-tensors" or "modelopt":
                return OfBits(map, method);
            default:
                map.Report("quant_method", $"found '{method}'; allowed: fp8, mxfp4, nvfp4, awq, gptq, bitsandbytes, compressed-tensors, modelopt");
                return Dtype.Bf16;
        }
    }

    private static Dtype OfBits(ConfigMap map, string method)
    {
        switch (map.Text("quant_algo").ToUpperInvariant())
        {
            case "FP8":
                return Dtype.Fp8;
            case "NVFP4":
                return Dtype.Nvfp4;
        }

        if (map.Text("format").StartsWith("mxfp4", StringComparison.Ordinal))
        {
            return Dtype.Mxfp4;
        }

        ConfigMap? weights = map.Map("config_groups")?.Map("group_0")?.Map("weights");
        int bits = weights?.Integer("num_bits", 8, 1, 32) ?? map.Integer("bits", map.Flag("load_in_8bit") ? 8 : 4, 1, 32);
        bool floating = weights?.Text("type") == "float";
        switch (bits)
        {
            case 8:
                return floating || method == "modelopt" ? Dtype.Fp8 : Dtype.Int8;
            case 4:
                return floating ? Dtype.Nvfp4 : Dtype.Int4;
            default:
                map.Report("bits", $"found {bits}-bit weights; allowed: 4 or 8");
                return Dtype.Bf16;
        }
    }
}

namespace Fleetwright.Edge.Calibration;

/// <summary>
/// Bits per parameter of the quantisations that measured rows name, scales included: GGML's blocks (Q4_0 4.5, Q4_1 5, Q8_0 8.5,
/// Q4_K_M 4.85 on average), groups of 32 to 64 with 16-bit scales (4.5) or of 128 and 256 (4.25, 4.125), 8-bit groups (8.25),
/// and ExecuTorch's Llama 3.2 files (layers 4.5, head 8.25).
/// </summary>
internal static class Quantisations
{
    private static readonly (string Prefix, double Bits)[] s_bits =
    [
        ("bf16", 16), ("f16", 16), ("fp16", 16), ("q8_0", 8.5), ("q4_0", 4.5), ("q4_1", 5), ("q4_k_m", 4.85),
        ("int4 g128", 4.25), ("int4 g256", 4.125), ("w4a16", 4.25), ("w4", 4.5), ("int4", 4.5), ("int8", 8.25),
    ];

    // Parameters of the layers and of the tied head, from the published configurations.
    private static readonly Dictionary<string, (double Layers, double Head)> s_headed = new(StringComparer.Ordinal)
    {
        ["Llama-3.2-1B"] = (973_146_112, 262_668_288),
        ["Llama-3.2-3B"] = (2_818_747_392, 394_002_432),
    };

    /// <summary>Bytes of weights that one token reads; null when unknown.</summary>
    public static double? BytesPerToken(string model, double? parameters, string quantisation)
    {
        if (quantisation.Contains("8-bit head", StringComparison.Ordinal))
        {
            return s_headed.TryGetValue(model, out (double Layers, double Head) parts) ? ((parts.Layers * 4.5) + (parts.Head * 8.25)) / 8 : null;
        }

        foreach ((string prefix, double bits) in s_bits)
        {
            if (quantisation.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return parameters * bits / 8;
            }
        }

        return null;
    }
}

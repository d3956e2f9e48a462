namespace Fleetwright.Edge.Calibration;

/// <summary>
/// The bits a weight takes in a quantisation that measured rows name, scales included: GGML's blocks (Q4_0 4.5, Q4_1 5, Q8_0 8.5; the K mixtures by
/// their averages), groups of 32 to 64 with 16-bit scales (4.5) or of 128 and 256 (4.25, 4.125), 8-bit groups (8.25).
/// </summary>
/// <param name="Key">The text in lower case; rows of one key deviate alike.</param>
/// <param name="Bits">Bits a weight.</param>
/// <param name="HasWiderHead">Whether the output head has 8 bits and the layers 4 (ExecuTorch's Llama 3.2 files).</param>
/// <param name="IsKnown">Whether the text is one of the list; else 4.5 bits are supposed.</param>
internal readonly record struct Quantisation(string Key, double Bits, bool HasWiderHead, bool IsKnown)
{
    // The first that the text begins with.
    private static readonly (string Prefix, double Bits)[] s_bits =
    [
        ("bf16", 16), ("f16", 16), ("fp16", 16), ("f32", 32), ("q8_0", 8.5), ("q6_k", 6.56), ("q5_k", 5.7), ("q5_0", 5.5), ("q5_1", 6), ("q4_0", 4.5), ("q4_1", 5), ("q4_k_m", 4.85), ("q4_k", 4.7),
        ("q3_k", 3.75), ("q2_k", 2.9), ("int4 g128", 4.25), ("int4 g256", 4.125), ("w4a16", 4.25), ("w8a16", 8.25), ("w8", 8.25), ("w4", 4.5), ("w2", 2.5), ("gptq int4", 4.25), ("int4", 4.5), ("int8", 8.25), ("fp8", 8),
    ];

    /// <summary>Recognises a text.</summary>
    public static Quantisation Of(string text)
    {
        if (text.Contains("8-bit head", StringComparison.Ordinal))
        {
            return new(text.ToLowerInvariant(), 5.3, true, true);
        }

        foreach ((string prefix, double bits) in s_bits)
        {
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return new(text.ToLowerInvariant(), bits, false, true);
            }
        }

        return new("unknown", 4.5, false, false);
    }
}

namespace Fleetwright.Catalog.Units;

/// <summary>A number format of weights, activations or KV cache.</summary>
public enum Dtype
{
    /// <summary>IEEE single precision.</summary>
    Fp32,

    /// <summary>bfloat16.</summary>
    Bf16,

    /// <summary>IEEE half precision.</summary>
    Fp16,

    /// <summary>8-bit float (E4M3 or E5M2), one scale per tensor or row.</summary>
    Fp8,

    /// <summary>8-bit integer.</summary>
    Int8,

    /// <summary>4-bit integer with a 16-bit scale per group of 128.</summary>
    Int4,

    /// <summary>OCP microscaling 4-bit float: a shared 8-bit exponent per 32 elements.</summary>
    Mxfp4,

    /// <summary>NVIDIA 4-bit float: an FP8 scale per 16 elements.</summary>
    Nvfp4,
}

/// <summary>Sizes and names of number formats.</summary>
public static class Dtypes
{
    /// <summary>All formats, in the order of <see cref="Dtype"/>.</summary>
    public static IReadOnlyList<Dtype> All { get; } = Enum.GetValues<Dtype>();

    /// <summary>Bytes of one stored element, scales included: int4 has 16 bits per 128 elements, mxfp4 8 bits per 32, nvfp4 8 bits per 16.</summary>
    public static double Bytes(this Dtype dtype) => dtype switch
    {
        Dtype.Fp32 => 4,
        Dtype.Bf16 or Dtype.Fp16 => 2,
        Dtype.Fp8 or Dtype.Int8 => 1,
        Dtype.Int4 => 0.5 + (2.0 / 128),
        Dtype.Mxfp4 => 0.5 + (1.0 / 32),
        Dtype.Nvfp4 => 0.5 + (1.0 / 16),
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };

    /// <summary>The name used in files and on the command line: <c>bf16</c>, <c>mxfp4</c>.</summary>
    public static string Name(this Dtype dtype) => dtype switch
    {
        Dtype.Fp32 => "fp32",
        Dtype.Bf16 => "bf16",
        Dtype.Fp16 => "fp16",
        Dtype.Fp8 => "fp8",
        Dtype.Int8 => "int8",
        Dtype.Int4 => "int4",
        Dtype.Mxfp4 => "mxfp4",
        Dtype.Nvfp4 => "nvfp4",
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, null),
    };

    /// <summary>Reads a name such as <c>bf16</c>; also <c>bfloat16</c>, <c>float16</c>, <c>float32</c>, <c>half</c>, <c>fp4</c> (nvfp4).</summary>
    public static bool TryParse(string text, out Dtype dtype)
    {
        string name = text.ToLowerInvariant();
        foreach (Dtype candidate in All)
        {
            if (candidate.Name() == name)
            {
                dtype = candidate;
                return true;
            }
        }

        (bool known, dtype) = name switch
        {
            "bfloat16" => (true, Dtype.Bf16),
            "float16" or "half" => (true, Dtype.Fp16),
            "float32" or "float" => (true, Dtype.Fp32),
            "fp4" => (true, Dtype.Nvfp4),
            "fp8_block" or "fp8_e4m3" => (true, Dtype.Fp8),
            _ => (false, Dtype.Bf16),
        };
        return known;
    }
}

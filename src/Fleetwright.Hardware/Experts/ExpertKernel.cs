using System.Collections.Frozen;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Experts;

/// <summary>The code that runs a fused layer of experts; it decides the tiles.</summary>
internal enum ExpertFamily : byte
{
    /// <summary>No measured kernel.</summary>
    Unknown,

    /// <summary>vLLM's Triton kernel with the default tiles of 0.24.</summary>
    Triton,

    /// <summary>vLLM's Triton kernel with the default tiles of 0.14.</summary>
    Triton014,

    /// <summary>FlashInfer's CUTLASS grouped products.</summary>
    Cutlass,

    /// <summary>TensorRT-LLM's kernel that routes as well.</summary>
    TrtLlm,

    /// <summary>TensorRT-LLM's kernel behind a routing of its own.</summary>
    TrtLlmModular,

    /// <summary>Marlin: weights of 4 bits, products of 16.</summary>
    Marlin,

    /// <summary>The Triton kernels that OpenAI published for gpt-oss.</summary>
    GptOssTriton,

    /// <summary>vLLM's kernels for Intel GPUs.</summary>
    Xpu,
}

/// <summary>Number formats of a fused layer: of the weights, and of what is multiplied.</summary>
internal enum ExpertFormat : byte
{
    /// <summary>16 bits.</summary>
    Bf16,

    /// <summary>8 bits with a scale per tensor.</summary>
    Fp8,

    /// <summary>8 bits with a scale per 128 × 128 block.</summary>
    Fp8Block,

    /// <summary>nvfp4.</summary>
    Nvfp4,

    /// <summary>int4 weights, 16-bit products.</summary>
    Int4,

    /// <summary>mxfp4 weights, 16-bit products.</summary>
    Mxfp4,

    /// <summary>mxfp4 weights, 8-bit products.</summary>
    Mxfp4Mxfp8,
}

/// <summary>The tiles that a kernel cuts a layer into.</summary>
/// <param name="Rows">Rows of a tile: an expert's rows are filled up to a multiple.</param>
/// <param name="Columns">Columns of a tile.</param>
/// <param name="Shared">Whether an expert's blocks of rows run side by side, so that they read its weights once whatever their size.</param>
internal readonly record struct ExpertTile(int Rows, int Columns, bool Shared);

/// <summary>A fused kernel in one format: which rows of a table it ran, which tiles it takes, what it is called in a calibration file.</summary>
internal readonly record struct ExpertKernel(ExpertFamily Family, ExpertFormat Format)
{
    private static readonly FrozenDictionary<string, ExpertKernel> ByName = Enum.GetValues<ExpertFamily>()
        .SelectMany(f => Enum.GetValues<ExpertFormat>().Select(x => new ExpertKernel(f, x))).ToFrozenDictionary(k => k.Name, StringComparer.Ordinal);

    /// <summary>Its name in a calibration file.</summary>
    public string Name => FamilyName(Family) + Format switch
    {
        ExpertFormat.Bf16 => "-bf16",
        ExpertFormat.Fp8 => "-fp8",
        ExpertFormat.Fp8Block => "-fp8-block",
        ExpertFormat.Nvfp4 => "-nvfp4",
        ExpertFormat.Int4 => "-int4",
        ExpertFormat.Mxfp4 => "-mxfp4",
        _ => "-mxfp4-mxfp8",
    };

    /// <summary>Format of the stored weights.</summary>
    public Dtype Stored => Format switch
    {
        ExpertFormat.Bf16 => Dtype.Bf16,
        ExpertFormat.Fp8 or ExpertFormat.Fp8Block => Dtype.Fp8,
        ExpertFormat.Nvfp4 => Dtype.Nvfp4,
        ExpertFormat.Int4 => Dtype.Int4,
        _ => Dtype.Mxfp4,
    };

    /// <summary>Format of the products.</summary>
    public Dtype Compute => Format switch
    {
        ExpertFormat.Fp8 or ExpertFormat.Fp8Block or ExpertFormat.Mxfp4Mxfp8 => Dtype.Fp8,
        ExpertFormat.Nvfp4 => Dtype.Nvfp4,
        _ => Dtype.Bf16,
    };

    /// <summary>
    /// Share of a chip's peak matrix rate that the instructions of the kernel can reach. Marlin multiplies with <c>mma.sync</c>: all of the rate up
    /// to Ada and on Blackwell's cards, 62 % on Hopper (Luo et al., "Benchmarking and Dissecting the Nvidia Hopper GPU
    /// Architecture", arXiv 2402.13499), and on Blackwell as much per core and clock as on Hopper (assumed): 0.62 · 989/132 · 148/2250.
    /// </summary>
    public double ReachableShare(string architecture) => Family != ExpertFamily.Marlin ? 1 : architecture switch
    {
        "hopper" => 0.62,
        "blackwell" => 0.31,
        _ => 1,
    };

    /// <summary>Whether <paramref name="name"/> is that of a kernel in a calibration file.</summary>
    public static bool TryParse(string name, out ExpertKernel kernel) => ByName.TryGetValue(name, out kernel);

    /// <summary>The kernel behind a row of a table; an unknown source is told apart by its format alone.</summary>
    /// <param name="source">Its <c>kernel_source</c>.</param>
    /// <param name="format">Its <c>moe_dtype</c>.</param>
    public static ExpertKernel Of(string source, string format) => new(FamilyOf(source), format switch
    {
        "bfloat16" or "float16" => ExpertFormat.Bf16,
        "fp8" => ExpertFormat.Fp8,
        "fp8_block" => ExpertFormat.Fp8Block,
        "nvfp4" => ExpertFormat.Nvfp4,
        "int4_wo" => ExpertFormat.Int4,
        "w4a16_mxfp4" => ExpertFormat.Mxfp4,
        "w4a8_mxfp4_mxfp8" => ExpertFormat.Mxfp4Mxfp8,
        _ => throw new ArgumentException($"no number format of experts is called '{format}'", nameof(format)),
    });

    /// <summary>The tiles for a batch, as the kernel chooses them. Sources: docs/hardware.md, "Experts".</summary>
    /// <param name="tokens">Tokens of the layer.</param>
    /// <param name="experts">Experts that this rank holds.</param>
    /// <param name="routedRows">Tokens times choices.</param>
    /// <param name="perExpert">Mean rows of an expert, over all ranks.</param>
    /// <param name="inner">Inner width of an expert on this rank.</param>
    public ExpertTile TileOf(double tokens, double experts, double routedRows, double perExpert, double inner)
    {
        switch (Family)
        {
            case ExpertFamily.Triton014 when IsTuned014(experts, inner):
                return tokens <= 56 ? new(16, tokens <= 6 ? 64 : 128, true) : tokens <= 192 ? new(32, 128, true) : tokens <= 1792 ? new(64, 256, true) : new(128, 128, true);
            case ExpertFamily.Triton014:
                return tokens <= experts ? new(16, 32, false) : new(64, 64, true);
            case ExpertFamily.Triton when Format == ExpertFormat.Fp8Block:
                return new(tokens <= 64 ? 16 : 64, 128, tokens > 16);
            case ExpertFamily.Triton:
                return new(tokens <= 32 ? 16 : tokens <= 96 ? 32 : tokens <= 512 ? 64 : 128, tokens <= 64 ? 64 : 128, Math.Floor(tokens / experts) > 128);
            case ExpertFamily.TrtLlm or ExpertFamily.TrtLlmModular:
                return new(Math.Clamp(NextPowerOfTwo(perExpert) / 2, 8, 64), 128, false);
            case ExpertFamily.Marlin:
                return new(perExpert < 0.9 * 8 ? 8 : perExpert < 0.9 * 16 ? 16 : perExpert < 0.9 * 32 ? 32 : perExpert < 0.9 * 48 ? 48 : 64, 128, false);
            case ExpertFamily.Xpu when Format == ExpertFormat.Bf16:
                return new(routedRows < 5 * experts ? 8 : 128, 128, false);
            case ExpertFamily.Xpu:
                return new(routedRows < 5 * experts ? 8 : routedRows < 33 * experts ? 32 : 128, 128, false);
            case ExpertFamily.Cutlass:
                return new(128, 128, false);
            default:
                return new(Math.Clamp(NextPowerOfTwo(perExpert), 16, 128), 128, false);
        }
    }

    // Shapes that vLLM has tuned on A100 in 16 bits (its folder fused_moe/configs, E=…,N=…,device_name=NVIDIA_A100-SXM4-80GB.json): Mixtral's, cut
    // over ranks. The tiles are those of E=8,N=3584. The default tiles of 0.14 are so much smaller that whole Mixtral layers take twice as long.
    private static bool IsTuned014(double experts, double inner) =>
        (experts == 8 && inner is (1792 or 2048 or 3584 or 4096 or 7168)) || (experts == 1 && inner == 14336);

    private static ExpertFamily FamilyOf(string source)
    {
        bool Has(string part) => source.Contains(part, StringComparison.Ordinal);
        return source == "vllm_fused_moe" ? ExpertFamily.Triton014
            : Has("oaitriton") ? ExpertFamily.GptOssTriton
            : Has("marlin") ? ExpertFamily.Marlin
            : Has("cutlass") ? ExpertFamily.Cutlass
            : Has("trtllm") ? Has("modular") ? ExpertFamily.TrtLlmModular : ExpertFamily.TrtLlm
            : Has("xpu") ? ExpertFamily.Xpu
            : Has("triton") ? ExpertFamily.Triton
            : ExpertFamily.Unknown;
    }

    private static string FamilyName(ExpertFamily family) => family switch
    {
        ExpertFamily.Triton => "triton",
        ExpertFamily.Triton014 => "triton-0.14",
        ExpertFamily.Cutlass => "cutlass",
        ExpertFamily.TrtLlm => "trtllm",
        ExpertFamily.TrtLlmModular => "trtllm-modular",
        ExpertFamily.Marlin => "marlin",
        ExpertFamily.GptOssTriton => "gpt-oss-triton",
        ExpertFamily.Xpu => "xpu",
        _ => "other",
    };

    private static int NextPowerOfTwo(double rows)
    {
        int power = 1;
        while (power < rows && power < 1024)
        {
            power *= 2;
        }

        return power;
    }
}

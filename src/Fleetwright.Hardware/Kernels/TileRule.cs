using System.Numerics;

namespace Fleetwright.Hardware.Kernels;

/// <summary>
/// Which tiles a kernel may cut an output into. A library (cuBLAS, oneDNN) picks among many, and the model takes the least time; the serving
/// engine's own kernels have a table by shape. Facts from vLLM's sources (csrc/…/w8a8/cutlass, scaled_mm_c2x_sm89_fp8_dispatch.cuh and
/// scaled_mm_(blockwise_)sm90/sm100/sm120_fp8_dispatch.cuh, read 2026-11) and DeepGEMM's block sizes; docs/hardware.md, "Matrix products".
/// </summary>
internal sealed class TileRule
{
    private static readonly (int, int)[] AnySize =
        [(16, 64), (16, 128), (32, 64), (32, 128), (64, 64), (64, 128), (64, 256), (128, 64), (128, 128), (128, 256), (256, 64), (256, 128)];

    private static readonly (int, int)[] Hopper =
        [(8, 64), (16, 64), (16, 128), (32, 64), (32, 128), (64, 64), (64, 128), (64, 256), (128, 64), (128, 128), (128, 256), (256, 64), (256, 128), (64, 32), (64, 16), (128, 32)];

    // Weights fill the wide side of these matrix instructions: no tile is narrower than 64 columns.
    private static readonly (int, int)[] Wide =
        [(8, 64), (16, 64), (32, 64), (64, 64), (64, 128), (64, 256), (128, 64), (128, 128), (128, 256), (256, 128), (256, 64)];

    private readonly Chooser _chooser;

    private TileRule(Chooser chooser, (int Height, int Width)[] shapes, bool splits = false, int innerStep = 128, int reference = 32768)
    {
        _chooser = chooser;
        Shapes = shapes;
        Splits = splits;
        InnerStep = innerStep;
        ReferenceArea = reference;
    }

    private enum Chooser : byte
    {
        Least,
        Sm89,
        Sm90,
        Sm100,
        Sm120,
        BlockSm100,
    }

    /// <summary>Tiles of every size, for coefficients that name no kernel.</summary>
    public static TileRule Any { get; } = new(Chooser.Least, AnySize, splits: true, innerStep: 1, reference: 16384);

    private static TileRule HopperLibrary { get; } = new(Chooser.Least, Hopper, splits: true, innerStep: 1);

    private static TileRule WideLibrary { get; } = new(Chooser.Least, Wide, splits: true, innerStep: 1);

    private static TileRule CutlassSm89 { get; } = new(Chooser.Sm89, [(16, 64), (16, 128), (32, 64), (32, 128), (64, 64), (64, 128), (128, 64), (128, 128), (256, 128)], innerStep: 64);

    private static TileRule CutlassSm90 { get; } = new(Chooser.Sm90, [(16, 64), (64, 64), (64, 128), (128, 128), (256, 128)]);

    private static TileRule CutlassSm100 { get; } = new(Chooser.Sm100, [(32, 128), (64, 64), (64, 128), (128, 128), (256, 128)]);

    private static TileRule CutlassSm120 { get; } = new(Chooser.Sm120, [(16, 64), (32, 64), (64, 64), (128, 128)]);

    private static TileRule CutlassBlockSm90 { get; } = new(Chooser.Least, [(128, 128)], splits: true);

    private static TileRule CutlassBlockSm100 { get; } = new(Chooser.BlockSm100, [(16, 128), (64, 128), (128, 128), (256, 128)]);

    private static TileRule DeepGemmSm90 { get; } = new(Chooser.Least, [(64, 16), (64, 32), (64, 64), (64, 96), (64, 128), (128, 64), (128, 96), (128, 128), (128, 160)]);

    private static TileRule DeepGemmSm100 { get; } = new(Chooser.Least, [(16, 128), (32, 128), (64, 128), (128, 64), (128, 128), (128, 192), (256, 128), (128, 256)]);

    private static TileRule SwappedSm90 { get; } = new(Chooser.Least, [(8, 64), (16, 64), (32, 64), (8, 128), (16, 128), (32, 128)]);

    private static TileRule Nvfp4 { get; } = new(Chooser.Least, [(8, 128), (16, 128), (32, 128), (64, 128), (128, 64), (128, 128), (128, 256), (256, 64), (256, 128), (256, 256)], innerStep: 1);

    /// <summary>Height and width of the tiles.</summary>
    public (int Height, int Width)[] Shapes { get; }

    /// <summary>Whether the inner size may be split to fill the cores.</summary>
    public bool Splits { get; }

    /// <summary>The inner size is worked on in steps of so many.</summary>
    public int InnerStep { get; }

    /// <summary>Elements of a tile that runs at the full rate.</summary>
    public int ReferenceArea { get; }

    /// <summary>The rule of a kernel, as the measured tables name it, on a chip of an architecture.</summary>
    public static TileRule For(string kernel, string architecture) => kernel switch
    {
        "" => Any,
        _ when kernel.StartsWith("CutlassFP8ScaledMM", StringComparison.Ordinal) => architecture switch
        {
            "ada" => CutlassSm89,
            "hopper" => CutlassSm90,
            "blackwell" => CutlassSm100,
            "blackwell-rtx" => CutlassSm120,
            _ => WideLibrary,
        },
        _ when kernel.StartsWith("CutlassFp8Block", StringComparison.Ordinal) => architecture is "hopper" ? CutlassBlockSm90 : CutlassBlockSm100,
        _ when kernel.StartsWith("DeepGemm", StringComparison.Ordinal) => architecture is "hopper" ? DeepGemmSm90 : DeepGemmSm100,
        _ when kernel.StartsWith("FlashInferFp8Block", StringComparison.Ordinal) => SwappedSm90,
        _ when kernel.Contains("NvFp4", StringComparison.Ordinal) => Nvfp4,
        _ => architecture is "hopper" ? HopperLibrary : WideLibrary,
    };

    /// <summary>The tiles that a shape may take: the first index and the one after the last.</summary>
    public (int From, int To) Choose(double m, double n, double k, double cores)
    {
        int only = _chooser switch
        {
            Chooser.Sm89 => Sm89(m, n),
            Chooser.Sm90 => m <= 16 || (m <= 64 && n <= 1280) ? 0 : m <= 64 ? 1 : m <= 128 ? 2 : m >= 8192 && k >= 6144 ? 4 : 3,
            Chooser.Sm100 => m <= 16 ? 0 : m <= 64 ? (m == 64 && k < 4096 ? 1 : 2) : m <= 256 ? 3 : 4,
            Chooser.Sm120 => m <= 16 ? 0 : m <= 32 ? 1 : m <= 256 ? 2 : 3,
            Chooser.BlockSm100 => m <= 64 ? 0 : Math.Ceiling(n / 128) * Math.Ceiling(m / 64) <= cores ? 1 : Math.Ceiling(n / 128) * Math.Ceiling(m / 128) <= cores ? 2 : 3,
            _ => -1,
        };
        return only < 0 ? (0, Shapes.Length) : (only, only + 1);
    }

    // Both sizes count as the next power of two.
    private static int Sm89(double m, double n)
    {
        uint rows = BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, m)), columns = BitOperations.RoundUpToPowerOf2((uint)n);
        return rows switch
        {
            16 => columns <= 8192 ? 0 : columns <= 16384 ? 1 : 2,
            32 => columns is > 8192 and <= 16384 ? 3 : 2,
            64 => columns is > 8192 and <= 16384 ? 5 : 4,
            128 => columns <= 8192 ? 5 : columns <= 16384 ? 7 : 6,
            256 => columns <= 4096 ? 5 : 7,
            _ => columns is > 4096 and <= 8192 ? 8 : 7,
        };
    }
}

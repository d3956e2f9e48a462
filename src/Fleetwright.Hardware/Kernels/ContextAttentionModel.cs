using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>What a prefill attention comes to in a kernel's tiles; nothing here depends on coefficients.</summary>
/// <param name="Items">Tiles of query rows.</param>
/// <param name="Blocks">Blocks of scores of all tiles.</param>
/// <param name="Longest">Blocks of the tile that has most.</param>
/// <param name="Scores">Scores of a block.</param>
/// <param name="ScoreFlops">Matrix operations of a score.</param>
/// <param name="Masked">Whether blocks outside a window are computed and masked.</param>
/// <param name="WriterCores">Cores' worth of threads that write new keys and values, a token a block of threads.</param>
/// <param name="WrittenBytes">Bytes of reading new keys and values and of writing them into the cache.</param>
internal readonly record struct ContextPlan(double Items, double Blocks, double Longest, double Scores, double ScoreFlops, bool Masked, double WriterCores, double WrittenBytes);

/// <summary>Seconds of prefill attention: tiles of query rows, each passing over its blocks of the cache, are dealt to the cores. Equations: docs/hardware.md, "Prefill attention".</summary>
internal sealed class ContextAttentionModel(ContextAttentionCoefficients coefficients, Chip chip, double peakRate)
{
    // vLLM's cache writer runs a block of at most 512 threads a token; a core holds 2,048 threads (CUDA occupancy of sm_80 to sm_100).
    private const double MostWriterThreads = 512;
    private const double ThreadsPerCore = 2048;
    private const int HeadStep = 16;

    // A chip without a published clock: that of the measured chips on average.
    internal const double AssumedClock = 1.7e9;

    private readonly double[] _secondsPerFlop = SecondsPerFlop(coefficients, peakRate / chip.Cores);
    private readonly double _secondsPerScore = coefficients.ScoreClocks / (chip.Clock?.Value ?? AssumedClock);
    private readonly double _secondsPerByte = 1 / (chip.MemoryBandwidth * coefficients.MemoryEfficiency);
    private readonly double _cores = chip.Cores;

    /// <summary>Seconds before the work starts.</summary>
    public double Overhead { get; } = coefficients.Overhead;

    /// <summary>Least seconds of a call.</summary>
    public double LaunchFloor { get; } = coefficients.LaunchFloor;

    /// <summary>Share of the shorter of matrix and memory time that is not hidden.</summary>
    public double OverlapLoss { get; } = coefficients.OverlapLoss;

    /// <summary>The calibrated errors of its times.</summary>
    public ErrorBands Errors { get; } = new(coefficients.Quality);

    /// <summary>Seconds of off-chip traffic, the writing of the cache included where the call does it.</summary>
    public double MemorySeconds(in ContextPlan plan, double bytes) => coefficients.CacheWriteLatency > 0
        ? ((bytes + plan.WrittenBytes) * _secondsPerByte) + (plan.WriterCores / _cores * coefficients.CacheWriteLatency)
        : bytes * _secondsPerByte;

    /// <summary>Seconds of the cores without overhead.</summary>
    public double MatrixSeconds(in ContextPlan plan)
    {
        // Four operations a score and element of the head: a multiply-add in each of the two products.
        int head = Math.Clamp((int)(plan.ScoreFlops / 4 / HeadStep), 1, _secondsPerFlop.Length - 1);
        double block = (plan.Scores * ((plan.ScoreFlops * _secondsPerFlop[head]) + _secondsPerScore)) + coefficients.BlockLatency;
        if (plan.Masked)
        {
            block *= 1 + coefficients.MaskLoss;
        }

        double work = ((plan.Blocks * block) + (plan.Items * coefficients.TileLatency)) / _cores;
        double longest = (plan.Longest * block) + coefficients.TileLatency;
        double seconds = Math.Max(work + (coefficients.Tail * longest), longest);
        return seconds * (1 + (coefficients.ThrottleLoss * seconds / (seconds + coefficients.ThrottleSeconds)));
    }

    /// <summary>The tiles of <paramref name="op"/>.</summary>
    public ContextPlan Plan(in Operator op)
    {
        AttentionTiles tiles = coefficients.Tiles;
        int group = Math.Max(1, op.Heads / Math.Max(op.KvHeads, 1));
        double query = op.QueryTokens, context = op.ContextTokens, past = context - query;
        bool windowed = op.Window > 0 && op.Window < context;
        (int rows, int columns) = AttentionBlocks.OfPrefill(tiles, op.HeadSize, windowed, op.StorageDtype.Bytes() < 2, group);
        bool packed = AttentionBlocks.PacksGroups(tiles);
        double perTile = packed ? (tiles == AttentionTiles.Triton ? rows / group : rows / (double)group) : rows;
        bool skips = windowed && AttentionBlocks.SkipsOutsideWindow(tiles);

        double count = Math.Max(1, Math.Ceiling((query / perTile) - 1e-9));
        double outside = skips ? Math.Clamp(Math.Floor((op.Window - past) / perTile) + 1, 0, count) : count;
        double longest = skips && outside < count ? Math.Ceiling((perTile + op.Window) / columns) + 1 : Math.Ceiling(context / columns);
        double blocks = Blocks(count, outside, perTile, query, past, op.Window, columns);

        double streams = op.Sequences * (packed ? op.KvHeads : op.Heads);
        double tokens = op.Sequences * query;
        double width = op.KvHeads * (op.HeadSize + op.ValueHeadSize);
        return new ContextPlan(
            streams * count,
            streams * blocks,
            longest,
            (double)rows * columns,
            2.0 * (op.HeadSize + op.ValueHeadSize),
            windowed && !skips,
            tokens * Math.Min(width / 2, MostWriterThreads) / ThreadsPerCore,
            tokens * width * (2 + op.StorageDtype.Bytes()));
    }

    // Blocks that the tiles of a sequence and head see, as a sum of ceilings in closed form. Tile i of those before the window starts to cut sees
    // past + (i + 1) · perTile tokens, the last one all; a tile behind a window sees its rows and the window, wherever blocks begin.
    private static double Blocks(double count, double outside, double perTile, double query, double past, double window, int columns)
    {
        double rounding = Rounding(perTile, columns);
        double behind = count - outside;
        double last = query - ((count - 1) * perTile);
        double whole = behind > 0 ? outside : count - 1;
        double blocks = (((whole * past) + (perTile * whole * (whole + 1) / 2)) / columns) + (whole * rounding);
        blocks += behind > 0
            ? ((behind - 1) * (((perTile + window) / columns) + (2 * rounding))) + Math.Ceiling((last + window) / columns)
            : Math.Ceiling((past + query) / columns);
        return Math.Max(blocks, count);
    }

    // Mean of ceil(x) - x where x runs over ends of tiles in units of a block: they fall evenly on the multiples of gcd(perTile, columns).
    private static double Rounding(double perTile, int columns)
    {
        int step = (int)perTile;
        return (1 - ((step == perTile ? Gcd(step, columns) : 1) / (double)columns)) / 2;
    }

    private static int Gcd(int a, int b)
    {
        while (b != 0)
        {
            (a, b) = (b, a % b);
        }

        return a;
    }

    private static double[] SecondsPerFlop(ContextAttentionCoefficients coefficients, double peakPerCore)
    {
        var seconds = new double[(1024 / HeadStep) + 1];
        for (int i = 1; i < seconds.Length; i++)
        {
            seconds[i] = 1 / (peakPerCore * coefficients.MatrixEfficiency * Math.Pow(i * HeadStep / 128.0, coefficients.HeadSizeExponent));
        }

        return seconds;
    }
}

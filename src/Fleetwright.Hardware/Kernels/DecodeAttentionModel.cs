using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>What a decode attention comes to in a kernel's blocks; nothing here depends on coefficients.</summary>
/// <param name="Streams">Sequences × KV heads (× tiles of query heads).</param>
/// <param name="Blocks">Blocks of the cache that a stream reads.</param>
/// <param name="ContextBlocks">Blocks of the cache, those outside a window included.</param>
/// <param name="BlockBytes">Bytes of a block.</param>
/// <param name="BlockFlops">Matrix operations of a block.</param>
/// <param name="HeadRatio">Head size / 128.</param>
/// <param name="Group">Query heads of a KV head.</param>
/// <param name="MoreGroups">Further eights of query heads of a KV head.</param>
/// <param name="Window">128 / head size where a window cuts the cache, 0 elsewhere.</param>
/// <param name="Scans">Looks through 31 sequences before a core's next part is found.</param>
/// <param name="MostParts">Parts that a kernel launches for a stream, whether they hold anything or not; 0 where it splits as far as it pays.</param>
/// <param name="CopiedBytes">Bytes of query and result that are copied into another order; 0 when the order is already the kernel's.</param>
/// <param name="Bytes">All bytes of the call.</param>
internal readonly record struct DecodePlan(
    double Streams, double Blocks, double ContextBlocks, double BlockBytes, double BlockFlops, double HeadRatio, double Group, double MoreGroups, double Window, double Scans, double MostParts, double CopiedBytes, double Bytes);

/// <summary>Seconds of decode attention: the caches of sequences × KV heads, split when there are too few of them, stream to the cores. Equations: docs/hardware.md, "Decode attention".</summary>
internal sealed class DecodeAttentionModel(DecodeAttentionCoefficients coefficients, Chip chip, double peakRate)
{
    private const int MostDoublings = 7;

    // A warp of FlashAttention's scheduler holds 31 sequences and the end of the last (flash-attention hopper/tile_scheduler.hpp).
    private const double SequencesPerScan = 31;

    // flash-attention-4 launches 32 parts for every stream, empty ones too, up to this number of sequences (measured, docs/hardware.md).
    private const double FlashAttention4Parts = 32;
    private const double UnsplitSequences = 1024;

    // vLLM's triton_unified_attention.py launches 16 segments of every cache until there are more than 128 streams.
    private const double TritonParts = 16;
    private const double UnsplitStreams = 128;

    // FlashAttention-2's grouped queries and its results are each copied by a kernel.
    private const double Copies = 2;

    // Intel's kernels split a cache in at most eight parts of at least 2,048 tokens (measured, docs/hardware.md).
    private const double MostXe2Parts = 8;
    private const double LeastXe2Part = 2048;

    // vLLM's triton_mla.py splits every cache in four.
    private const double TritonLatentParts = 4;

    private readonly double _cores = chip.Cores;
    private readonly double _secondsPerByte = 1 / (chip.MemoryBandwidth * coefficients.MemoryEfficiency);
    private readonly double _coreSecondsPerByte = coefficients.CoreBytesPerClock > 0
        ? 1 / (coefficients.CoreBytesPerClock * (chip.Clock?.Value ?? ContextAttentionModel.AssumedClock))
        : chip.Cores / (chip.MemoryBandwidth * coefficients.CoreBandwidth);

    private readonly double _coreSecondsPerFlop = chip.Cores / (peakRate * coefficients.MatrixEfficiency);
    private readonly double _secondsPerFlop = 1 / (peakRate * coefficients.MatrixEfficiency);
    private readonly double _secondsPerCopiedByte = 2 / chip.MemoryBandwidth;

    // What only one kernel does costs nothing in the others, so that coefficients of several kernels can share a file.
    private readonly double _scanLatency = coefficients.Tiles == AttentionTiles.FlashAttention3 ? coefficients.ScanLatency : 0;
    private readonly double _windowLatency = coefficients.Tiles is AttentionTiles.FlashAttention3 or AttentionTiles.Triton ? coefficients.WindowLatency : 0;
    private readonly double _groupLoss = coefficients.Tiles is AttentionTiles.FlashAttention2 or AttentionTiles.FlashAttention3 ? 0 : coefficients.GroupLoss;
    private readonly double _headSizeExponent = coefficients.Tiles == AttentionTiles.FlashAttention3 ? coefficients.HeadSizeExponent : 0;
    private readonly double _keptBytes = (chip.SharedMemory?.Value ?? 0) * coefficients.SharedMemoryShare;

    /// <summary>Seconds before the work starts.</summary>
    public double Overhead { get; } = coefficients.Overhead;

    /// <summary>Least seconds of a call.</summary>
    public double LaunchFloor { get; } = coefficients.LaunchFloor;

    /// <summary>The calibrated errors of its times.</summary>
    public ErrorBands Errors { get; } = new(coefficients.Quality);

    /// <summary>Seconds of the matrix units.</summary>
    public double MatrixSeconds(double flops) => flops * _secondsPerFlop;

    /// <summary>Seconds of reading the caches, splits and joins included, without overhead.</summary>
    public double MemorySeconds(in DecodePlan plan)
    {
        double memory = plan.Bytes * _secondsPerByte * Missed(plan.Bytes);
        if (coefficients.Tiles == AttentionTiles.FlashAttention4)
        {
            return StartThenStream(plan, memory);
        }

        double copies = plan.CopiedBytes > 0 ? (Copies * coefficients.KernelLatency) + (plan.CopiedBytes * _secondsPerCopiedByte) : 0;
        return Overlapped(CoreSeconds(plan), memory) + copies;
    }

    /// <summary>The blocks of <paramref name="op"/>.</summary>
    public DecodePlan Plan(in Operator op)
    {
        double context = op.ContextTokens;
        bool windowed = op.Window > 0 && context > op.Window;
        int group = Math.Max(1, op.Heads / Math.Max(op.KvHeads, 1));
        double cached = op.Window > 0 ? Math.Min(context, op.Window + op.QueryTokens) : context;
        double tokenBytes = op.CacheBytes / Math.Max(1, op.Sequences * op.KvHeads * cached);
        (int rows, int columns) = AttentionBlocks.OfDecode(coefficients.Tiles, op.HeadSize, windowed, op.StorageDtype.Bytes() < 2);

        // A window begins and ends inside a block.
        double blocks = windowed ? Math.Ceiling(op.Window / (double)columns) + 1 : Math.Ceiling(context / columns);
        double contextBlocks = Math.Ceiling(context / columns);
        double streams = op.Sequences * op.KvHeads * Math.Ceiling(group / (double)rows);
        bool copied = coefficients.Tiles == AttentionTiles.FlashAttention2 && group > 1 && op.KvHeads > 1 && op.Sequences > 1;
        return new DecodePlan(
            streams,
            blocks,
            contextBlocks,
            columns * tokenBytes,
            2.0 * group * columns * (op.HeadSize + op.ValueHeadSize),
            op.HeadSize / 128.0,
            group,
            ((group + 7) / 8) - 1,
            windowed ? 128.0 / op.HeadSize : 0,
            Math.Ceiling((coefficients.Tiles == AttentionTiles.FlashAttention4 ? op.Sequences : Math.Min(op.Sequences, _cores / Math.Max(op.KvHeads, 1))) / SequencesPerScan),
            coefficients.Tiles switch
            {
                AttentionTiles.FlashAttention4 => op.Sequences < UnsplitSequences ? FlashAttention4Parts : 1,
                AttentionTiles.Triton => streams <= UnsplitStreams ? TritonParts : 1,
                AttentionTiles.TritonLatent => TritonLatentParts,
                _ => 0,
            },
            copied ? op.ActivationBytes : 0,
            op.MemoryBytes);
    }

    private double Overlapped(double core, double memory) => Math.Max(core, memory) + (coefficients.OverlapLoss * Math.Min(core, memory));

    // flash-attention-4: every part starts and looks for its sequence before it reads, its first block on the way; a second kernel looks again for each query head when parts are joined.
    private double StartThenStream(in DecodePlan plan, double memory)
    {
        double waves = Math.Max(1, Math.Ceiling((plan.Streams * plan.MostParts / _cores) - 1e-9));
        double scans = plan.Scans * coefficients.ScanLatency * (plan.MostParts > 1 ? 1 + (coefficients.GroupLoss * plan.Group) : 1);
        double length = Math.Max(1, plan.Blocks / plan.MostParts);
        double block = Math.Max(plan.BlockBytes * _coreSecondsPerByte, plan.BlockFlops * _coreSecondsPerFlop);
        return (waves * (coefficients.TileLatency + scans)) + Overlapped(waves * (length - 1) * block, memory * (1 - (1 / length)));
    }

    private double CoreSeconds(in DecodePlan plan)
    {
        double part = coefficients.TileLatency + (_windowLatency * plan.Window) + (_scanLatency * plan.Scans);
        double feed = plan.BlockBytes * _coreSecondsPerByte;
        if (_headSizeExponent != 0)
        {
            feed *= Math.Pow(plan.HeadRatio, _headSizeExponent);
        }

        double block = Math.Max(feed, plan.BlockFlops * _coreSecondsPerFlop) * (1 + (_groupLoss * plan.MoreGroups));
        switch (coefficients.Tiles)
        {
            case AttentionTiles.FlashAttention3:
                {
                    // prepare_varlen_num_blocks_kernel (flash-attention hopper/flash_prepare_scheduler.cu): a tenth of spare room, then as many parts as the blocks of a core.
                    double perCore = Math.Max(1, Math.Ceiling(plan.Streams * plan.Blocks * 1.1 / _cores));
                    double parts = Math.Ceiling(plan.Blocks / perCore);
                    double join = parts > 1 ? coefficients.JoinLatency * (1 + Math.Log2(parts)) : 0;
                    return (Math.Max(1, plan.Streams * parts / _cores) * (part + (Math.Ceiling(plan.Blocks / parts) * block))) + join;
                }

            case AttentionTiles.Xe2:
                {
                    double length = Math.Min(plan.Blocks, Math.Max(LeastXe2Part / 64, plan.Blocks / Math.Min(MostXe2Parts, Math.Ceiling(_cores / plan.Streams))));
                    double items = plan.Streams * plan.Blocks / length;
                    return (Math.Max(1, items / _cores) * part) + (Math.Max(1, items / (_cores * coefficients.StreamsPerCore)) * length * block)
                        + (length < plan.Blocks ? coefficients.JoinLatency : 0);
                }

            case AttentionTiles.Triton:
                {
                    // Segments are cut before the window is: a window that lies in one of them is not split.
                    double length = Math.Min(plan.Blocks, Math.Max(1, plan.ContextBlocks / plan.MostParts));
                    double items = plan.Streams * plan.Blocks / length;
                    return (Math.Max(1, plan.Streams * Math.Min(plan.Blocks, plan.MostParts) / _cores) * part) + (Math.Max(1, items / (_cores * coefficients.StreamsPerCore)) * length * block)
                        + (plan.MostParts > 1 ? coefficients.JoinLatency + (plan.Streams * plan.MostParts * coefficients.DispatchLatency) : 0);
                }

            case AttentionTiles.TritonLatent:
                {
                    // One head runs a kernel without matrix units (triton_decode_attention.py, _fwd_kernel_stage1): slower, and several of its parts fit on a core.
                    double items = plan.Streams * plan.MostParts / _cores;
                    double waves = plan.Group > 1 ? Math.Ceiling(items - 1e-9) : items / coefficients.StreamsPerCore;
                    return Math.Max(1, waves) * (part + (plan.Blocks / plan.MostParts * block * (plan.Group > 1 ? 1 : 1 + coefficients.SingleHeadLoss)));
                }

            default:
                return BestSplit(plan, part, block);
        }
    }

    // FlashAttention-2 splits whole blocks, and only where query heads share KV heads: the order of its queries leaves no room otherwise. It joins them in a kernel of its own.
    private double BestSplit(in DecodePlan plan, double part, double block)
    {
        bool flash = coefficients.Tiles == AttentionTiles.FlashAttention2;
        int most = flash && plan.Group <= 1 ? 0 : MostDoublings;
        double best = double.PositiveInfinity;
        double parts = 1;
        for (int doublings = 0; doublings <= most && (doublings == 0 || parts <= plan.Blocks); doublings++)
        {
            double length = plan.Blocks / parts;
            double seconds = (Math.Max(1, Math.Ceiling((plan.Streams * parts / _cores) - 1e-9)) * (part + ((flash ? Math.Ceiling(length) : length) * block)))
                + (doublings == 0 ? 0 : (flash ? coefficients.KernelLatency : 0) + (coefficients.JoinLatency * (1 + doublings)));
            best = Math.Min(best, seconds);
            parts += parts;
        }

        return best;
    }

    // A cache that the shared on-chip memory keeps from the last step is read faster; one twice as large is gone before it comes round again.
    private double Missed(double bytes)
    {
        if (_keptBytes <= 0)
        {
            return 1;
        }

        double kept = Math.Clamp(2 - (bytes / _keptBytes), 0, 1);
        return 1 - kept + (kept / coefficients.SharedMemoryGain);
    }
}

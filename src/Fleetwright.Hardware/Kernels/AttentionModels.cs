using Fleetwright.Catalog.Chips;
using Fleetwright.Models.Operators;

namespace Fleetwright.Hardware.Kernels;

/// <summary>Seconds of prefill attention: query blocks of 128 rows per head are dealt to the cores. Equations: docs/hardware.md, "Prefill attention".</summary>
internal sealed class ContextAttentionModel(ContextAttentionCoefficients coefficients, double peakRate, double cores, double memoryBandwidth)
{
    private const double QueryBlock = 128;
    private readonly double[] _coreRates = CoreRates(coefficients, peakRate / cores);
    private readonly double _secondsPerByte = 1 / (memoryBandwidth * coefficients.MemoryEfficiency);

    /// <summary>Seconds before the work starts.</summary>
    public double Overhead { get; } = coefficients.Overhead;

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; } = coefficients.Quality;

    /// <summary>Seconds of off-chip traffic.</summary>
    public double MemorySeconds(double bytes) => bytes * _secondsPerByte;

    /// <summary>Seconds of the matrix units without overhead.</summary>
    public double MatrixSeconds(in Operator op)
    {
        double flops = op.MatrixFlops, sequences = op.Sequences, heads = op.Heads, queryTokens = op.QueryTokens;
        double lastSeen = op.Window > 0 ? Math.Min(op.ContextTokens, op.Window + Math.Min(queryTokens, QueryBlock)) : op.ContextTokens;
        double headSizes = op.HeadSize + op.ValueHeadSize;
        double coreRate = _coreRates[Math.Clamp((int)(headSizes / 2 / HeadStep), 1, _coreRates.Length - 1)];
        double blocks = Math.Ceiling(queryTokens / QueryBlock);
        double rows = Math.Min(queryTokens, QueryBlock);

        // A block computes whole 128-row tiles even when it has fewer rows.
        double padding = blocks * QueryBlock / Math.Max(queryTokens, 1);
        double work = flops * Math.Min(padding, QueryBlock / 16) / (coreRate * cores);
        double longest = 2 * Math.Max(rows, 16) * lastSeen * headSizes / coreRate;
        double waves = Math.Max(1, sequences * heads * blocks / cores);
        return Math.Max(work + (coefficients.Tail * longest), longest) + (waves * coefficients.TileLatency);
    }

    private const int HeadStep = 16;

    private static double[] CoreRates(ContextAttentionCoefficients coefficients, double peakPerCore)
    {
        var rates = new double[(1024 / HeadStep) + 1];
        for (int i = 1; i < rates.Length; i++)
        {
            rates[i] = peakPerCore * coefficients.MatrixEfficiency * Math.Pow(i * HeadStep / 128.0, coefficients.HeadSizeExponent);
        }

        return rates;
    }
}

/// <summary>Seconds of decode attention: the caches of sequences × KV heads, split when there are too few of them, stream to the cores. Equations: docs/hardware.md, "Decode attention".</summary>
internal sealed class DecodeAttentionModel(DecodeAttentionCoefficients coefficients, double peakRate, double cores, double memoryBandwidth)
{
    private const int MostDoublings = 7;
    private readonly double _perCores = 1 / cores;
    private readonly double _secondsPerByte = 1 / (memoryBandwidth * coefficients.MemoryEfficiency);
    private readonly double _coreSecondsPerByte = cores / (memoryBandwidth * coefficients.CoreBandwidth);
    private readonly double _secondsPerFlop = 1 / (peakRate * coefficients.MatrixEfficiency);

    /// <summary>Seconds before the work starts.</summary>
    public double Overhead { get; } = coefficients.Overhead;

    /// <summary>How good the fit is.</summary>
    public FitQuality Quality { get; } = coefficients.Quality;

    /// <summary>Seconds of the matrix units.</summary>
    public double MatrixSeconds(double flops) => flops * _secondsPerFlop;

    /// <summary>Seconds of reading the caches, splits and joins included, without overhead.</summary>
    public double MemorySeconds(in Operator op)
    {
        double best = double.PositiveInfinity;
        double parts = Math.Max(op.Sequences * op.KvHeads, 1);
        double perStream = op.CacheBytes / parts * _coreSecondsPerByte;
        double share = 1;
        for (int doublings = 0; doublings <= MostDoublings; doublings++)
        {
            double seconds = (Math.Ceiling((parts * _perCores) - 1e-9) * (coefficients.TileLatency + (perStream * share))) + (doublings * coefficients.JoinLatency);
            best = Math.Min(best, seconds);
            parts += parts;
            share *= 0.5;
        }

        return Math.Max(best, op.MemoryBytes * _secondsPerByte);
    }
}

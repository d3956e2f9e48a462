using Fleetwright.Catalog.Chips;

namespace Fleetwright.Hardware.Collectives;

/// <summary>
/// Which all-reduce a serving engine runs inside a server, by size and ranks: vLLM's rules. Sources: csrc/custom_all_reduce.cuh (one shot for
/// two ranks, under 512 KiB up to four, under 256 KiB up to eight), custom_all_reduce.py (at most 8 MiB; without a fabric between them only two
/// chips), all_reduce_utils.py at commit 00d618aa (sizes from which symmetric memory takes over on Hopper and Blackwell, and to which).
/// </summary>
internal readonly struct EngineAllReduce
{
    /// <summary>Ranks that its own kernels know.</summary>
    public const int MostRanks = 8;

    private const double KiB = 1024;
    private const double MiB = 1024 * KiB;
    private const double MostOwn = 8 * MiB;

    private readonly bool _fabric;
    private readonly bool _hopper;
    private readonly bool _blackwell;

    public EngineAllReduce(Chip chip)
    {
        _fabric = chip.ScaleUpBandwidth is not null;
        _hopper = chip.Architecture == "hopper";
        _blackwell = chip.Architecture == "blackwell";
    }

    /// <summary>One shot, two shot, symmetric memory, or none of them: the library.</summary>
    public CollectiveAlgorithm Choose(double bytes, int ranks, bool symmetric)
    {
        if (ranks > MostRanks)
        {
            return CollectiveAlgorithm.None;
        }

        (double own, double most) = symmetric ? Limits(ranks) : (MostOwn, 0);
        if (bytes < own && (_fabric || ranks == 2))
        {
            double oneShot = ranks == 2 ? MostOwn : ranks <= 4 ? 512 * KiB : 256 * KiB;
            return bytes < oneShot ? CollectiveAlgorithm.OneShot : CollectiveAlgorithm.TwoShot;
        }

        return bytes < most && _fabric ? CollectiveAlgorithm.Symmetric : CollectiveAlgorithm.None;
    }

    private (double Own, double Symmetric) Limits(int ranks) =>
        _hopper ? (ranks <= 4 ? MostOwn : ranks <= 6 ? MiB / 2 : MiB / 4, ranks is > 2 and <= 4 ? 32 * MiB : 64 * MiB)
        : _blackwell ? (ranks <= 4 ? 2 * MiB : MiB, ranks <= 2 ? 8 * MiB : ranks <= 4 ? 32 * MiB : 128 * MiB)
        : (MostOwn, 0);
}

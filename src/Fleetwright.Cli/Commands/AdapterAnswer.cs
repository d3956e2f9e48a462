using System.Globalization;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Adapters;

namespace Fleetwright.Cli.Commands;

/// <summary>What LoRA adapters took and did.</summary>
/// <param name="Count">Adapters that requests ask for.</param>
/// <param name="Rank">Of each.</param>
/// <param name="Slots">On the chips of a replica at once.</param>
/// <param name="Parameters">Of one.</param>
/// <param name="Bytes">Of one, on all chips of a replica together.</param>
/// <param name="SlotBytesPerChip">Memory that the slots take of each chip.</param>
/// <param name="MeanInBatch">Different adapters in a batch, mean over the time that replicas were busy.</param>
/// <param name="FoundShare">Of the requests with an adapter that started, those that found it on the chips.</param>
/// <param name="Loads">Adapters brought onto chips.</param>
/// <param name="DiskLoads">Of these, from disk.</param>
/// <param name="LoadShare">Share of the busy time for which loads held batches up.</param>
/// <param name="BlockedShare">Share of the busy time in which all that waited asked for adapters without a slot.</param>
internal sealed record AdapterAnswer(
    int Count, int Rank, int Slots, double Parameters, double Bytes, double SlotBytesPerChip, double MeanInBatch, double FoundShare, long Loads, long DiskLoads, double LoadShare, double BlockedShare)
{
    /// <summary>Of a run; null without adapters.</summary>
    public static AdapterAnswer? Of(SimulationRequest request, SimulationResult result)
    {
        if (request.Adapters is not { } a || result.Adapters is not { } did)
        {
            return null;
        }

        var sizes = AdapterSizes.Of(a, request.Replica);
        double busy = Math.Max(1, did.BusyTicks);
        return new AdapterAnswer(
            a.Count, a.Rank, a.Slots, sizes.Parameters, sizes.ChipBytes * request.Replica.Chips, a.Slots * sizes.ChipBytes,
            did.AdapterTicks / busy, 1 - (did.Loads / (double)Math.Max(1, did.Starts)), did.Loads, did.DiskLoads, did.LoadTicks / busy, did.BlockedTicks / busy);
    }

    /// <summary>The same in words, by name.</summary>
    public IEnumerable<(string Name, string Value)> Facts()
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        string disk = DiskLoads > 0 ? string.Create(culture, $", {DiskLoads:#,0} of them from disk") : "";
        yield return ("adapters", string.Create(culture, $"{Count:#,0} of rank {Rank}, {Bytes / 1e6:#,0.#} MB each; {Slots:#,0} slots take {SlotBytesPerChip / 1e9:0.00} GB of a chip; {MeanInBatch:0.0} in a batch on average; {FoundShare:0.0 %} of requests find theirs on the chips, {Loads:#,0} loads{disk} take {LoadShare:0.0 %} of the busy time; for {BlockedShare:0.0 %} of it all that wait ask for others"));
    }
}

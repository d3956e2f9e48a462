using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Tiers in words.</summary>
public static class TierNames
{
    private static readonly (Tiers Tier, string Name)[] s_names = [(Tiers.Device, "device"), (Tiers.Phone, "phone"), (Tiers.Edge, "edge"), (Tiers.Cloud, "cloud")];

    /// <summary>The tiers of a set, nearest first, such as <c>device, phone</c>; <c>nowhere</c> for none.</summary>
    public static string Of(Tiers tiers) => tiers == Tiers.None ? "nowhere" : string.Join(", ", s_names.Where(n => tiers.HasFlag(n.Tier)).Select(n => n.Name));
}

namespace Fleetwright.Edge.Turns;

/// <summary>The words for tiers, in texts and in policy files.</summary>
public static class TierNames
{
    /// <summary>Every tier on its own, by its word, nearest first.</summary>
    public static IReadOnlyList<(string Name, Tiers Tier)> All { get; } =
        [("device", Tiers.Device), ("phone", Tiers.Phone), ("edge", Tiers.Edge), ("private-cloud", Tiers.PrivateCloud), ("cloud", Tiers.Cloud)];

    /// <summary>The words, for messages.</summary>
    public static string Allowed { get; } = string.Join(", ", All.Select(t => t.Name));

    /// <summary>The word for a tier.</summary>
    /// <exception cref="ArgumentException">It is none, or several at once.</exception>
    public static string Of(Tiers tier) => All.FirstOrDefault(t => t.Tier == tier).Name ?? throw new ArgumentException($"found '{tier}'; allowed: one of {Allowed}", nameof(tier));

    /// <summary>The tiers of a set, such as <c>device, phone</c>; <c>nowhere</c> for none.</summary>
    public static string OfSet(Tiers tiers) => tiers == Tiers.None ? "nowhere" : string.Join(", ", All.Where(n => tiers.HasFlag(n.Tier)).Select(n => n.Name));

    /// <summary>The tier of a word; <see cref="Tiers.None"/> when it is no such word.</summary>
    public static Tiers Parse(string name) => All.FirstOrDefault(t => t.Name == name).Tier;
}

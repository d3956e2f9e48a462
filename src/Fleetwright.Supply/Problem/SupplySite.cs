namespace Fleetwright.Supply.Problem;

/// <summary>A place that makes something which chips need: a wafer fab, a packaging house, a memory fab. An outage of it hits all that is made there.</summary>
/// <param name="Id">What offers and resources call it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Country">The country; outages can be given for a whole country.</param>
/// <param name="RecoveryQuarters">Time to recover: quarters until it works again after a stop, for comparison with the time to survive; null when unknown.</param>
public sealed record SupplySite(string Id, string Name, string Country, double? RecoveryQuarters = null);

/// <summary>Something that several offers need and that is short: HBM, advanced packaging, wafers of a node at a site.</summary>
/// <param name="Id">What offers call it.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Unit">The unit of <paramref name="LimitByQuarter"/>, for reports (such as <c>GB</c> or <c>wafers</c>).</param>
/// <param name="LimitByQuarter">What the buyer can get in each quarter of production, finite.</param>
/// <param name="SiteId">The site that makes it, whose outage takes it away; null when it comes from several.</param>
public sealed record SharedResource(string Id, string Name, string Unit, IReadOnlyList<double> LimitByQuarter, string? SiteId = null);

using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>One way for the turns of a class: where the model runs, up to which prompt, and what happens when it takes too long.</summary>
/// <param name="Tier">Where the model runs.</param>
/// <param name="Model">Catalogue name of the model; null for the cloud's own.</param>
/// <param name="LongestPromptTokens">Longest prompt that takes this route; longer ones take the next. Infinite for all.</param>
/// <param name="ContextCapTokens">Tokens that are kept of a longer context; infinite for all.</param>
/// <param name="TimeoutSeconds">Without a first token by then the turn goes to <paramref name="Fallback"/>; infinite for never.</param>
/// <param name="Fallback">Where it goes then; <see cref="Tiers.None"/> for nowhere.</param>
public sealed record Route(Tiers Tier, string? Model, double LongestPromptTokens, double ContextCapTokens, double TimeoutSeconds, Tiers Fallback);

/// <summary>What a product does with the turns of one class.</summary>
/// <param name="Class">Name of the class.</param>
/// <param name="Routes">In the order of their longest prompts.</param>
public sealed record ClassRoutes(string Class, IReadOnlyList<Route> Routes);

/// <summary>What a product does with all its turns.</summary>
/// <param name="Product">Name of the product.</param>
/// <param name="Device">Catalogue name of its device.</param>
/// <param name="Classes">One for each class.</param>
public sealed record Policy(string Product, string Device, IReadOnlyList<ClassRoutes> Classes);

using Fleetwright.Edge.Placement;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Policies;

/// <summary>What to do with one turn.</summary>
/// <param name="Tier">Where its model runs.</param>
/// <param name="Model">Catalogue name of the model; null for the tier's own.</param>
/// <param name="PromptTokens">Tokens of the prompt that are sent: all, or as many as the route keeps.</param>
/// <param name="TimeoutSeconds">Without a first token so long after the turn was sent, <paramref name="Otherwise"/> is done; infinite for never.</param>
/// <param name="Otherwise">What is done then; null for giving up.</param>
public sealed record Decision(Tiers Tier, string? Model, double PromptTokens, double TimeoutSeconds, Decision? Otherwise);

/// <summary>Applies a policy to turns, in an app. It keeps no state, draws nothing and may be used by many threads.</summary>
/// <param name="policy">The policy.</param>
public sealed class PolicyRunner(Policy policy)
{
    private const Tiers Everywhere = Tiers.Device | Tiers.Phone | Tiers.Edge | Tiers.PrivateCloud | Tiers.Cloud;
    private readonly Dictionary<string, IReadOnlyList<Route>> _routes = policy.Classes.ToDictionary(c => c.Class, c => c.Routes, StringComparer.Ordinal);

    /// <summary>
    /// Decides for one turn: the first route of its class whose longest prompt is not shorter than the turn's, and its fallback.
    /// A tier that is out of reach counts as one whose time is up at once: the turn goes to the fallback.
    /// </summary>
    /// <param name="turnClass">Name of the turn's class.</param>
    /// <param name="promptTokens">Tokens of its prompt.</param>
    /// <param name="reachable">Tiers that can be reached now; left out, all of them.</param>
    /// <returns>Null when the policy has no answer: no route takes so long a prompt, or neither the route nor its fallback can be reached.</returns>
    /// <exception cref="ArgumentException">The policy has no such class; the message lists those it has.</exception>
    public Decision? Decide(string turnClass, double promptTokens, Tiers reachable = Everywhere)
    {
        if (!_routes.TryGetValue(turnClass, out IReadOnlyList<Route>? routes))
        {
            throw new ArgumentException($"found '{turnClass}'; allowed: {string.Join(", ", _routes.Keys)}", nameof(turnClass));
        }

        if (routes.FirstOrDefault(r => promptTokens <= r.LongestPromptTokens) is not { } route)
        {
            return null;
        }

        Decision? otherwise = (route.Fallback & reachable) == 0 ? null : On(routes.FirstOrDefault(r => r.Tier == route.Fallback), route.Fallback);
        return (route.Tier & reachable) == 0 ? otherwise : On(route, route.Tier) with { TimeoutSeconds = route.TimeoutSeconds, Otherwise = otherwise };

        // A tier's model and cap are those of the first route on it; a tier without a route has its own model and keeps all.
        Decision On(Route? on, Tiers tier) => new(tier, on?.Model, Math.Min(promptTokens, on?.ContextCapTokens ?? double.PositiveInfinity), double.PositiveInfinity, null);
    }
}

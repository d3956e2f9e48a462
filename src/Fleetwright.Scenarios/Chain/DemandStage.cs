using Fleetwright.Scenarios.Inputs;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Scenarios.Chain;

/// <summary>Turns of one product.</summary>
/// <param name="Product">The product.</param>
/// <param name="Users">Daily active users by quarter.</param>
/// <param name="PeakTurns">Turns per second in the busiest hour, by quarter.</param>
internal sealed record ProductTurns(Product Product, double[] Users, double[] PeakTurns);

/// <summary>People become turns: users × turns per second and user × how far the busiest hour stands above the mean.</summary>
internal static class DemandStage
{
    public static IReadOnlyList<ProductTurns> Run(ChainContext context) =>
        [.. context.Scenario.Products.Select(product =>
        {
            double[] users = context.ByQuarter(product.ActiveUsers);
            return new ProductTurns(product, users, [.. users.Select(u => u * product.TurnRate * product.PeakFactor)]);
        })];

    /// <summary>
    /// What requests to a workload look like: the mixture of its products' lengths, each product weighted by the turns that it would send there.
    /// Mean and variance of a mixture: Σ wᵢ·mᵢ and Σ wᵢ·(mᵢ² + sᵢ²) − mean².
    /// </summary>
    public static Fleetwright.Serving.Workloads.Workload Shape(IReadOnlyList<ProductTurns> turns, string workload)
    {
        List<(double Weight, Product Product)> parts = [.. turns
            .Select(t => (Weight: t.PeakTurns.Sum() * t.Product.Cloud.Where(c => c.Workload == workload).Sum(c => c.Share), t.Product))
            .Where(p => p.Weight > 0)];
        if (parts.Count == 0)
        {
            // Nobody asks in these quarters; the price list still wants a shape, and every product that may ask counts alike.
            parts = [.. turns.Where(t => t.Product.Cloud.Any(c => c.Workload == workload)).Select(t => (1.0, t.Product))];
        }

        return new(Mix(parts, p => p.Prompt), Mix(parts, p => p.Reply));
    }

    private static LengthDistribution Mix(List<(double Weight, Product Product)> parts, Func<Product, TokenLength> lengthOf)
    {
        double total = 0, mean = 0, square = 0;
        foreach ((double weight, Product product) in parts)
        {
            TokenLength length = lengthOf(product);
            double m = length.Mean;
            total += weight;
            mean += weight * m;
            square += weight * m * m * (1 + (length.Variation * length.Variation));
        }

        mean /= total;
        return new LengthDistribution(mean, Math.Sqrt(Math.Max(0, (square / total / mean / mean) - 1)));
    }
}

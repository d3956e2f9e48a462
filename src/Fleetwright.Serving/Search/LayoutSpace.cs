using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Models;
using Fleetwright.Models;

namespace Fleetwright.Serving.Search;

/// <summary>The layouts that are worth trying: powers of two, tensor and expert parallelism within one scale-up domain.</summary>
public static class LayoutSpace
{
    /// <summary>All layouts of <paramref name="model"/> on at most <paramref name="maximumChips"/> of <paramref name="chip"/>, smallest first.</summary>
    public static IReadOnlyList<Sharding> Of(ModelSpec model, Chip chip, int maximumChips)
    {
        int domain = chip.ScaleUpBandwidth is null ? chip.ChipsPerServer : chip.ScaleUpDomain;
        bool experts = model.Layers.Any(l => l.FeedForward is MixtureOfExperts);
        var found = new List<Sharding>();
        for (int tp = 1; tp <= Math.Min(domain, maximumChips); tp *= 2)
        {
            for (int groups = 1; tp * groups <= Math.Min(domain, maximumChips); groups *= 2)
            {
                if (groups > 1 && !experts)
                {
                    break;
                }

                for (int pp = 1; tp * groups * pp <= maximumChips; pp *= 2)
                {
                    for (int ep = 1; ep <= tp * groups; ep *= Math.Max(2, tp * groups))
                    {
                        var layout = new Sharding(tp, pp, ep, groups);
                        if (ModelGraph.Problem(model, layout) is null)
                        {
                            found.Add(layout);
                        }
                    }
                }
            }
        }

        return [.. found.OrderBy(l => l.Chips)];
    }

    /// <summary>Loads to try: mean sequences in decode that grow by 2^¼, rounded to whole numbers.</summary>
    public static IReadOnlyList<double> Loads { get; } = [.. Enumerable.Range(0, 61).Select(i => Math.Round(Math.Pow(2, i / 4.0))).Distinct()];
}

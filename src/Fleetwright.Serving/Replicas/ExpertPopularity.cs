using System.Collections.Concurrent;

namespace Fleetwright.Serving.Replicas;

/// <summary>
/// How many experts of a layer a step touches when some are chosen more often than others. Popularities follow Zipf's law, w_e ∝ e^−s; a token takes
/// expert e with p_e = 1 − exp(−λ·w_e), λ such that Σ p_e are its choices, and T tokens touch Σ (1 − (1 − p_e)^T) experts. With s = 0 this is
/// the uniform E·(1 − (1 − k/E)^T) of <see cref="Fleetwright.Models.ModelGraph"/>.
/// </summary>
internal sealed class ExpertPopularity
{
    /// <summary>Zipf's exponent, one for all models: docs/serving-scores.md, "Experts that are chosen more often".</summary>
    public const double Exponent = 0.7;

    private const int NodesAnOctave = 4;
    private const int Octaves = 16;
    private static readonly ConcurrentDictionary<(int Experts, int Choices), ExpertPopularity> Known = new();
    private readonly double[] _ratios = new double[(NodesAnOctave * Octaves) + 1];

    /// <param name="experts">Experts of a layer.</param>
    /// <param name="choices">Experts that a token takes.</param>
    /// <param name="exponent">Zipf's exponent.</param>
    internal ExpertPopularity(int experts, int choices, double exponent)
    {
        double[] chances = Chances(experts, choices, exponent);
        for (int i = 0; i < _ratios.Length; i++)
        {
            double tokens = Math.Pow(2, (double)i / NodesAnOctave), touched = 0;
            foreach (double chance in chances)
            {
                touched += 1 - Math.Pow(1 - chance, tokens);
            }

            _ratios[i] = touched / (experts * (1 - Math.Pow(1 - ((double)choices / experts), tokens)));
        }
    }

    /// <summary>The popularities of a layer's experts.</summary>
    public static ExpertPopularity Of(int experts, int choices) => Known.GetOrAdd((experts, choices), k => new ExpertPopularity(k.Experts, k.Choices, Exponent));

    /// <summary>Experts that <paramref name="tokens"/> tokens touch ÷ those that they would touch if all were chosen alike; linear in the logarithm between nodes.</summary>
    public double Touched(double tokens)
    {
        double at = Math.Clamp(Math.Log2(Math.Max(1, tokens)) * NodesAnOctave, 0, _ratios.Length - 1);
        int node = Math.Min((int)at, _ratios.Length - 2);
        return _ratios[node] + ((_ratios[node + 1] - _ratios[node]) * (at - node));
    }

    // λ by bisection in its logarithm. A token that takes every expert takes each with certainty.
    private static double[] Chances(int experts, int choices, double exponent)
    {
        double[] chances = new double[experts];
        (double low, double high) = (-40, 40);
        for (int round = 0; round < 100; round++)
        {
            double scale = Math.Exp((low + high) / 2), sum = 0;
            for (int e = 0; e < experts; e++)
            {
                chances[e] = 1 - Math.Exp(-scale * Math.Pow(e + 1, -exponent));
                sum += chances[e];
            }

            (low, high) = sum < choices ? ((low + high) / 2, high) : (low, (low + high) / 2);
        }

        return chances;
    }
}

using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Speculation;

/// <summary>
/// How many steps a sequence takes for its answer: every step gains one token and those of its drafts that are accepted, drawn anew for each step. A
/// request's numbers depend on its own number only, so that neither routing nor threads change them.
/// </summary>
internal sealed class AcceptanceDraw(SpeculativeDecoding speculation, ulong seed)
{
    // Weyl's constant tells the draws after an eviction apart from those before.
    private const ulong Again = 0x9E3779B97F4A7C15;
    private readonly ulong _seed = RandomStream.SeedOf(seed, "speculation", "acceptance");
    private readonly ulong _requests = RandomStream.SeedOf(seed, "speculation", "requests");

    /// <summary>What is drawn from.</summary>
    public SpeculativeDecoding Speculation => speculation;

    /// <summary>Steps until a sequence has so many tokens more.</summary>
    /// <param name="id">The request.</param>
    /// <param name="preemptions">How often it lost its place before.</param>
    /// <param name="tokens">At least one.</param>
    public int Steps(long id, int preemptions, int tokens)
    {
        Span<double> reached = stackalloc double[speculation.DraftTokens];
        speculation.Reached(speculation.AcceptanceSpread > 0 ? speculation.AcceptanceSpread * Shift(id) : 0, reached);
        RandomStream random = RandomStream.Numbered(unchecked(_seed + ((ulong)preemptions * Again)), id);
        int steps = 0;
        for (int left = tokens; left > 0; steps++)
        {
            double u = random.NextUnit();
            int accepted = 0;
            while (accepted < reached.Length && u < reached[accepted])
            {
                accepted++;
            }

            left -= 1 + accepted;
        }

        return steps;
    }

    // The same after an eviction.
    private double Shift(long id)
    {
        RandomStream random = RandomStream.Numbered(_requests, id);
        return Ziggurat.Normal(ref random);
    }
}

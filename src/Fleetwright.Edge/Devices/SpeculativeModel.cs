using Fleetwright.Catalog.Devices;

namespace Fleetwright.Edge.Devices;

/// <summary>The cloud's half of speculative decoding: what it costs to have drafts verified.</summary>
/// <param name="RoundTripSeconds">Network time of one exchange of drafts and verdict.</param>
/// <param name="VerifySeconds">Seconds in which the large model checks one round of drafts, its queue included.</param>
/// <param name="FirstTokenSeconds">Seconds of the large model's first token after the prompt has arrived, its queue included.</param>
/// <param name="RadioJoulesPerRound">Joules of the device's radio for one exchange.</param>
public readonly record struct Verifier(double RoundTripSeconds, double VerifySeconds, double FirstTokenSeconds, double RadioJoulesPerRound = 0);

/// <summary>
/// A small model on the device drafts <em>k</em> tokens, a large one in the cloud verifies them in one step and adds one of its own:
/// a round yields (1 − a^(k+1)) / (1 − a) tokens in k·t + RTT + t_verify seconds, <em>a</em> the chance that a draft is accepted
/// (Leviathan, Kalman, Matias 2023, arXiv:2211.17192, equation 1). The answers are the large model's.
/// </summary>
public sealed class SpeculativeModel : ILocalInference
{
    /// <summary>Most drafts that <see cref="BestDrafts"/> considers.</summary>
    public const int MostDrafts = 64;

    private readonly ILocalInference _draft;
    private readonly Verifier _verifier;

    /// <summary>Prepares drafts and verification.</summary>
    /// <param name="draft">What drafts on the device.</param>
    /// <param name="acceptance">Chance that a draft is accepted, 0 to below 1, each draft independently.</param>
    /// <param name="drafts">Drafts in a round; at least 1.</param>
    /// <param name="verifier">The cloud's half.</param>
    public SpeculativeModel(ILocalInference draft, double acceptance, int drafts, Verifier verifier)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentOutOfRangeException.ThrowIfNegative(acceptance);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(acceptance, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(drafts, 1);
        _draft = draft;
        _verifier = verifier;
        Acceptance = acceptance;
        Drafts = drafts;
    }

    /// <summary>Chance that a draft is accepted.</summary>
    public double Acceptance { get; }

    /// <summary>Drafts in a round.</summary>
    public int Drafts { get; }

    /// <summary>Mean tokens that a round yields.</summary>
    public double TokensPerRound => TokensOf(Acceptance, Drafts);

    /// <inheritdoc/>
    public string Name => $"{_draft.Name}, drafting {Drafts} tokens that the cloud verifies";

    /// <inheritdoc/>
    public Device Device => _draft.Device;

    /// <inheritdoc/>
    public double MaximumContext => _draft.MaximumContext;

    /// <summary>Always unmeasured: acceptance between a device's and a cloud's model is an assumption.</summary>
    public EstimateBasis Basis => EstimateBasis.Unmeasured;

    /// <inheritdoc/>
    public double BandFactor => Math.Max(2, _draft.BandFactor);

    /// <summary>Device and cloud read the prompt at the same time; the first token is the cloud's.</summary>
    public double PrefillSeconds(double promptTokens, double cachedTokens) =>
        Math.Max(_draft.PrefillSeconds(promptTokens, cachedTokens), _verifier.RoundTripSeconds + _verifier.FirstTokenSeconds);

    /// <summary>Mean seconds of a token: the round's over what it yields.</summary>
    public double DecodeSeconds(double contextTokens) => RoundSeconds(_draft.DecodeSeconds(contextTokens), Drafts, _verifier) / TokensPerRound;

    /// <summary>Joules of the device: every draft is computed, accepted or not, and every round uses the radio.</summary>
    public double TurnJoules(double promptTokens, double cachedTokens, double replyTokens)
    {
        double rounds = replyTokens / TokensPerRound;
        double reading = _draft.TurnJoules(promptTokens, cachedTokens, 0);
        double perToken = replyTokens > 0 ? (_draft.TurnJoules(promptTokens, cachedTokens, replyTokens) - reading) / replyTokens : 0;
        return reading + (rounds * ((Drafts * perToken) + _verifier.RadioJoulesPerRound));
    }

    /// <inheritdoc/>
    public MemoryNeed Memory(double contextTokens) => _draft.Memory(contextTokens);

    /// <summary>The number of drafts, 1 to <see cref="MostDrafts"/>, that gives the most tokens a second.</summary>
    /// <param name="acceptance">Chance that a draft is accepted, 0 to below 1.</param>
    /// <param name="draftSeconds">Seconds of one draft.</param>
    /// <param name="verifier">The cloud's half.</param>
    public static int BestDrafts(double acceptance, double draftSeconds, Verifier verifier)
    {
        int best = 1;
        for (int k = 2; k <= MostDrafts; k++)
        {
            if (RoundSeconds(draftSeconds, k, verifier) / TokensOf(acceptance, k) < RoundSeconds(draftSeconds, best, verifier) / TokensOf(acceptance, best))
            {
                best = k;
            }
        }

        return best;
    }

    private static double TokensOf(double acceptance, int drafts) => (1 - Math.Pow(acceptance, drafts + 1)) / (1 - acceptance);

    private static double RoundSeconds(double draftSeconds, int drafts, Verifier verifier) => (drafts * draftSeconds) + verifier.RoundTripSeconds + verifier.VerifySeconds;
}

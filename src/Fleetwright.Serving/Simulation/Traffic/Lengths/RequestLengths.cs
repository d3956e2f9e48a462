using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Lengths;

/// <summary>The lengths of a request's prompt and answer together.</summary>
public abstract record RequestLengths
{
    /// <summary>Starts drawing for an entity.</summary>
    internal abstract PairDraw Start(ulong seed, string entity);
}

/// <summary>Prompt and answer drawn each by itself.</summary>
/// <param name="Prompt">Tokens of prompts.</param>
/// <param name="Output">Tokens of answers, the first included.</param>
public sealed record IndependentLengths(LengthModel Prompt, LengthModel Output) : RequestLengths
{
    internal override PairDraw Start(ulong seed, string entity) => new IndependentDraw(Prompt.Draw(), Output.Draw(), seed, entity);
}

/// <summary>Pairs of a trace, one drawn for each request, so that long prompts keep the answers that go with them.</summary>
public sealed record PairedLengths : RequestLengths
{
    private readonly (int Prompt, int Output)[] _pairs;

    /// <summary>Pairs that are equally likely; one that occurs twice counts twice.</summary>
    /// <exception cref="InputException">There is none, or a length is below 1.</exception>
    public PairedLengths(IEnumerable<(int Prompt, int Output)> pairs)
    {
        _pairs = [.. pairs];
        if (_pairs.Length == 0 || _pairs.Any(p => p.Prompt < 1 || p.Output < 1))
        {
            throw new InputException("lengths", FormattableString.Invariant($"found {_pairs.Length} pairs of lengths; allowed: at least one, with no length below 1"));
        }
    }

    /// <summary>Whether pairs are taken in their order, again from the first after the last, instead of being drawn.</summary>
    public bool InOrder { get; init; }

    /// <summary>Pairs held.</summary>
    public int Count => _pairs.Length;

    /// <summary>Tokens of prompts by themselves.</summary>
    public EmpiricalLength Prompts => Histogram(_pairs.Select(p => p.Prompt));

    /// <summary>Tokens of answers by themselves.</summary>
    public EmpiricalLength Outputs => Histogram(_pairs.Select(p => p.Output));

    /// <summary>
    /// The pairs of a source: all when it has at most <paramref name="most"/>, else so many of them drawn evenly (algorithm R, Vitter 1985), so that
    /// a file of any size takes bounded memory.
    /// </summary>
    public static PairedLengths Of(IRequestSource source, ulong seed = 1, int most = 1 << 20)
    {
        var random = new RandomStream(seed, "lengths", "reservoir");
        var pairs = new List<(int, int)>();
        for (long seen = 0; source.NextArrival != Ticks.Never; seen++)
        {
            Request request = source.Take();
            if (pairs.Count < most)
            {
                pairs.Add((request.PromptTokens, request.OutputTokens));
            }
            else if ((long)(random.NextUnit() * (seen + 1)) is var at && at < most)
            {
                pairs[(int)at] = (request.PromptTokens, request.OutputTokens);
            }
        }

        return new PairedLengths(pairs);
    }

    internal override PairDraw Start(ulong seed, string entity) => InOrder ? new OrderedDraw(_pairs) : new PairedDraw(_pairs, seed, entity);

    private static EmpiricalLength Histogram(IEnumerable<int> lengths)
    {
        List<KeyValuePair<int, int>> counts = [.. lengths.CountBy(l => l).OrderBy(c => c.Key)];
        return new EmpiricalLength([.. counts.Select(c => c.Key)], [.. counts.Select(c => (double)c.Value)]);
    }
}

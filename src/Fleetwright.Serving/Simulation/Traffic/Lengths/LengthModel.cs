using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Randomness;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Simulation.Traffic.Lengths;

/// <summary>How many tokens prompts or answers have. Drawn lengths are whole, at least 1 and at most <see cref="Cap"/>.</summary>
public abstract record LengthModel
{
    /// <summary>The longest there is; longer ones are cut to it.</summary>
    public int Cap { get; init; } = 1 << 30;

    /// <summary>Mean tokens before rounding and the cap.</summary>
    public abstract double Mean { get; }

    /// <summary>The same distribution in the form that the steady-state model takes.</summary>
    public static implicit operator LengthModel(LengthDistribution length) => FromLengthDistribution(length);

    /// <summary>The same distribution in the form that the steady-state model takes.</summary>
    public static LengthModel FromLengthDistribution(LengthDistribution length) => new LognormalLength(length.Mean, length.Cv);

    internal abstract LengthDraw Draw();

    private protected static InputException Wrong(string found, string allowed) => new("length", FormattableString.Invariant($"found {found}; allowed: {allowed}"));

    private protected int CheckedCap() => Cap is >= 1 and <= 1 << 30 ? Cap : throw Wrong(FormattableString.Invariant($"a cap of {Cap} tokens"), "1 to 1,073,741,824");
}

/// <summary>All alike.</summary>
/// <param name="Tokens">Tokens, at least 1.</param>
public sealed record ConstantLength(int Tokens) : LengthModel
{
    /// <inheritdoc/>
    public override double Mean => Tokens;

    internal override LengthDraw Draw() => Tokens is >= 1 and <= 1 << 30
        ? new LengthDraw(Math.Min(Tokens, CheckedCap()))
        : throw Wrong(FormattableString.Invariant($"{Tokens} tokens"), "1 to 1,073,741,824");
}

/// <summary>Lognormal.</summary>
/// <param name="MeanTokens">Mean tokens, above 0.</param>
/// <param name="Cv">Standard deviation ÷ mean, 0 to 100.</param>
public sealed record LognormalLength(double MeanTokens, double Cv) : LengthModel
{
    /// <inheritdoc/>
    public override double Mean => MeanTokens;

    /// <summary>From the median and the standard deviation of the logarithm.</summary>
    public static LognormalLength OfMedian(double median, double sigma) =>
        new(median * Math.Exp(sigma * sigma / 2), Math.Sqrt(double.ExpM1(sigma * sigma)));

    internal override LengthDraw Draw()
    {
        if (MeanTokens is not (> 0 and <= 1 << 30) || Cv is not (>= 0 and <= 100))
        {
            throw Wrong(FormattableString.Invariant($"lognormal with mean {MeanTokens} and cv {Cv}"), "a mean above 0 up to 1,073,741,824 tokens and a cv (deviation ÷ mean) from 0 to 100");
        }

        var length = new LengthDistribution(MeanTokens, Cv);
        return new LengthDraw(length.LogMean, length.LogDeviation, CheckedCap());
    }
}

/// <summary>All whole numbers of a range alike.</summary>
/// <param name="Least">The shortest, at least 1.</param>
/// <param name="Most">The longest, included.</param>
public sealed record UniformLength(int Least, int Most) : LengthModel
{
    /// <inheritdoc/>
    public override double Mean => ((double)Least + Most) / 2;

    internal override LengthDraw Draw() => Least >= 1 && Most >= Least && Most <= 1 << 30
        ? new LengthDraw(Least, Most, CheckedCap())
        : throw Wrong(FormattableString.Invariant($"uniform from {Least} to {Most}"), "from at least 1 to at most 1,073,741,824, in this order");
}

/// <summary>The lengths of a histogram, such as those of a trace.</summary>
public sealed record EmpiricalLength : LengthModel
{
    private readonly int[] _tokens;
    private readonly AliasTable _table;

    /// <summary>Lengths and how often each occurs; weights need not add up to 1.</summary>
    /// <exception cref="InputException">There is no length, a length is below 1, or no weight is above 0.</exception>
    public EmpiricalLength(IReadOnlyList<int> tokens, IReadOnlyList<double> weights)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(tokens.Count, weights.Count);
        double total = weights.Sum();
        if (tokens.Count == 0 || tokens.Any(t => t is < 1 or > 1 << 30) || weights.Any(w => !(w >= 0)) || total is not (> 0 and < double.PositiveInfinity))
        {
            throw Wrong(FormattableString.Invariant($"a histogram of {tokens.Count} lengths with weights that add up to {total}"), "at least one length, none below 1, no weight negative, not all 0");
        }

        (_tokens, _table) = ([.. tokens], new AliasTable([.. weights]));
        Mean = tokens.Zip(weights, (t, w) => t * w).Sum() / total;
    }

    /// <inheritdoc/>
    public override double Mean { get; }

    internal override LengthDraw Draw() => new(_tokens, _table, CheckedCap());
}

using System.Runtime.CompilerServices;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Lengths;

/// <summary>Draws lengths. One type for all distributions, told apart by a field, so that a draw is a branch that is always taken alike and no call.</summary>
internal readonly struct LengthDraw
{
    private readonly double _a;
    private readonly double _b;
    private readonly int _least;
    private readonly int _cap;
    private readonly Kind _kind;
    private readonly int[]? _tokens;
    private readonly AliasTable? _table;

    public LengthDraw(int constant) => (_kind, _least) = (Kind.Constant, constant);

    public LengthDraw(double logMean, double logDeviation, int cap) => (_kind, _a, _b, _cap) = (Kind.Lognormal, logMean, logDeviation, cap);

    public LengthDraw(int least, int most, int cap) => (_kind, _least, _a, _cap) = (Kind.Uniform, least, most - (double)least + 1, cap);

    public LengthDraw(int[] tokens, AliasTable table, int cap) => (_kind, _tokens, _table, _cap) = (Kind.Empirical, tokens, table, cap);

    private enum Kind
    {
        Constant,
        Lognormal,
        Uniform,
        Empirical,
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(ref RandomStream random)
    {
        if (_kind == Kind.Lognormal)
        {
            // A number past the range of whole numbers becomes the greatest of them.
            int tokens = (int)(Math.Exp(_a + (_b * Ziggurat.Normal(ref random))) + 0.5);
            return Math.Clamp(tokens, 1, _cap);
        }

        return Other(ref random);
    }

    private int Other(ref RandomStream random) => _kind switch
    {
        Kind.Constant => _least,
        Kind.Uniform => Math.Min(_least + random.Below((int)_a), _cap),
        _ => Math.Min(_tokens![_table!.Next(ref random)], _cap),
    };
}

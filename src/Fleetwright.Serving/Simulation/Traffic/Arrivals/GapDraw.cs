using System.Runtime.CompilerServices;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>Gaps of mean 1.</summary>
internal readonly struct GapDraw
{
    private readonly GapKind _kind;
    private readonly GammaDraw _gamma;
    private readonly GammaDraw _first;
    private readonly double _scale;
    private readonly double _power;

    public GapDraw(GapModel model)
    {
        _kind = model.Kind;
        double shape = model.Shape;
        if (_kind == GapKind.Gamma)
        {
            (_gamma, _first, _scale) = (new GammaDraw(shape), new GammaDraw(shape + 1), 1 / shape);
        }
        else if (_kind == GapKind.Weibull)
        {
            (_first, _scale, _power) = (new GammaDraw(1 + (1 / shape)), 1 / GammaFunction.Of(1 + (1 / shape)), 1 / shape);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Next(ref RandomStream random) => _kind == GapKind.Poisson ? Ziggurat.Exponential(ref random) : Other(ref random);

    /// <summary>
    /// The time to the first arrival of a process that has run for ever, so that the expected count of any window is rate × length:
    /// a uniform share of a gap drawn in proportion to its length (x f(x) of gamma is gamma with shape + 1, of Weibull a power of gamma).
    /// </summary>
    public double First(ref RandomStream random) => _kind switch
    {
        GapKind.Poisson => Ziggurat.Exponential(ref random),
        GapKind.Gamma => random.NextPositiveUnit() * _scale * _first.Next(ref random),
        GapKind.Weibull => random.NextPositiveUnit() * _scale * Math.Pow(_first.Next(ref random), _power),
        _ => random.NextPositiveUnit(),
    };

    private double Other(ref RandomStream random) => _kind switch
    {
        GapKind.Gamma => _scale * _gamma.Next(ref random),
        GapKind.Weibull => _scale * Math.Pow(Ziggurat.Exponential(ref random), _power),
        _ => 1,
    };
}

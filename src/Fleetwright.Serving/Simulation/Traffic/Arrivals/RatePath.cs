using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>A rate that is constant piece by piece; <see cref="MoveNext"/> goes to the next piece.</summary>
internal abstract class RatePath
{
    /// <summary>The end of the longest run: the last piece is cut to it.</summary>
    protected static readonly long Last = Ticks.Of(Ticks.MostSeconds);

    /// <summary>Requests per second in this piece.</summary>
    public double PerSecond { get; protected set; }

    /// <summary>When this piece ends, in ticks.</summary>
    public long End { get; protected set; }

    /// <summary>The gaps of this piece, when they are its own: the process then starts anew with it. Null for the model's, which go on over pieces.</summary>
    public GapModel? Gaps { get; protected set; }

    /// <summary>Goes to the next piece; false when there is none.</summary>
    public virtual bool MoveNext() => false;

    /// <summary>Lets the next piece end so many ticks after this one; false when this one is the last.</summary>
    protected bool GoOn(long ticks)
    {
        bool goesOn = End < Last;
        End = Math.Min(Last, Later.Than(End, ticks));
        return goesOn;
    }
}

internal sealed class ConstantPath : RatePath
{
    public ConstantPath(double perSecond) => (PerSecond, End) = (perSecond, Last);
}

internal sealed class CurvePath : RatePath
{
    private readonly double[] _perSecond;
    private readonly long _step;
    private readonly bool _repeats;
    private int _at;

    public CurvePath(double[] perSecond, long step, bool repeats)
    {
        (_perSecond, _step) = (perSecond, step);

        // A day without any request would be walked through for ever.
        _repeats = repeats && perSecond.Any(r => r > 0);
        (PerSecond, End) = (perSecond[0], step);
    }

    public override bool MoveNext()
    {
        if (++_at == _perSecond.Length)
        {
            if (!_repeats)
            {
                return false;
            }

            _at = 0;
        }

        PerSecond = _perSecond[_at];
        return GoOn(_step);
    }
}

internal sealed class OnOffPath : RatePath
{
    private readonly OnOffRate _model;
    private RandomStream _random;
    private bool _on;

    public OnOffPath(OnOffRate model, RandomStream random)
    {
        (_model, _random) = (model, random);

        // Which of the two it is at time 0 has the odds of a process that has run for ever; MoveNext turns it round.
        _on = _random.NextUnit() * (model.OnSeconds + model.OffSeconds) >= model.OnSeconds;
        MoveNext();
    }

    public override bool MoveNext()
    {
        _on = !_on;
        double seconds = Ziggurat.Exponential(ref _random) * (_on ? _model.OnSeconds : _model.OffSeconds);
        PerSecond = _on ? _model.OnPerSecond : _model.OffPerSecond;
        return GoOn(1 + Ticks.Of(Math.Min(seconds, Ticks.MostSeconds)));
    }
}

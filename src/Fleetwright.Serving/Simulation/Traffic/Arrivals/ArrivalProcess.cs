using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>The arrivals of a model, one after another.</summary>
internal sealed class ArrivalProcess
{
    private GapDraw _gaps;
    private readonly RatePath _path;
    private RandomStream _random;
    private long _now;
    private long _end;
    private double _ticksPerGap;
    private bool _begun;

    /// <param name="model">The process.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="entity">Whose arrivals these are.</param>
    /// <param name="rateEntity">Whose rate it is, when many draw from one rate that is random; the same for all of them.</param>
    public ArrivalProcess(ArrivalModel model, ulong seed, string entity, string? rateEntity = null)
    {
        _path = model.Rate.Path(seed, rateEntity ?? entity);
        _gaps = new GapDraw(_path.Gaps ?? model.Gaps);
        _random = new RandomStream(seed, entity, "arrivals");
        Enter();
    }

    /// <summary>The next arrival in ticks; <see cref="Ticks.Never"/> when there is none.</summary>
    public long Next()
    {
        double gap;
        if (_begun)
        {
            gap = _gaps.Next(ref _random);
        }
        else
        {
            (gap, _begun) = (_gaps.First(ref _random), true);
        }

        while (true)
        {
            // A rate of 0 makes this infinite (or not a number), and the piece is passed.
            double ticks = gap * _ticksPerGap;
            if (ticks < _end - _now)
            {
                return _now += (long)(ticks + 0.5);
            }

            gap -= (_end - _now) / _ticksPerGap;
            _now = _end;
            if (!_path.MoveNext())
            {
                _end = _now;
                return Ticks.Never;
            }

            gap = Math.Max(gap, 0);
            Enter();
            if (_path.Gaps is { } gaps)
            {
                _gaps = new GapDraw(gaps);
                gap = _gaps.First(ref _random);
            }
        }
    }

    private void Enter() => (_end, _ticksPerGap) = (_path.End, Ticks.PerSecond / _path.PerSecond);
}

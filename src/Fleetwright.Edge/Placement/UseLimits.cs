using Fleetwright.Edge.Heat;

namespace Fleetwright.Edge.Placement;

/// <summary>What battery and case allow a turn to take, on average, and what follows from what it does take.</summary>
/// <remarks>
/// Battery: hours = E / (3600·P_use + n·J) with n turns an hour of use. Case: a first-order lag from the power of the scene c towards c + λ·J, so
/// it is warm (at the sustained power S) after τ·ln[λJ / (c + λJ − S)], and not before a session of L seconds when c + λJ ≤ (k·S − c)/(k − 1), k = e^{L/τ}.
/// </remarks>
internal sealed class UseLimits
{
    private readonly PlacementQuestion _question;
    private readonly double _turnsPerSecond;
    private readonly double _useWatts;
    private readonly double _caseWatts;
    private readonly double _densest;

    public UseLimits(PlacementQuestion question)
    {
        _question = question;
        UserDay day = question.Day;
        double use = day.UseSecondsByHour.Sum();
        _turnsPerSecond = use > 0 ? day.TurnsByHour.Sum() / use : 0;
        SessionSeconds = use;
        for (int hour = 0; hour < 24; hour++)
        {
            DaySegment segment = day.Segments[day.SegmentAt(hour)];
            double seconds = day.UseSecondsByHour[hour];
            _useWatts += use > 0 ? seconds / use * segment.UseWatts : 0;
            if (seconds > 0)
            {
                _caseWatts = Math.Max(_caseWatts, segment.CaseWatts);
                _densest = Math.Max(_densest, day.TurnsByHour[hour] / seconds);
            }
        }

        JoulesLimit = question is { BatteryJoules: { } battery, BatteryHours: > 0 } && _turnsPerSecond > 0
            ? ((battery / question.BatteryHours / 3600) - _useWatts) / _turnsPerSecond
            : double.PositiveInfinity;
        double k = Math.Exp(Math.Min(500, SessionSeconds / question.ThermalSeconds));
        double most = ((k * question.SustainedWatts) - _caseWatts) / (k - 1);
        HeatLimit = _densest > 0 && k > 1 ? Math.Max(0, (most - _caseWatts) / _densest) : double.PositiveInfinity;
    }

    /// <summary>Seconds of use of a day, taken in one go: the longest session.</summary>
    public double SessionSeconds { get; }

    /// <summary>Joules a turn at most for the battery's promise; below 0 when use alone breaks it.</summary>
    public double JoulesLimit { get; }

    /// <summary>Joules a turn at most that a model on the device may take so that the case stays cool for a session.</summary>
    public double HeatLimit { get; }

    /// <summary>Hours of use from a full battery; null on mains.</summary>
    public double? Hours(double joulesPerTurn) => _question.BatteryJoules is { } battery ? battery / 3600 / (_useWatts + (_turnsPerSecond * joulesPerTurn)) : null;

    /// <summary>Seconds of use until the case is warm, at the mean power of the densest hour; infinite when it never is, or no model on the device warms it.</summary>
    public double SecondsToThrottle(double heatPerTurn) => heatPerTurn <= 0
        ? double.PositiveInfinity
        : ThermalState.SecondsToThrottle(_caseWatts, _caseWatts + (_densest * heatPerTurn), _question.SustainedWatts, _question.ThermalSeconds);
}

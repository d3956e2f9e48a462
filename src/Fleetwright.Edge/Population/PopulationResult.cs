using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Population;

/// <summary>A day of many users under one policy.</summary>
public sealed record PopulationResult
{
    /// <summary>Users.</summary>
    public required int Users { get; init; }

    /// <summary>Turns that they asked; none after a battery is empty and before it is charged again.</summary>
    public required long Turns { get; init; }

    /// <summary>End of turn to first sound (first token of a text turn) of the turns answered; to 0.3 %. Null when there are none.</summary>
    public LatencyDistribution? FirstSound { get; init; }

    /// <summary>Share of all turns answered in time.</summary>
    public required Sampled ShareWithinTarget { get; init; }

    /// <summary>Joules that a turn takes from the device's battery.</summary>
    public required Sampled JoulesPerTurn { get; init; }

    /// <summary>Hours of use that a full battery would last at the draw of this day; null on mains.</summary>
    public Sampled? BatteryHours { get; init; }

    /// <summary>Requests per second that these users send to servers, by hour of the day.</summary>
    public required IReadOnlyList<double> CloudTurnsPerSecondByHour { get; init; }

    /// <summary>Share of users whose battery is empty at some time of the day.</summary>
    public required double ShareOfUsersEmpty { get; init; }

    /// <summary>Share of the turns whose model finds the case warm and is slowed.</summary>
    public required double ShareOfTurnsThrottled { get; init; }

    /// <summary>Share of the turns that go to another tier because the first gave no token in time.</summary>
    public required double ShareOfTurnsFallenBack { get; init; }

    /// <summary>Dollars of a user and day: servers and the device's electricity for turns.</summary>
    public required double DollarsPerUserDay { get; init; }
}

/// <summary>A mean over a sample.</summary>
/// <param name="Value">The mean.</param>
/// <param name="StandardError">Its standard error.</param>
public readonly record struct Sampled(double Value, double StandardError);

using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>What is asked about one device of a product: which class of turns goes where.</summary>
public sealed record PlacementQuestion
{
    /// <summary>Name of the product.</summary>
    public required string Product { get; init; }

    /// <summary>Catalogue name of the device.</summary>
    public required string Device { get; init; }

    /// <summary>Classes of turns; shares add up to 1.</summary>
    public required IReadOnlyList<PlacementClass> Classes { get; init; }

    /// <summary>The user's day, with the paths that each part of it offers.</summary>
    public required UserDay Day { get; init; }

    /// <summary>Share of the turns of each class that must be in time.</summary>
    public double ShareWithin { get; init; } = 0.95;

    /// <summary>Hours of use that a full battery must last; 0 for no promise.</summary>
    public double BatteryHours { get; init; }

    /// <summary>Joules of a full battery; null on mains.</summary>
    public double? BatteryJoules { get; init; }

    /// <summary>Watts that the case sheds for hours.</summary>
    public required double SustainedWatts { get; init; }

    /// <summary>Seconds of the first-order lag with which the case warms.</summary>
    public required double ThermalSeconds { get; init; }

    /// <summary>Dollars per joule that charging takes from the grid.</summary>
    public double DollarsPerJoule { get; init; }

    /// <summary>Bytes that all models on the device may hold together.</summary>
    public double DeviceMemoryBytes { get; init; } = double.PositiveInfinity;

    /// <summary>Bytes that all models on the phone may hold together.</summary>
    public double PhoneMemoryBytes { get; init; } = double.PositiveInfinity;

    /// <summary>Things that may turn out otherwise, for flip points beside the prompt's length.</summary>
    public IReadOnlyList<PlacementVariable> Variables { get; init; } = [];
}

/// <summary>A class of turns to be placed.</summary>
public sealed record PlacementClass
{
    /// <summary>Such as <c>camera</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Share of the product's turns.</summary>
    public required double Share { get; init; }

    /// <summary>Tiers that its data may reach.</summary>
    public required Tiers Allowed { get; init; }

    /// <summary>Seconds within which the first sound (of a text turn the first token) must come.</summary>
    public required double TargetSeconds { get; init; }

    /// <summary>Prompt tokens.</summary>
    public required TokenLengths Prompt { get; init; }

    /// <summary>Reply tokens.</summary>
    public required TokenLengths Reply { get; init; }

    /// <summary>Seconds from the end of speech until the turn is known to be over; none in a text turn.</summary>
    public LatencyDistribution EndOfTurn { get; init; } = LatencyDistribution.Zero;

    /// <summary>Tokens per second that keep up with speech; 0 in a text turn.</summary>
    public double SpeakingRate { get; init; }

    /// <summary>Where its rule is stated, for messages; null when built in code.</summary>
    public Diagnostic? Stated { get; init; }
}

/// <summary>A day of a user: how much is asked and used in each hour, and where.</summary>
public sealed record UserDay
{
    /// <summary>Expected turns in each of 24 hours.</summary>
    public required IReadOnlyList<double> TurnsByHour { get; init; }

    /// <summary>Seconds of use in each of 24 hours: one session that starts anywhere in the hour.</summary>
    public required IReadOnlyList<double> UseSecondsByHour { get; init; }

    /// <summary>Parts of the day in order; together they cover it.</summary>
    public required IReadOnlyList<DaySegment> Segments { get; init; }

    /// <summary>Place of the segment that an hour belongs to.</summary>
    public int SegmentAt(int hour)
    {
        for (int i = 0; i < Segments.Count; i++)
        {
            if (hour >= Segments[i].FromHour && hour < Segments[i].ToHour)
            {
                return i;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(hour), hour, "no segment covers this hour");
    }
}

/// <summary>A part of the day with one network, one scene and one way to charge.</summary>
public sealed record DaySegment
{
    /// <summary>First hour, 0 to 23.</summary>
    public int FromHour { get; init; }

    /// <summary>Hour in which the next part begins, up to 24.</summary>
    public int ToHour { get; init; } = 24;

    /// <summary>Such as <c>home</c>.</summary>
    public string Place { get; init; } = "everywhere";

    /// <summary>Watts of the device in use without the assistant.</summary>
    public required double UseWatts { get; init; }

    /// <summary>Watts that warm its case in use without the assistant.</summary>
    public required double CaseWatts { get; init; }

    /// <summary>Watts from a charger, in use or not; 0 for none.</summary>
    public double ChargeWatts { get; init; }

    /// <summary>By class, the paths on offer: the same tiers and models in the same order in every part of the day and for every class.</summary>
    public required IReadOnlyList<IReadOnlyList<AnswerPath>> Paths { get; init; }
}

/// <summary>Something that may turn out otherwise, for flip points.</summary>
/// <param name="Name">What it is, such as <c>added delay to the cloud</c>.</param>
/// <param name="Unit">Its unit, such as <c>ms</c>; empty for a pure number.</param>
/// <param name="Low">The least value looked at; above 0.</param>
/// <param name="High">The greatest.</param>
/// <param name="ExtraSeconds">Seconds that a path takes longer at a prompt of so many tokens when the variable has a value: (path, prompt tokens, value).</param>
public sealed record PlacementVariable(string Name, string Unit, double Low, double High, Func<AnswerPath, double, double, double> ExtraSeconds);

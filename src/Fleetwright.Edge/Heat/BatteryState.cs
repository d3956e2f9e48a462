namespace Fleetwright.Edge.Heat;

/// <summary>What is left in a battery. Losses of charging and ageing are in the watts and the capacity that the caller gives.</summary>
/// <param name="Joules">Energy left.</param>
/// <param name="CapacityJoules">Energy of the full battery.</param>
public readonly record struct BatteryState(double Joules, double CapacityJoules)
{
    /// <summary>Share of the full battery that is left.</summary>
    public double Share => Joules / CapacityJoules;

    /// <summary>A full battery.</summary>
    public static BatteryState Full(double capacityJoules) => new(capacityJoules, capacityJoules);

    /// <summary>The state after a constant draw; negative watts charge. Never below empty nor above full.</summary>
    /// <param name="watts">Power drawn less power charged.</param>
    /// <param name="seconds">How long.</param>
    public BatteryState After(double watts, double seconds) => this with { Joules = Math.Clamp(Joules - (watts * seconds), 0, CapacityJoules) };

    /// <summary>Seconds at a constant draw until empty; infinite when nothing is drawn.</summary>
    public double SecondsToEmpty(double watts) => watts > 0 ? Joules / watts : double.PositiveInfinity;
}

namespace Fleetwright.Training.Steps;

/// <summary>Time and energy of one chip at work.</summary>
internal readonly record struct Work(double Seconds, double Joules)
{
    public static Work operator +(Work a, Work b) => new(a.Seconds + b.Seconds, a.Joules + b.Joules);

    public static Work operator *(Work a, double factor) => new(a.Seconds * factor, a.Joules * factor);
}

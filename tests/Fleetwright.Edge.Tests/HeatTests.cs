using Fleetwright.Edge.Heat;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Edge.Tests;

public sealed class HeatTests
{
    [Fact]
    public void A_case_has_come_63_percent_of_the_way_after_one_time_constant() =>
        Assert.Equal(2 + (8 * (1 - Math.Exp(-1))), new ThermalState(2).After(10, 400, 400).CaseWatts, 1e-12);

    [Fact]
    public void Two_steps_are_one_step_of_their_length() => Prop.ForAll<byte, byte, byte>((start, first, second) =>
    {
        ThermalState once = new ThermalState(start).After(7, first + second, 60);
        ThermalState twice = new ThermalState(start).After(7, first, 60).After(7, second, 60);
        return Math.Abs(once.CaseWatts - twice.CaseWatts) < 1e-9;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1, 11, 6, 100, 1, 69.3147)]
    [InlineData(1, 11, 6, 100, 0.5, double.PositiveInfinity)]
    [InlineData(1, 11, 6, 100, 0.75, 109.8612)]
    [InlineData(6, 11, 6, 100, 0.5, 0)]
    public void Time_to_throttle_is_the_lags(double rest, double burst, double sustained, double lag, double share, double expected)
    {
        // τ·ln(D/(D − S)) with D the mean power above rest: 100·ln 2, never (the mean just reaches the limit), 100·ln(7.5/2.5).
        double seconds = ThermalState.SecondsToThrottle(rest, burst, sustained, lag, share);
        Assert.True(double.IsInfinity(expected) ? double.IsInfinity(seconds) : Math.Abs(seconds - expected) < 1e-3, $"{seconds}");
    }

    [Theory]
    [InlineData(10, 20)]
    [InlineData(40, 50)]
    [InlineData(90, 120)]
    [InlineData(5, 100)]
    [InlineData(300, 1000)]
    public void Work_and_pause_in_turn_agree_with_stepping(double work, double period)
    {
        const double rest = 2, burst = 10, sustained = 5.5, lag = 120, tick = 0.01;
        double closed = ThermalState.SecondsToThrottle(rest, burst, sustained, lag, work, period);
        var state = new ThermalState(rest);
        double stepped = double.PositiveInfinity;
        for (long i = 0; i * tick < 20 * lag; i++)
        {
            if (state.CaseWatts >= sustained)
            {
                stepped = i * tick;
                break;
            }

            state = state.After((i * tick) % period < work ? burst : rest, tick, lag);
        }

        Assert.True(closed == stepped || Math.Abs(closed - stepped) < 3 * tick, $"{closed} against {stepped}");
    }

    [Fact]
    public void Short_spells_tend_to_the_mean_power()
    {
        double mean = ThermalState.SecondsToThrottle(2, 10, 5, 200, 0.6);
        Assert.Equal(mean, ThermalState.SecondsToThrottle(2, 10, 5, 200, 0.006, 0.01), 0.02);
    }

    [Fact]
    public void More_turns_never_throttle_later() => Prop.ForAll<PositiveInt, PositiveInt>((a, b) =>
        At(Math.Min(a.Get, b.Get)) >= At(Math.Max(a.Get, b.Get)) - 1e-9).QuickCheckThrowOnFailure();

    [Fact]
    public void A_battery_loses_watts_times_seconds_and_stays_between_empty_and_full()
    {
        BatteryState full = BatteryState.Full(68_000);
        Assert.Equal(68_000 - 36_000, full.After(10, 3600).Joules, 1e-9);
        Assert.Equal(6800, full.SecondsToEmpty(10), 1e-9);
        Assert.Equal(0, full.After(10, 1e6).Joules);
        Assert.Equal(1, full.After(-10, 60).Share);
        Assert.Equal(0.5, new BatteryState(0, 68_000).After(-34, 1000).Share, 1e-12);
    }

    // Twenty seconds of work a turn, so that turns do not touch below 180 an hour.
    private static double At(int turnsPerHour) => ThermalState.SecondsToThrottle(2, 12, 5, 300, 20, 3600.0 / turnsPerHour);
}

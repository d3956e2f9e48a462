using Fleetwright.Edge.Heat;
using Fleetwright.Edge.Placement;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Population;

/// <summary>
/// One user's day. Every hour has one session of use that starts anywhere in it; turns come in it as a Poisson process. Between turns, battery and
/// case move in closed form: the battery by the draw of use less the charger's, the case as a first-order lag towards the power of the scene, towards
/// that of the model while it computes, and towards none outside use. Nothing is allocated.
/// </summary>
internal sealed class UserSimulator(DayPlan plan, ulong seed)
{
    private const double Hour = 3600;
    private readonly double _capacity = plan.Question.BatteryJoules ?? double.PositiveInfinity;
    private readonly double _sustained = plan.Question.SustainedWatts;
    private readonly double _tau = plan.Question.ThermalSeconds;
    private readonly double _dollarsPerJoule = plan.Question.DollarsPerJoule;

    public void Run(long user, ref BlockSums sums, Counts counts)
    {
        var random = RandomStream.Numbered(seed, user);
        BatteryState battery = BatteryState.Full(_capacity);
        ThermalState heat = default;
        bool empty = false;
        double energy = 0;
        for (int hour = 0; hour < 24; hour++)
        {
            DaySegment segment = plan.Segments[plan.SegmentOf[hour]];
            double use = plan.Use[hour];
            double before = random.NextUnit() * (Hour - use);
            Rest(segment, before, ref battery, ref heat);
            if (use > 0)
            {
                energy += Session(segment, hour, use, ref random, ref battery, ref heat, ref sums, counts);
                empty |= battery.Joules <= 0;
            }

            Rest(segment, Hour - use - before, ref battery, ref heat);
        }

        sums.EmptyUsers += empty ? 1 : 0;
        sums.UseJoules += energy;
        sums.UseJoulesSquared += energy * energy;
    }

    private void Rest(DaySegment segment, double seconds, ref BatteryState battery, ref ThermalState heat)
    {
        battery = battery.After(-segment.ChargeWatts, seconds);
        heat = heat.After(0, seconds, _tau);
    }

    // Joules drawn in the session, the charger's apart.
    private double Session(DaySegment segment, int hour, double use, ref RandomStream random, ref BatteryState battery, ref ThermalState heat, ref BlockSums sums, Counts counts)
    {
        double rate = plan.Turns[hour] / use;
        double net = segment.UseWatts - segment.ChargeWatts;
        double now = 0, computedUntil = 0, energy = 0;
        double next = rate > 0 ? Gap(ref random, rate) : double.PositiveInfinity;
        while (true)
        {
            double until = Math.Min(next, use);
            double lasts = battery.SecondsToEmpty(net);
            if (lasts < until - now)
            {
                // Empty: the rest of the session does not take place.
                energy += segment.UseWatts * lasts;
                sums.UseSeconds += lasts;
                battery = battery with { Joules = 0 };
                return energy;
            }

            battery = battery.After(net, until - now);
            energy += segment.UseWatts * (until - now);
            sums.UseSeconds += until - now;
            double cooling = Math.Max(0, until - computedUntil);
            heat = heat.After(segment.CaseWatts, cooling, _tau);
            now = until;
            if (next >= use)
            {
                return energy;
            }

            double following = next + Gap(ref random, rate);
            double joules = Turn(segment, hour, following < use ? following - next : double.PositiveInfinity, ref random, ref heat, ref sums, counts, out double busy);
            computedUntil = Math.Max(computedUntil, next) + busy;
            battery = battery.After(joules, 1);
            energy += joules;
            if (battery.Joules <= 0)
            {
                return energy;
            }

            next = following;
        }
    }

    private double Turn(DaySegment segment, int hour, double gap, ref RandomStream random, ref ThermalState heat, ref BlockSums sums, Counts counts, out double busy)
    {
        double draw = random.NextUnit();
        int c = 0;
        while (c < plan.UpTo.Length - 1 && draw >= plan.UpTo[c])
        {
            c++;
        }

        int i = random.Below(LengthGrid.Prompts);
        int cell = (i * LengthGrid.Replies) + random.Below(LengthGrid.Replies);
        int place = plan.StepOf[c][i];
        sums.Turns++;
        busy = 0;
        if (place < 0)
        {
            return 0;
        }

        Step step = plan.Steps[c][place];
        PathTable[] tables = plan.Tables[c][plan.SegmentOf[hour]];
        PathTable path = tables[step.Path];
        double joules = Spend(path, cell, gap, hour, ref sums, counts, ref busy);
        bool throttled = false;
        double slow = Slowdown(path, cell, segment, heat, ref throttled);
        double seconds;
        if (step.HasTimeout)
        {
            double wait = path.Wait.Seconds[random.Below(TimeTable.Points)];
            double first = wait + (slow * path.Read[i]);
            if (first <= step.Timeout)
            {
                seconds = first + path.Around.At(random.NextUnit()) + ((slow - 1) * path.Path.PhraseSeconds);
            }
            else
            {
                PathTable other = tables[step.Fallback];
                sums.FallenBack++;
                joules += Spend(other, cell, gap, hour, ref sums, counts, ref busy);
                slow = Slowdown(other, cell, segment, heat, ref throttled);
                seconds = step.Timeout + (slow * other.Read[i]) + other.Whole.At(random.NextUnit()) + ((slow - 1) * other.Path.PhraseSeconds);
            }
        }
        else
        {
            seconds = (slow * path.Read[i]) + path.Whole.At(random.NextUnit()) + ((slow - 1) * path.Path.PhraseSeconds);
        }

        sums.Throttled += throttled ? 1 : 0;
        sums.Within += seconds <= plan.Targets[c] ? 1 : 0;
        sums.Joules += joules;
        sums.JoulesSquared += joules * joules;
        counts.AddTime(seconds);
        if (busy > 0)
        {
            // A slowed model takes as many joules over a longer time.
            busy *= double.IsFinite(slow) ? slow : 1;
            heat = heat.After(segment.CaseWatts + (joules / busy), busy, _tau);
        }

        return joules;
    }

    private double Spend(PathTable path, int cell, double gap, int hour, ref BlockSums sums, Counts counts, ref double busy)
    {
        double joules = path.Joules[cell] + (path.Path.TailWatts * Math.Min(path.Path.TailSeconds, gap));
        sums.Dollars += path.Dollars[cell] + (joules * _dollarsPerJoule);
        busy += path.Busy[cell];
        if (path.Path.IsRemote)
        {
            counts.Requests[hour]++;
        }

        return joules;
    }

    // A warm case leaves the model the sustained power less the scene's: the same joules take longer. Infinite when the scene alone needs it all.
    private double Slowdown(PathTable path, int cell, DaySegment segment, in ThermalState heat, ref bool throttled)
    {
        if (path.Busy[cell] <= 0 || heat.CaseWatts < _sustained)
        {
            return 1;
        }

        double left = _sustained - segment.CaseWatts;
        double slow = left > 0 ? Math.Max(1, path.Joules[cell] / path.Busy[cell] / left) : double.PositiveInfinity;
        throttled |= slow > 1;
        return slow;
    }

    private static double Gap(ref RandomStream random, double rate) => -Math.Log(random.NextPositiveUnit()) / rate;
}

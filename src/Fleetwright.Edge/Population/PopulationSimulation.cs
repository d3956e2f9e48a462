using Fleetwright.Edge.Placement;
using Fleetwright.Hardware.Statistics;

namespace Fleetwright.Edge.Population;

/// <summary>
/// Draws a day of many users under one policy: what the analytic metrics leave out is batteries that run empty, cases that are warm and models
/// that are slowed by it, and chargers. Users are independent, each with a stream of its own; the result does not depend on the threads.
/// </summary>
public static class PopulationSimulation
{
    internal const int BlockUsers = 1000;

    /// <summary>Simulates a day.</summary>
    /// <param name="question">The device, its users' day and paths.</param>
    /// <param name="policy">Which class goes where.</param>
    /// <param name="users">Users; at least 1.</param>
    /// <param name="seed">Seed of all streams.</param>
    /// <param name="threads">Threads to use; no number depends on it.</param>
    /// <param name="stop">Ends the simulation early with <see cref="OperationCanceledException"/>.</param>
    public static PopulationResult Run(PlacementQuestion question, Policy policy, int users, ulong seed, int threads = 1, CancellationToken stop = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(users, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var plan = new DayPlan(question, policy);
        var simulator = new UserSimulator(plan, RandomStream.SeedOf(seed, question.Product, "day of a user"));
        int blocks = (users + BlockUsers - 1) / BlockUsers;
        var sums = new BlockSums[blocks];
        int workers = Math.Min(threads, blocks);
        Counts[] counts = [.. Enumerable.Range(0, workers).Select(_ => new Counts())];
        int taken = -1;
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers, CancellationToken = stop }, worker =>
        {
            for (int block = Interlocked.Increment(ref taken); block < blocks; block = Interlocked.Increment(ref taken))
            {
                stop.ThrowIfCancellationRequested();
                RunBlock(simulator, block, users, ref sums[block], counts[worker]);
            }
        });

        BlockSums all = default;
        foreach (ref readonly BlockSums block in sums.AsSpan())
        {
            all.Add(block);
        }

        for (int worker = 1; worker < workers; worker++)
        {
            counts[0].Add(counts[worker]);
        }

        return Result(question, users, all, counts[0]);
    }

    internal static void RunBlock(UserSimulator simulator, int block, int users, ref BlockSums sums, Counts counts)
    {
        long end = Math.Min(users, (block + 1L) * BlockUsers);
        for (long user = (long)block * BlockUsers; user < end; user++)
        {
            simulator.Run(user, ref sums, counts);
        }
    }

    private static PopulationResult Result(PlacementQuestion question, int users, in BlockSums all, Counts counts)
    {
        double turns = Math.Max(1, all.Turns);
        double within = all.Within / turns;
        double joules = all.Joules / turns;
        double energy = all.UseJoules / users;
        double spread = Math.Sqrt(Math.Max(0, (all.UseJoulesSquared / users) - (energy * energy)));
        double? hours = question.BatteryJoules is { } battery && all.UseJoules > 0 ? battery * all.UseSeconds / all.UseJoules / 3600 : null;
        return new PopulationResult
        {
            Users = users,
            Turns = all.Turns,
            FirstSound = counts.Times(),
            ShareWithinTarget = new Sampled(within, Math.Sqrt(within * (1 - within) / turns)),
            JoulesPerTurn = new Sampled(joules, Math.Sqrt(Math.Max(0, (all.JoulesSquared / turns) - (joules * joules)) / turns)),

            // The seconds of use are the same for all who are not empty: only the joules vary.
            BatteryHours = hours is { } h ? new Sampled(h, h * spread / energy / Math.Sqrt(users)) : null,
            CloudTurnsPerSecondByHour = [.. counts.Requests.Select(r => r / 3600.0)],
            ShareOfUsersEmpty = (double)all.EmptyUsers / users,
            ShareOfTurnsThrottled = all.Throttled / turns,
            ShareOfTurnsFallenBack = all.FallenBack / turns,
            DollarsPerUserDay = all.Dollars / users,
        };
    }
}

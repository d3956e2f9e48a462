using Fleetwright.Supply.Planning;

namespace Fleetwright.Supply.Analysis;

/// <summary>Independent solves side by side.</summary>
internal static class Parallelly
{
    /// <summary>The results in the order of the inputs, whatever the number of threads.</summary>
    public static TResult[] Map<T, TResult>(
        IReadOnlyList<T> inputs, SupplyOptions options, Func<T, TResult> solve, CancellationToken cancellation)
    {
        TResult[] results = new TResult[inputs.Count];
        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, options.Parallelism), CancellationToken = cancellation };
        try
        {
            Parallel.For(0, inputs.Count, parallel, i => results[i] = solve(inputs[i]));
        }
        catch (AggregateException e) when (e.InnerExceptions.All(i => i is OperationCanceledException))
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (AggregateException e)
        {
            throw e.InnerExceptions.First(i => i is not OperationCanceledException);
        }

        return results;
    }
}

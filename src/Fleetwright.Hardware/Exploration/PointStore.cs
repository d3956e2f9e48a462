namespace Fleetwright.Hardware.Exploration;

/// <summary>The points worked out so far, in the order in which the search asked for them first.</summary>
internal sealed class PointStore(Explorer explorer, ExploreOptions options, long planned)
{
    private readonly Dictionary<long, ExploredPoint> _byIndex = [];
    private readonly List<ExploredPoint> _inOrder = [];

    public IReadOnlyList<ExploredPoint> InOrder => _inOrder;

    public bool IsStopped { get; private set; }

    public int Count => _inOrder.Count;

    /// <summary>Points that may still be worked out.</summary>
    public long Left => planned - _inOrder.Count;

    public bool Has(long index) => _byIndex.ContainsKey(index);

    public ExploredPoint this[long index] => _byIndex[index];

    /// <summary>Works out those of <paramref name="indices"/> that are new, at most as many as are left. Threads fill places of their own, so that they change nothing; a batch that is stopped is dropped whole.</summary>
    public void WorkOut(IReadOnlyList<long> indices)
    {
        var wanted = new List<long>(indices.Count);
        var seen = new HashSet<long>();
        foreach (long index in indices)
        {
            if (wanted.Count < Left && !_byIndex.ContainsKey(index) && seen.Add(index))
            {
                wanted.Add(index);
            }
        }

        if (options.Cancellation.IsCancellationRequested)
        {
            IsStopped = true;
            return;
        }

        var points = new ExploredPoint[wanted.Count];
        ParallelLoopResult result = Parallel.For(0, points.Length, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, options.Threads) }, (i, state) =>
        {
            if (options.Cancellation.IsCancellationRequested)
            {
                state.Stop();
                return;
            }

            points[i] = options.Known.TryGetValue(wanted[i], out ExploredPoint? known) ? known : explorer.Evaluate(wanted[i]);
        });
        if (!result.IsCompleted)
        {
            IsStopped = true;
            return;
        }

        foreach (ExploredPoint point in points)
        {
            _byIndex.Add(point.Index, point);
            _inOrder.Add(point);
        }

        options.Progress?.Invoke(_inOrder.Count, planned);
    }
}

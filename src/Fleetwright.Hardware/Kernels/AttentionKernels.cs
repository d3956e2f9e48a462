using Fleetwright.Catalog.Units;

namespace Fleetwright.Hardware.Kernels;

/// <summary>A chip's attention kernels: the main one of each cache format, those that take certain head sizes from it, and those asked for by name.</summary>
/// <typeparam name="TModel">A kernel.</typeparam>
internal sealed class AttentionKernels<TModel>
    where TModel : class
{
    private readonly Func<Dtype, TModel> _build;
    private readonly TModel?[] _main = new TModel?[Dtypes.All.Count];
    private readonly (int HeadSize, TModel Model)[][] _ofHeadSize = new (int, TModel)[Dtypes.All.Count][];
    private readonly Dictionary<string, TModel?[]> _named = new(StringComparer.Ordinal);

    /// <param name="main">The main kernel of a cache format.</param>
    /// <param name="others">Further kernels: name, cache format, the head sizes that they take from the main one, and the kernel.</param>
    public AttentionKernels(Func<Dtype, TModel> main, IEnumerable<(string Name, Dtype Cache, IReadOnlyList<int> HeadSizes, TModel Model)> others)
    {
        _build = main;
        foreach (Dtype cache in Dtypes.All)
        {
            _ofHeadSize[(int)cache] = [];
        }

        foreach ((string name, Dtype cache, IReadOnlyList<int> headSizes, TModel model) in others)
        {
            if (!_named.TryGetValue(name, out TModel?[]? byFormat))
            {
                _named[name] = byFormat = new TModel?[Dtypes.All.Count];
            }

            byFormat[(int)cache] = model;
            _ofHeadSize[(int)cache] = [.. _ofHeadSize[(int)cache], .. headSizes.Select(s => (s, model))];
        }
    }

    /// <summary>The kernel of that name where there are coefficients of it, else the one that the chip runs.</summary>
    public TModel Of(Dtype cache, int headSize, string? name)
    {
        if (name is not null && _named.TryGetValue(name, out TModel?[]? byFormat) && byFormat[(int)cache] is { } named)
        {
            return named;
        }

        foreach ((int size, TModel model) in _ofHeadSize[(int)cache])
        {
            if (size == headSize)
            {
                return model;
            }
        }

        // Built when first priced; two threads may build the same one: equal, and either is kept.
        return _main[(int)cache] ??= _build(cache);
    }
}

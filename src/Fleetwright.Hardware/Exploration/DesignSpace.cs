using Fleetwright.Catalog;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Systolic;

namespace Fleetwright.Hardware.Exploration;

/// <summary>The grid of designs of a specification: number to design, with nodes and memories looked up once.</summary>
/// <remarks>A point's number counts through the grid with the last parameter fastest. Rules for what goes along with a change: docs/exploring.md.</remarks>
internal sealed class DesignSpace
{
    private readonly ExplorationSpec _spec;
    private readonly int _rows, _columns, _spares, _matrix, _vector, _local, _shared, _sharedBandwidth, _clock, _node, _memory;
    private readonly DesignTechnology[,] _technologies;
    private readonly MemoryOption[] _memories;
    private readonly string[] _nodes;
    private readonly IReadOnlyDictionary<Dtype, MatrixUnit>[] _units;

    public DesignSpace(FleetCatalog catalog, ExplorationSpec spec)
    {
        _spec = spec;
        (_rows, _columns, _spares) = (Place("rows"), Place("columns"), Place("spares"));
        (_matrix, _vector, _local, _shared) = (Place("matrix"), Place("vector"), Place("local_memory"), Place("shared_memory"));
        (_sharedBandwidth, _clock, _node, _memory) = (Place("shared_bandwidth"), Place("clock"), Place("node"), Place("memory"));
        _nodes = _node < 0 ? [spec.Base.Node] : [.. spec.Nodes];
        _memories = _memory < 0 ? [new(spec.Base.MemoryKind, spec.Base.MemoryUnits, spec.Base.MemoryUnitCapacity, spec.Base.MemoryUnitBandwidth)] : [.. spec.Memories];
        _technologies = new DesignTechnology[_nodes.Length, _memories.Length];
        for (int n = 0; n < _nodes.Length; n++)
        {
            for (int m = 0; m < _memories.Length; m++)
            {
                _technologies[n, m] = new DesignTechnology(catalog.Nodes.Get(_nodes[n]), catalog.Memories.Get(_memories[m].Kind));
            }
        }

        _units = _matrix < 0 ? [spec.Base.Matrix] : [.. spec.Parameters[_matrix].Values.Select(f => Scaled(spec.Base.Matrix, f))];
    }

    /// <summary>How many values each parameter takes.</summary>
    public int[] Counts => [.. _spec.Parameters.Select(p => p.Count)];

    /// <summary>The choices of a point.</summary>
    public void Decode(long index, Span<int> choices)
    {
        for (int i = choices.Length - 1; i >= 0; i--)
        {
            int count = _spec.Parameters[i].Count;
            choices[i] = (int)(index % count);
            index /= count;
        }
    }

    /// <summary>The number of the point with these choices.</summary>
    public long Encode(ReadOnlySpan<int> choices)
    {
        long index = 0;
        for (int i = 0; i < choices.Length; i++)
        {
            index = (index * _spec.Parameters[i].Count) + choices[i];
        }

        return index;
    }

    /// <summary>The design of a point; its package power is not set yet.</summary>
    public (ChipDesign Design, DesignTechnology Technology) At(ReadOnlySpan<int> choices)
    {
        ChipDesign origin = _spec.Base;
        int node = _node < 0 ? 0 : choices[_node], place = _memory < 0 ? 0 : choices[_memory];
        MemoryOption memory = _memories[place];
        int rows = (int)Value(choices, _rows, origin.Rows), columns = (int)Value(choices, _columns, origin.Columns);
        bool own = memory.Kind == origin.MemoryKind;
        ChipDesign design = origin with
        {
            Name = _spec.Name,
            Node = _nodes[node],
            Rows = rows,
            Columns = columns,
            SpareElements = (int)Value(choices, _spares, origin.SpareElements),
            Matrix = _units[_matrix < 0 ? 0 : choices[_matrix]],
            VectorOperations = Value(choices, _vector, origin.VectorOperations),
            LocalMemory = Value(choices, _local, origin.LocalMemory),
            SharedMemory = Value(choices, _shared, origin.SharedMemory),
            // The fabric grows with the grid: each processing element keeps its bytes a cycle.
            SharedMemoryBandwidth = origin.SharedMemoryBandwidth * rows * columns / origin.Elements,
            MemoryKind = memory.Kind,
            MemoryUnits = memory.Units,
            MemoryUnitCapacity = memory.UnitCapacity ?? (own ? origin.MemoryUnitCapacity : null),
            MemoryUnitBandwidth = memory.UnitBandwidth ?? (own ? origin.MemoryUnitBandwidth : null),
            // A measured area of an element is of the base's element; a changed one is built origin its parts.
            ElementArea = _matrix < 0 && _vector < 0 && _local < 0 && _node < 0 ? origin.ElementArea : null,
        };
        if (_clock >= 0)
        {
            design = design.AtClock(_spec.Parameters[_clock].Values[choices[_clock]]);
        }

        return (_sharedBandwidth < 0 ? design : design with { SharedMemoryBandwidth = _spec.Parameters[_sharedBandwidth].Values[choices[_sharedBandwidth]] }, _technologies[node, place]);
    }

    /// <summary>The neighbours of a point along a parameter: a step down and up of an ordered one; of a memory those with a step fewer or more units and the nearest capacity of other kinds; every other node.</summary>
    public IEnumerable<int> Neighbours(int parameter, int choice)
    {
        SweptParameter swept = _spec.Parameters[parameter];
        if (swept.IsOrdered)
        {
            return new[] { choice - 1, choice + 1 }.Where(c => c >= 0 && c < swept.Count);
        }

        if (parameter != _memory)
        {
            return Enumerable.Range(0, swept.Count).Where(c => c != choice);
        }

        MemoryOption here = _memories[choice];
        int[] same = [.. Enumerable.Range(0, _memories.Length).Where(m => _memories[m].Kind == here.Kind).OrderBy(m => _memories[m].Units)];
        int at = Array.IndexOf(same, choice);
        IEnumerable<int> others = Enumerable.Range(0, _memories.Length).Where(m => _memories[m].Kind != here.Kind).GroupBy(m => _memories[m].Kind)
            .Select(g => g.MinBy(m => Math.Abs(Math.Log(Capacity(m) / Capacity(choice)))));
        return [.. same.Where((_, i) => Math.Abs(i - at) == 1), .. others];
    }

    /// <summary>The matrix units with arrays of <paramref name="factor"/> times the columns (or multiply-adds).</summary>
    public static IReadOnlyDictionary<Dtype, MatrixUnit> Scaled(IReadOnlyDictionary<Dtype, MatrixUnit> units, double factor) =>
        units.ToDictionary(u => u.Key, u => u.Value.Array is { } array
            ? new MatrixUnit(u.Value.MacsPerCycle * factor, new SystolicArray(array.Height, (int)Math.Round(array.Width * factor)))
            : new MatrixUnit(u.Value.MacsPerCycle * factor));

    private double Capacity(int memory) => _memories[memory].Units * (_memories[memory].UnitCapacity ?? (_memories[memory].Kind == _spec.Base.MemoryKind ? _spec.Base.MemoryUnitCapacity : null) ?? _technologies[0, memory].Memory.Capacity?.Value ?? 1);

    private double Value(ReadOnlySpan<int> choices, int parameter, double absent) => parameter < 0 ? absent : _spec.Parameters[parameter].Values[choices[parameter]];

    private int Place(string key)
    {
        for (int i = 0; i < _spec.Parameters.Count; i++)
        {
            if (_spec.Parameters[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }
}

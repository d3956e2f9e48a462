namespace Fleetwright.Supply.Linear;

/// <summary>A mixed-integer linear programme to be minimised, whatever solver reads it: columns with bounds, costs and integrality, rows with bounds.</summary>
/// <remarks>Names are for people and for tests; <see cref="MpsWriter"/> gives every column and row a short safe one of its own.</remarks>
internal sealed class LinearModel
{
    private readonly List<LinearColumn> _columns = [];
    private readonly List<LinearRow> _rows = [];
    private readonly List<List<(int Row, double Value)>> _entries = [];

    public IReadOnlyList<LinearColumn> Columns => _columns;

    public IReadOnlyList<LinearRow> Rows => _rows;

    /// <summary>A constant added to the objective.</summary>
    public double ObjectiveConstant { get; set; }

    public bool HasIntegers => _columns.Exists(c => c.IsInteger);

    /// <summary>The non-zero coefficients of a column, in the order in which they were set; one for each row.</summary>
    public IReadOnlyList<(int Row, double Value)> Entries(int column) => _entries[column];

    public int AddColumn(string name, double lower, double upper, double cost = 0, bool isInteger = false)
    {
        _columns.Add(new LinearColumn(name, lower, upper, cost, isInteger));
        _entries.Add([]);
        return _columns.Count - 1;
    }

    /// <summary>A row <c>lower ≤ Σ coefficient × column ≤ upper</c>; terms that name the same column twice are added.</summary>
    public int AddRow(string name, double lower, double upper, IEnumerable<(int Column, double Coefficient)> terms)
    {
        int row = _rows.Count;
        _rows.Add(new LinearRow(name, lower, upper));
        foreach ((int column, double coefficient) in terms)
        {
            Add(row, column, coefficient);
        }

        return row;
    }

    public int AtMost(string name, IEnumerable<(int Column, double Coefficient)> terms, double limit) =>
        AddRow(name, double.NegativeInfinity, limit, terms);

    public int AtLeast(string name, IEnumerable<(int Column, double Coefficient)> terms, double limit) =>
        AddRow(name, limit, double.PositiveInfinity, terms);

    public void AddCost(int column, double cost) =>
        _columns[column] = _columns[column] with { Cost = _columns[column].Cost + cost };

    public void Fix(int column, double value) =>
        _columns[column] = _columns[column] with { Lower = value, Upper = value };

    /// <summary>Lets a column take any value from its lower bound up.</summary>
    public void Relax(int column) =>
        _columns[column] = _columns[column] with { IsInteger = false, Upper = double.PositiveInfinity };

    private void Add(int row, int column, double coefficient)
    {
        if (coefficient == 0)
        {
            return;
        }

        List<(int Row, double Value)> entries = _entries[column];
        if (entries.Count > 0 && entries[^1].Row == row)
        {
            entries[^1] = (row, entries[^1].Value + coefficient);
        }
        else
        {
            entries.Add((row, coefficient));
        }
    }
}

/// <summary>A variable with its bounds and its cost in the objective.</summary>
internal readonly record struct LinearColumn(string Name, double Lower, double Upper, double Cost, bool IsInteger);

/// <summary>A constraint's bounds.</summary>
internal readonly record struct LinearRow(string Name, double Lower, double Upper);

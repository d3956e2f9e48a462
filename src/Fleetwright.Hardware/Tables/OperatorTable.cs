using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Chips;

namespace Fleetwright.Hardware.Tables;

/// <summary>A kind of table of operators: its columns, and how a row of it is priced. The columns are those of aiconfigurator's tables as tidied in <c>shared/data/kernels</c>.</summary>
public abstract class OperatorTable
{
    /// <summary>Column of the measured time, in milliseconds.</summary>
    public const string Measured = "latency_ms";

    // A column such as "window_size=0" may be absent: the value then stands for it.
    private protected OperatorTable(string name, params string[] columns)
    {
        Name = name;
        Columns = [.. columns.Select(c => c.Split('=')[0])];
        Absent = [.. columns.Select(c => c.Split('=') is [_, string value] ? value : null)];
    }

    /// <summary>The kinds of tables that can be priced.</summary>
    public static IReadOnlyList<OperatorTable> All { get; } =
        [new GemmTable(), new AttentionTable("context_attention"), new AttentionTable("generation_attention"), new ExpertTable(), new AllReduceTable()];

    /// <summary>The name on the command line and of its files, such as <c>gemm</c> for <c>gemm.csv.gz</c>.</summary>
    public string Name { get; }

    /// <summary>Columns that a row needs, in the order in which <see cref="Price"/> gets them.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>What stands for a column that a file lacks; null where the file must have it.</summary>
    internal IReadOnlyList<string?> Absent { get; }

    /// <summary>Prices a row. Safe to call from several threads.</summary>
    /// <param name="chip">The chip.</param>
    /// <param name="row">The row; fields in the order of <see cref="Columns"/>.</param>
    /// <exception cref="InputException">A field is not what its column holds.</exception>
    internal abstract PricedRow Price(ChipModel chip, in TableRow row);

    /// <summary>The kind called <paramref name="name"/>.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static OperatorTable Get(string name) =>
        All.FirstOrDefault(t => t.Name == name) ?? throw new InputException("--table", $"found '{name}'; allowed: {string.Join(", ", All.Select(t => t.Name))}{NearMiss.Suggestion(name, All.Select(t => t.Name))}");
}

/// <summary>A row of a table file: its fields, its text and its place.</summary>
/// <param name="Table">The file that it came from.</param>
/// <param name="Line">1-based line.</param>
/// <param name="Fields">Fields of the table's columns, in their order.</param>
/// <param name="Text">The line as it was, without its end.</param>
/// <param name="MeasuredSeconds">The measured time; NaN when the file has none.</param>
internal readonly record struct TableRow(TableSource Table, long Line, string[] Fields, string Text, double MeasuredSeconds)
{
    public string this[int column] => Fields[column];

    public int Whole(int column, int minimum)
    {
        if (int.TryParse(Fields[column], NumberStyles.Integer, CultureInfo.InvariantCulture, out int value) && value >= minimum)
        {
            return value;
        }

        // Some collectors write whole numbers as 128.0.
        return double.TryParse(Fields[column], NumberStyles.Float, CultureInfo.InvariantCulture, out double real) && real >= minimum && real == Math.Floor(real) && real <= int.MaxValue
            ? (int)real
            : throw Wrong(column, FormattableString.Invariant($"a whole number from {minimum}"));
    }

    public Dtype Format(int column) => Dtypes.TryParse(Fields[column], out Dtype format) ? format : throw Wrong(column, string.Join(", ", Dtypes.All.Select(d => d.Name())));

    public InputException Wrong(int column, string allowed) =>
        new([new Diagnostic(Table.Path, Line, Table.Places[column] + 1, Table.Columns[column], $"found '{Fields[column]}'; allowed: {allowed}")]);
}

/// <summary>The file that rows come from.</summary>
/// <param name="Path">As the user named it.</param>
/// <param name="Header">Its first line.</param>
/// <param name="Columns">The table's columns.</param>
/// <param name="Places">Which field of a line each column is.</param>
/// <param name="MeasuredPlace">Which field holds the measured time; -1 when none does.</param>
internal sealed record TableSource(string Path, string Header, IReadOnlyList<string> Columns, int[] Places, int MeasuredPlace);

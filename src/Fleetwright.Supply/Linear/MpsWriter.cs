using System.Globalization;

namespace Fleetwright.Supply.Linear;

/// <summary>Writes a model as free-format MPS, the one text that every solver reads. Column <c>i</c> is named <c>Ci</c>, row <c>i</c> is <c>Ri</c>.</summary>
/// <remarks>Numbers are written so that they read back to the same double. The layout follows the CBC and HiGHS readers:
/// the objective's constant is the negated right-hand side of the objective row; a range row is written as L with its width in RANGES.</remarks>
internal static class MpsWriter
{
    public static void Write(LinearModel model, TextWriter writer)
    {
        writer.Write("NAME FLEETWRIGHT FREE\nROWS\n N OBJ\n");
        for (int i = 0; i < model.Rows.Count; i++)
        {
            writer.Write($" {Sense(model.Rows[i])} R{i}\n");
        }

        WriteColumns(model, writer);
        WriteRightHandSides(model, writer);
        WriteRanges(model, writer);
        WriteBounds(model, writer);
        writer.Write("ENDATA\n");
    }

    private static char Sense(LinearRow row) =>
        row.Lower == row.Upper ? 'E'
        : !double.IsInfinity(row.Upper) ? 'L'
        : !double.IsInfinity(row.Lower) ? 'G'
        : throw new ArgumentException($"row {row.Name} has no bound");

    private static void WriteColumns(LinearModel model, TextWriter writer)
    {
        writer.Write("COLUMNS\n");
        int markers = 0;
        bool inIntegers = false;
        for (int j = 0; j < model.Columns.Count; j++)
        {
            LinearColumn column = model.Columns[j];
            if (column.IsInteger != inIntegers)
            {
                writer.Write($" M{markers++} 'MARKER' {(column.IsInteger ? "'INTORG'" : "'INTEND'")}\n");
                inIntegers = column.IsInteger;
            }

            // A column must be named here even where it occurs nowhere, or its bounds are about nothing.
            if (column.Cost != 0 || model.Entries(j).Count == 0)
            {
                writer.Write($" C{j} OBJ {Text(column.Cost)}\n");
            }

            foreach ((int row, double value) in model.Entries(j))
            {
                writer.Write($" C{j} R{row} {Text(value)}\n");
            }
        }

        if (inIntegers)
        {
            writer.Write($" M{markers} 'MARKER' 'INTEND'\n");
        }
    }

    private static void WriteRightHandSides(LinearModel model, TextWriter writer)
    {
        writer.Write("RHS\n");
        if (model.ObjectiveConstant != 0)
        {
            writer.Write($" RHS OBJ {Text(-model.ObjectiveConstant)}\n");
        }

        for (int i = 0; i < model.Rows.Count; i++)
        {
            double side = Sense(model.Rows[i]) == 'G' ? model.Rows[i].Lower : model.Rows[i].Upper;
            if (side != 0)
            {
                writer.Write($" RHS R{i} {Text(side)}\n");
            }
        }
    }

    private static void WriteRanges(LinearModel model, TextWriter writer)
    {
        bool headed = false;
        for (int i = 0; i < model.Rows.Count; i++)
        {
            LinearRow row = model.Rows[i];
            if (row.Lower < row.Upper && !double.IsInfinity(row.Lower) && !double.IsInfinity(row.Upper))
            {
                writer.Write(headed ? "" : "RANGES\n");
                headed = true;
                writer.Write($" RNG R{i} {Text(row.Upper - row.Lower)}\n");
            }
        }
    }

    private static void WriteBounds(LinearModel model, TextWriter writer)
    {
        writer.Write("BOUNDS\n");
        for (int j = 0; j < model.Columns.Count; j++)
        {
            LinearColumn column = model.Columns[j];
            switch (column.Lower, column.Upper)
            {
                case (double.NegativeInfinity, double.PositiveInfinity):
                    writer.Write($" FR BND C{j}\n");
                    break;
                case var (lower, upper) when lower == upper:
                    writer.Write($" FX BND C{j} {Text(lower)}\n");
                    break;
                default:
                    WriteBounds(writer, j, column);
                    break;
            }
        }
    }

    private static void WriteBounds(TextWriter writer, int index, LinearColumn column)
    {
        if (double.IsNegativeInfinity(column.Lower))
        {
            writer.Write($" MI BND C{index}\n");
        }
        else if (column.Lower != 0)
        {
            writer.Write($" LO BND C{index} {Text(column.Lower)}\n");
        }

        if (!double.IsPositiveInfinity(column.Upper))
        {
            writer.Write($" UP BND C{index} {Text(column.Upper)}\n");
        }
        else if (column.IsInteger)
        {
            // Without a bound, some readers take an integer column for a binary one.
            writer.Write($" PL BND C{index}\n");
        }
    }

    private static string Text(double value) => double.IsFinite(value)
        ? value.ToString("R", CultureInfo.InvariantCulture)
        : throw new ArgumentException($"a coefficient of the model is {value.ToString(CultureInfo.InvariantCulture)}");
}

using Fleetwright.Supply.Linear;

namespace Fleetwright.Supply.Tests;

public class MpsWriterTests
{
    [Fact]
    public void A_model_with_every_kind_of_bound_and_row_is_written_as_by_hand()
    {
        LinearModel model = new() { ObjectiveConstant = 5 };
        int x = model.AddColumn("x", 0, 10, 1);
        int n = model.AddColumn("n", 0, double.PositiveInfinity, -2.5, isInteger: true);
        int free = model.AddColumn("free", double.NegativeInfinity, double.PositiveInfinity);
        int fixedOne = model.AddColumn("fixed", 3, 3, 0.1);
        int negative = model.AddColumn("negative", double.NegativeInfinity, -1, 1);
        model.AddColumn("alone", 2, 7);
        model.AtMost("most", [(x, 1), (n, 3)], 4);
        model.AtLeast("least", [(n, 1), (free, 1.0 / 3)], -1);
        model.AddRow("same", 2, 2, [(x, 1), (free, -1), (x, 1)]);
        model.AddRow("range", 1, 9, [(fixedOne, 1), (negative, 1e-9)]);
        using StringWriter writer = new();
        MpsWriter.Write(model, writer);
        const string expected = """
            NAME FLEETWRIGHT FREE
            ROWS
             N OBJ
             L R0
             G R1
             E R2
             L R3
            COLUMNS
             C0 OBJ 1
             C0 R0 1
             C0 R2 2
             M0 'MARKER' 'INTORG'
             C1 OBJ -2.5
             C1 R0 3
             C1 R1 1
             M1 'MARKER' 'INTEND'
             C2 R1 0.3333333333333333
             C2 R2 -1
             C3 OBJ 0.1
             C3 R3 1
             C4 OBJ 1
             C4 R3 1E-09
             C5 OBJ 0
            RHS
             RHS OBJ -5
             RHS R0 4
             RHS R1 -1
             RHS R2 2
             RHS R3 9
            RANGES
             RNG R3 8
            BOUNDS
             UP BND C0 10
             PL BND C1
             FR BND C2
             FX BND C3 3
             MI BND C4
             UP BND C4 -1
             LO BND C5 2
             UP BND C5 7
            ENDATA

            """;
        Assert.Equal(expected, writer.ToString());
    }

    [Fact]
    public void A_coefficient_that_is_not_a_number_is_refused()
    {
        LinearModel model = new();
        model.AddColumn("x", 0, 1, double.NaN);
        using StringWriter writer = new();
        Assert.Throws<ArgumentException>(() => MpsWriter.Write(model, writer));
    }
}

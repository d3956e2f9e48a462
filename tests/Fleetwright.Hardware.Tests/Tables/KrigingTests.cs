using Fleetwright.Hardware.Tables;
using FsCheck;
using FsCheck.Fluent;

namespace Fleetwright.Hardware.Tests.Tables;

public class KrigingTests
{
    [Fact]
    public void The_tree_finds_the_points_that_a_search_of_all_finds() =>
        Prop.ForAll(Arb.From(Gen.Choose(1, 400)), Arb.From(Gen.Choose(1, 5)), Arb.From(Gen.Choose(0, 1_000_000)), (count, dimensions, seed) =>
        {
            // Whole coordinates, so that many distances tie.
            double[] coordinates = Whole(seed, count * dimensions, 7), query = Whole(seed + 1, dimensions, 9);
            var near = new int[Math.Min(count, 10)];
            var distances = new double[near.Length];
            int found = new NearestPoints(coordinates, dimensions).Find(query, near, distances);
            int[] expected = [.. Enumerable.Range(0, count).OrderBy(p => Distance(coordinates, query, p)).ThenBy(p => p).Take(near.Length)];
            return found == near.Length && near.SequenceEqual(expected) && distances.SequenceEqual(expected.Select(p => Distance(coordinates, query, p)));
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_point_of_the_table_is_answered_with_its_own_value()
    {
        (ShapePoint[] shapes, double[] values) = Grid((m, n) => (0.1 * m * m) - n);
        var kriging = new Kriging(shapes, values);
        Assert.All(shapes.Zip(values), p => Assert.Equal(p.Second, kriging.At(p.First), 1e-12));
    }

    [Fact]
    public void A_value_between_points_of_a_plane_lies_on_the_plane()
    {
        (ShapePoint[] shapes, double[] values) = Grid((m, n) => (0.2 * m) - (0.1 * n));
        double at = new Kriging(shapes, values).At(ShapePoint.Of(Math.Pow(2, 4.5), Math.Pow(2, 3.5)));
        Assert.Equal((0.2 * 4.5) - (0.1 * 3.5), at, 0.02);
    }

    [Fact]
    public void Far_beyond_the_points_the_value_stays_within_theirs()
    {
        (ShapePoint[] shapes, double[] values) = Grid((m, n) => Math.Sin(m) + Math.Cos(n));
        double at = new Kriging(shapes, values).At(ShapePoint.Of(Math.Pow(2, 40), Math.Pow(2, 40)));
        Assert.InRange(at, values.Min(), values.Max());
    }

    [Fact]
    public void Of_values_that_are_skewed_noise_the_one_between_lies_where_most_do()
    {
        // Seven of ten within 0.02 of zero, three near 0.4: their mean is 0.13.
        const int Side = 20;
        double[] values = [.. Whole(5, Side * Side, 10).Select(d => d < 7 ? 0.003 * d : 0.05 * d)];
        ShapePoint[] shapes = [.. Enumerable.Range(0, Side * Side).Select(i => ShapePoint.Of(Math.Pow(2, i / Side), Math.Pow(2, i % Side)))];
        var kriging = new Kriging(shapes, values);
        double[] between = [.. shapes.Select(s => kriging.At(ShapePoint.Of(Math.Pow(2, s[0] + 0.5), Math.Pow(2, s[1] + 0.5)))).Order()];
        Assert.InRange(between[between.Length / 2], -0.03, 0.06);
    }

    [Fact]
    public void Measurements_of_one_shape_are_averaged()
    {
        ShapePoint shape = ShapePoint.Of(8, 8), other = ShapePoint.Of(16, 8);
        Assert.Equal(0.2, new Kriging([shape, shape, other], [0.1, 0.3, 5]).At(shape), 1e-12);
    }

    private static (ShapePoint[] Shapes, double[] Values) Grid(Func<int, int, double> value)
    {
        (int M, int N)[] places = [.. Enumerable.Range(0, 9).SelectMany(m => Enumerable.Range(0, 9).Select(n => (m, n)))];
        return ([.. places.Select(p => ShapePoint.Of(1 << p.M, 1 << p.N))], [.. places.Select(p => value(p.M, p.N))]);
    }

    private static double Distance(double[] coordinates, double[] query, int point) =>
        query.Select((q, d) => Math.Abs(q - coordinates[(point * query.Length) + d])).Sum();

    // A multiplicative generator is random enough here and needs no seed from outside.
    private static double[] Whole(int seed, int count, int below)
    {
        var values = new double[count];
        uint state = ((uint)seed * 2654435761) + 1;
        for (int i = 0; i < count; i++)
        {
            state = (state * 1664525) + 1013904223;
            values[i] = (state >> 16) % below;
        }

        return values;
    }
}

using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic.Randomness;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Random numbers against the distributions that they are said to have.</summary>
public sealed class RandomStreamTests
{
    private const int Draws = 1_000_000;

    // The Kolmogorov-Smirnov statistic × √n exceeds this once in 10⁵ runs; the seeds are fixed.
    private const double WorstKs = 2.5;

    [Fact]
    public void Normal_numbers_follow_the_normal_distribution()
    {
        var random = new RandomStream(1, "test", "normal");
        double[] numbers = new double[Draws];
        for (int i = 0; i < Draws; i++)
        {
            numbers[i] = Ziggurat.Normal(ref random);
        }

        Assert.InRange(numbers.Average(), -0.004, 0.004);
        Assert.InRange(numbers.Average(x => x * x), 0.995, 1.005);
        Assert.InRange(numbers.Average(x => x * x * x * x), 2.95, 3.05);

        // Beyond the edge of the lowest layer, where numbers come from elsewhere: 2 (1 − Φ(r)) = 2.58e-4 of them, φ(r) / (1 − Φ(r)) in the mean.
        const double Edge = 3.6541528853610088;
        double[] tail = [.. numbers.Select(Math.Abs).Where(x => x > Edge)];
        Assert.InRange(tail.Length, 200, 320);
        double mean = Math.Exp(-0.5 * Edge * Edge) / Math.Sqrt(2 * Math.PI) / (0.5 * Erfc(Edge / Math.Sqrt(2)));
        Assert.InRange(tail.Average() - mean, -0.06, 0.06);
        Assert.InRange(Ks(numbers, x => x < 0 ? 0.5 * Erfc(-x / Math.Sqrt(2)) : 1 - (0.5 * Erfc(x / Math.Sqrt(2)))), 0, WorstKs);
    }

    [Fact]
    public void Exponential_numbers_follow_the_exponential_distribution()
    {
        var random = new RandomStream(1, "test", "exponential");
        double[] numbers = new double[Draws];
        for (int i = 0; i < Draws; i++)
        {
            numbers[i] = Ziggurat.Exponential(ref random);
        }

        Assert.InRange(numbers.Average(), 0.996, 1.004);
        const double Edge = 7.69711747013104972; // e^-7.697 = 4.54e-4
        double[] tail = [.. numbers.Where(x => x > Edge)];
        Assert.InRange(tail.Length, 360, 550);
        Assert.InRange(tail.Average() - Edge, 0.8, 1.2);
        Assert.InRange(Ks(numbers, x => 1 - Math.Exp(-x)), 0, WorstKs);
    }

    [Theory]
    [InlineData(0.05)]
    [InlineData(0.7)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(43750)]
    public void Gamma_numbers_have_the_mean_and_variance_of_their_shape(double shape)
    {
        var random = new RandomStream(1, "test", "gamma");
        var gamma = new GammaDraw(shape);
        double sum = 0, squares = 0;
        for (int i = 0; i < Draws; i++)
        {
            double x = gamma.Next(ref random);
            sum += x;
            squares += (x - shape) * (x - shape);
        }

        Assert.InRange(sum / Draws / shape, 1 - (5 / Math.Sqrt(shape * Draws)), 1 + (5 / Math.Sqrt(shape * Draws)));

        // The variance of the square is (2 + 6 / shape) of the variance's square.
        double error = 5 * Math.Sqrt((2 + (6 / shape)) / Draws);
        Assert.InRange(squares / Draws / shape, 1 - error, 1 + error);
    }

    [Theory]
    [InlineData(0.5, 1.7724538509055159)]
    [InlineData(1, 1)]
    [InlineData(1.25, 0.90640247705547705)]
    [InlineData(6, 120)]
    [InlineData(51, 3.0414093201713376e64)]
    public void The_gamma_function_is_that_of_tables(double x, double expected) => Assert.Equal(1, GammaFunction.Of(x) / expected, 1e-12);

    [Fact]
    public void Streams_of_other_seeds_entities_and_purposes_differ_and_the_same_names_give_the_same()
    {
        static ulong First(ulong seed, string entity, string purpose) => new RandomStream(seed, entity, purpose).Next();
        Assert.Equal(First(1, "a", "b"), First(1, "a", "b"));
        ulong[] firsts = [First(1, "a", "b"), First(2, "a", "b"), First(1, "ab", ""), First(1, "", "ab"), First(1, "b", "a"), First(1, "a", "bc"), First(1, "ab", "c")];
        Assert.Equal(firsts.Length, firsts.Distinct().Count());
    }

    [Fact]
    public void Alias_tables_draw_by_weight()
    {
        double[] weights = [0, 5, 1, 0, 3, 1, 0.001];
        var table = new AliasTable(weights);
        var random = new RandomStream(1, "test", "alias");
        int[] counts = new int[weights.Length];
        for (int i = 0; i < Draws; i++)
        {
            counts[table.Next(ref random)]++;
        }

        for (int i = 0; i < weights.Length; i++)
        {
            double expected = Draws * weights[i] / weights.Sum();
            Assert.InRange(counts[i], expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    private static double Ks(double[] numbers, Func<double, double> distribution)
    {
        Array.Sort(numbers);
        return Math.Sqrt(numbers.Length) * numbers.Select((x, i) => Math.Abs(distribution(x) - ((i + 0.5) / numbers.Length))).Max();
    }

    // Chebyshev fit of Numerical Recipes (Press et al., erfc), relative error below 1.2e-7.
    private static double Erfc(double z)
    {
        double t = 1 / (1 + (0.5 * z));
        return t * Math.Exp((-z * z) - 1.26551223 + (t * (1.00002368 + (t * (0.37409196 + (t * (0.09678418 + (t * (-0.18628806 + (t * (0.27886807
            + (t * (-1.13520398 + (t * (1.48851587 + (t * (-0.82215223 + (t * 0.17087277))))))))))))))))));
    }
}

using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Lengths;
using Fleetwright.Serving.Simulation.Traffic.Randomness;
using Fleetwright.Serving.Workloads;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Lengths against the moments that they are said to have.</summary>
public sealed class LengthTests
{
    private const int Count = 400_000;

    [Theory]
    [InlineData("lognormal:1024,0.8", 1024, 0.8)]
    [InlineData("lognormal:256,0", 256, 0)]
    [InlineData("lognormal:median=800,sigma=0.5", 906.5188, 0.53294)] // 800 e^0.125, √(e^0.25 − 1)
    [InlineData("512", 512, 0)]
    [InlineData("constant:512", 512, 0)]
    [InlineData("uniform:10,200", 105, 0.5250793)] // √((191² − 1) / 12) / 105
    public void Lengths_have_the_mean_and_variation_that_they_are_said_to_have(string text, double mean, double cv)
    {
        LengthModel model = LengthText.Parse("--input", text);
        Assert.Equal(mean, model.Mean, 1e-3);
        int[] lengths = Draw(model);
        double average = lengths.Average();
        Assert.InRange(average / mean, 1 - (6 * cv / Math.Sqrt(Count)) - 1e-9, 1 + (6 * cv / Math.Sqrt(Count)) + 1e-9);
        Assert.InRange(Math.Sqrt(lengths.Average(l => (l - average) * (l - average))) / average, cv * 0.98, (cv * 1.02) + 1e-9);
    }

    [Fact]
    public void The_steady_state_models_lengths_are_taken_as_they_are()
    {
        LengthModel model = new LengthDistribution(300, 0.5);
        Assert.Equal(new LognormalLength(300, 0.5), model);
    }

    [Fact]
    public void A_cap_cuts_and_no_length_is_below_one()
    {
        int[] lengths = Draw(LengthText.Parse("--input", "lognormal:4,3,cap=40"));
        Assert.Equal(1, lengths.Min());
        Assert.Equal(40, lengths.Max());
        Assert.Equal(7, Draw(LengthText.Parse("--input", "512,cap=7")).Max());
        Assert.Equal(15, Draw(LengthText.Parse("--input", "uniform:10,20,cap=15")).Max());
    }

    [Fact]
    public void Empirical_lengths_occur_as_often_as_they_should()
    {
        var model = new EmpiricalLength([5, 10, 20], [1, 0, 3]) { Cap = 18 };
        Assert.Equal(16.25, model.Mean);
        int[] lengths = Draw(model);
        Assert.InRange(lengths.Count(l => l == 5) / (double)Count, 0.246, 0.254);
        Assert.Equal(Count, lengths.Count(l => l is 5 or 18));
    }

    [Fact]
    public void Pairs_stay_together_and_a_longer_trace_is_sampled_evenly()
    {
        var few = PairedLengths.Of(new ListSource([.. Enumerable.Range(0, 100).Select(i => new Request(i, i, i + 1, 1000 + i))]));
        Assert.Equal(100, few.Count);
        PairDraw draw = few.Start(1, "pairs");
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(draw.Next(0, out int output) + 999, output);
        }

        draw = (few with { InOrder = true }).Start(1, "pairs");
        Assert.Equal(Enumerable.Range(0, 250).Select(i => (i % 100) + 1), Enumerable.Range(0, 250).Select(_ => draw.Next(0, out int _)));

        var many = PairedLengths.Of(new ListSource([.. Enumerable.Range(0, 100_000).Select(i => new Request(i, i, i + 1, 1))]), 1, 10_000);
        Assert.Equal(10_000, many.Count);
        Assert.InRange(many.Prompts.Mean, 50_000 - 1500, 50_000 + 1500);
        Assert.Equal(1, many.Outputs.Mean);
    }

    [Theory]
    [InlineData("lognorm:1024,0.8", "did you mean lognormal")]
    [InlineData("lognormal:1024", "allowed:")]
    [InlineData("lognormal:x,1", "a number")]
    [InlineData("lognormal:-5,1", "a mean above 0")]
    [InlineData("lognormal:1024,-1", "0 to 100")]
    [InlineData("0", "1 to")]
    [InlineData("12.5", "a whole number")]
    [InlineData("uniform:20,10", "in this order")]
    [InlineData("512,cap=0", "1 to")]
    [InlineData("", "a whole number")]
    public void A_wrong_length_is_told(string text, string said)
    {
        InputException error = Assert.Throws<InputException>(() => LengthText.Parse("--input", text));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--input", error.Message, StringComparison.Ordinal);
    }

    private static int[] Draw(LengthModel model)
    {
        LengthDraw draw = model.Draw();
        var random = new RandomStream(1, "test", "lengths");
        int[] lengths = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            lengths[i] = draw.Next(ref random);
        }

        return lengths;
    }
}

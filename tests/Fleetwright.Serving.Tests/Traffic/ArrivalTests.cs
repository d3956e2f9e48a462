using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation;
using Fleetwright.Serving.Simulation.Traffic;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;

namespace Fleetwright.Serving.Tests.Traffic;

/// <summary>Arrival processes against their closed forms.</summary>
public sealed class ArrivalTests
{
    private const int Count = 400_000;

    public static TheoryData<string> Gaps => ["poisson", "constant", "gamma:0.5", "gamma:3", "gamma:shape=4", "weibull:0.4", "weibull:2.5", "weibull:shape=0.5"];

    [Theory]
    [MemberData(nameof(Gaps))]
    public void Gaps_have_the_mean_and_variation_that_they_are_said_to_have(string text)
    {
        GapModel model = GapModel.Parse("--arrivals", text);
        double[] gaps = GapsOf(new ArrivalModel(new ConstantRate(20), model));
        double mean = gaps.Average();
        Assert.InRange(mean * 20, 1 - (6 * model.Cv / Math.Sqrt(Count)) - 1e-6, 1 + (6 * model.Cv / Math.Sqrt(Count)) + 1e-6);
        double cv = Math.Sqrt(gaps.Average(g => (g - mean) * (g - mean))) / mean;
        Assert.InRange(cv, (model.Cv * 0.97) - 1e-6, (model.Cv * 1.03) + 1e-6);
    }

    [Theory]
    [InlineData("gamma:2.5", 2.5)]
    [InlineData("gamma:shape=4", 0.5)]
    [InlineData("weibull:2", 2)]
    [InlineData("weibull:0.02", 0.02)]
    [InlineData("weibull:shape=1", 1)]
    [InlineData("weibull:shape=0.5", 2.2360679774997896)] // √5: Γ(5) / Γ(3)² − 1
    [InlineData("poisson", 1)]
    public void A_model_knows_its_variation(string text, double cv) => Assert.Equal(cv, GapModel.Parse("--arrivals", text).Cv, 1e-9);

    [Theory]
    [InlineData("gama:2", "gamma")]
    [InlineData("gamma", "gamma:CV")]
    [InlineData("gamma:x", "a number")]
    [InlineData("gamma:-1", "0.001 to")]
    [InlineData("weibull:1000", "0.001 to 100")]
    [InlineData("weibull:shape=0", "0.02 to")]
    public void A_wrong_model_is_told(string text, string said) =>
        Assert.Contains(said, Assert.Throws<InputException>(() => GapModel.Parse("--arrivals", text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("poisson")]
    [InlineData("gamma:2")]
    [InlineData("weibull:2")]
    public void Counts_of_long_windows_disperse_by_the_square_of_the_variation(string text)
    {
        GapModel model = GapModel.Parse("--arrivals", text);
        double dispersion = Dispersion(new ArrivalModel(new ConstantRate(20), model), windowSeconds: 100, windows: 8000);
        Assert.InRange(dispersion / (model.Cv * model.Cv), 0.9, 1.1);
    }

    [Fact]
    public void Bursts_have_the_rate_and_the_dispersion_of_a_modulated_Poisson_process()
    {
        var rate = new OnOffRate(50, 5, 2, 6);
        Assert.Equal(16.25, rate.MeanPerSecond);
        Assert.Equal(rate with { }, OnOffRate.OfMean(16.25, 2, 6, 0.1));

        // Fischer and Meier-Hellstern (1993): 1 + 2 a b (r1 − r2)² / ((a + b)² (r1 b + r2 a)) with a, b the rates of leaving on and off.
        double a = 1 / 2.0, b = 1 / 6.0, expected = 1 + (2 * a * b * 45 * 45 / ((a + b) * (a + b) * ((50 * b) + (5 * a))));
        var model = new ArrivalModel(rate, GapModel.Poisson);
        Assert.InRange(Dispersion(model, windowSeconds: 400, windows: 4000) / expected, 0.9, 1.1);
        Assert.InRange(1 / GapsOf(model).Average(), 15.7, 16.8);
    }

    [Fact]
    public void A_day_has_the_requests_of_its_hours()
    {
        double[] shares = [.. Enumerable.Range(0, 24).Select(h => h < 3 ? 0 : 1 + Math.Sin(h / 24.0 * 2 * Math.PI))];
        var model = new ArrivalModel(RateCurve.OfHours(shares, 2), GapModel.Poisson);
        Assert.Equal(2, model.Rate.MeanPerSecond, 1e-12);
        double[] counts = new double[24];
        const int Days = 20;
        var process = new ArrivalProcess(model, 1, "day");
        for (double t; (t = Ticks.Seconds(process.Next())) < Days * 86400.0;)
        {
            counts[(int)(t / 3600) % 24]++;
        }

        for (int h = 0; h < 24; h++)
        {
            double expected = Days * 2 * 86400 * shares[h] / shares.Sum();
            Assert.InRange(counts[h], expected - (5 * Math.Sqrt(expected)), expected + (5 * Math.Sqrt(expected)));
        }
    }

    [Fact]
    public void A_curve_that_does_not_repeat_ends_and_one_of_zeros_never_begins()
    {
        var once = new ArrivalProcess(new ArrivalModel(new RateCurve([3, 0, 3], 10, Repeats: false), GapModel.Poisson), 1, "once");
        int count = 0;
        long last = 0;
        for (long t; (t = once.Next()) != Ticks.Never; last = t)
        {
            count++;
            Assert.True(t <= Ticks.Of(10) || t >= Ticks.Of(20));
        }

        Assert.InRange(count, 30, 90);
        Assert.True(last <= Ticks.Of(30));
        Assert.Equal(Ticks.Never, new ArrivalProcess(new ArrivalModel(new RateCurve([0, 0], 10), GapModel.Poisson), 1, "none").Next());
        Assert.Equal(Ticks.Never, new ArrivalProcess(ArrivalModel.Poisson(0), 1, "none").Next());
    }

    [Theory]
    [InlineData("gamma:5")]
    [InlineData("weibull:3")]
    [InlineData("gamma:0.3")]
    [InlineData("constant")]
    public void A_short_window_has_the_expected_count_because_processes_start_as_if_they_had_always_run(string text)
    {
        // A process that began with a whole gap would count (cv² − 1) / 2 too many: 12 for gamma of 5, on 10.
        var model = new ArrivalModel(new ConstantRate(10), GapModel.Parse("--arrivals", text));
        const int Runs = 20_000;
        double sum = 0, squares = 0;
        for (int i = 0; i < Runs; i++)
        {
            var process = new ArrivalProcess(model, (ulong)i, "short");
            int count = 0;
            while (process.Next() < Ticks.Of(1))
            {
                count++;
            }

            sum += count;
            squares += (double)count * count;
        }

        double mean = sum / Runs, error = 5 * Math.Sqrt(((squares / Runs) - (mean * mean)) / Runs);
        Assert.InRange(mean, 10 - error - 0.01, 10 + error + 0.01);
    }

    [Fact]
    public void Parts_dealt_at_random_add_up_to_the_Poisson_process_of_the_whole()
    {
        const int Parts = 40;
        ArrivalModel part = ArrivalModel.Poisson(20).Split(Parts, SplitRule.Random);
        var all = new List<long>();
        for (int i = 0; i < Parts; i++)
        {
            var process = new ArrivalProcess(part, 1, $"replica/{i}");
            for (long t; (t = process.Next()) < Ticks.Of(20_000);)
            {
                all.Add(t);
            }
        }

        Assert.InRange(all.Count, 400_000 - 3200, 400_000 + 3200);
        double[] counts = [.. all.CountBy(t => t / Ticks.Of(10)).Select(c => (double)c.Value)];
        double mean = counts.Average();
        Assert.InRange(counts.Average(c => (c - mean) * (c - mean)) / mean, 0.85, 1.15);
    }

    [Fact]
    public void Parts_dealt_in_turn_are_as_regular_as_every_nth_arrival()
    {
        ArrivalModel part = new ArrivalModel(new ConstantRate(80), GapModel.GammaOfCv(2)).Split(16, SplitRule.RoundRobin);
        Assert.Equal(5, part.Rate.MeanPerSecond);
        Assert.Equal(2.0 / 4, part.Gaps.Cv, 1e-12);
        Assert.Contains("Weibull", Assert.Throws<InputException>(() => (part with { Gaps = GapModel.WeibullOfCv(2) }).Split(2, SplitRule.RoundRobin)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => part.Split(2, SplitRule.Random));
    }

    [Theory]
    [InlineData("onoff:8e6,8e6")]
    [InlineData("hours:0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1")]
    [InlineData("constant")]
    public void Time_ends_with_the_longest_run(string text)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            var process = new ArrivalProcess(ArrivalText.Parse("--arrivals", text, 1e-4), seed, "long");
            long last = 0;
            for (long t; (t = process.Next()) != Ticks.Never; last = t)
            {
                Assert.InRange(t, last, Ticks.Of(Ticks.MostSeconds));
            }

            Assert.True(text[0] == 'o' || last > Ticks.Of(8.9e6));
        }

        Assert.Equal(Ticks.Never, Later.Than(Ticks.Of(9e6), Ticks.Of(9e6)));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(1e10)]
    public void A_wrong_rate_is_told(double rate) => Assert.Throws<InputException>(() => new ArrivalProcess(ArrivalModel.Poisson(rate), 1, "wrong"));

    [Fact]
    public void Hours_that_are_no_day_are_told() =>
        Assert.Contains("24", Assert.Throws<InputException>(() => RateCurve.OfHours([1, 2, 3], 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void Arrivals_are_read_from_text()
    {
        Assert.Equal(ArrivalModel.Poisson(12), ArrivalText.Parse("--arrivals", "poisson", 12));
        Assert.Equal(new ArrivalModel(new OnOffRate(60, 6, 10, 50), GapModel.GammaOfCv(2)), ArrivalText.Parse("--arrivals", "gamma:2+onoff:10,50,0.1", 15));
        ArrivalModel hours = ArrivalText.Parse("--arrivals", "hours:" + string.Join(',', Enumerable.Range(1, 24)), 12);
        Assert.Equal(12, hours.Rate.MeanPerSecond, 1e-12);
        Assert.Equal(24, Assert.IsType<RateCurve>(hours.Rate).PerSecond.Count);
    }

    [Theory]
    [InlineData("poison", "did you mean poisson")]
    [InlineData("poisson+gamma:2", "allowed: poisson, constant")]
    [InlineData("onoff:10", "ON_SECONDS,OFF_SECONDS")]
    [InlineData("onoff:10,x", "seconds above 0")]
    [InlineData("onoff:10,1e9", "at most 9000000 s")]
    [InlineData("hours:1,2", "allowed: 24")]
    [InlineData("", "allowed: poisson")]
    public void Wrong_arrivals_are_told(string text, string said)
    {
        InputException error = Assert.Throws<InputException>(() => ArrivalText.Parse("--arrivals", text, 12));
        Assert.Contains(said, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("--arrivals: ", error.Message, StringComparison.Ordinal);
    }

    private static double[] GapsOf(ArrivalModel model)
    {
        var process = new ArrivalProcess(model, 7, "gaps");
        double[] gaps = new double[Count];
        long before = process.Next();
        for (int i = 0; i < Count; i++)
        {
            long next = process.Next();
            gaps[i] = Ticks.Seconds(next - before);
            before = next;
        }

        return gaps;
    }

    private static double Dispersion(ArrivalModel model, double windowSeconds, int windows)
    {
        var process = new ArrivalProcess(model, 3, "dispersion");
        double[] counts = new double[windows];
        for (long window; (window = process.Next() / Ticks.Of(windowSeconds)) < windows;)
        {
            counts[window]++;
        }

        double mean = counts.Average();
        return counts.Average(c => (c - mean) * (c - mean)) / mean;
    }
}

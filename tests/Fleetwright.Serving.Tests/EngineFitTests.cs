using Fleetwright.Hardware.Calibration;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Published;
using Fleetwright.Testing;

namespace Fleetwright.Serving.Tests;

/// <summary>
/// Finds the parameters of the engines anew: <c>-class "*EngineFitTests" -explicit only</c>; what it prints goes into <c>catalog/engines</c>. One set an engine, by
/// Gauss–Newton steps on |log error| of TPOT and (at 0.6) TTFT with weak ties to what one would expect, each step's slopes from simulated runs. DeepSeek is left out:
/// whether it speculated is not recorded. A group that is left out is simulated with parameters that the last step's straight lines give without it.
/// </summary>
public sealed class EngineFitTests(ITestOutputHelper output)
{
    private const double TtftWeight = 0.6;
    private const double Tie = 6;

    // A group of n rows weighs as n^0.7: large groups say much of their own model, and parameters are for groups that nobody has measured.
    private const double Balance = 0.3;
    private static readonly string[] Engines = ["sglang", "trtllm", "vllm"];

    // Name, step of the slopes, expected value and its spread, bounds, how far one round may go. Factors are logarithms; times in seconds.
    private static readonly Parameter[] Parameters =
    [
        new("host_overhead", 3e-4, 3e-4, 1e-3, 0, 1, 1e-3),
        new("host_per_sequence", 5e-6, 5e-6, 1e-5, 0, 1, 2e-5),
        new("request_overhead", 0.01, 0.03, 0.03, 0, 1, 0.03),
        new("front_end_per_request", 3e-3, 3e-3, 5e-3, 0, 1, 8e-3),
        new("front_end_per_token", 2e-6, 2e-6, 4e-6, 0, 1, 8e-6),
        new("block_scale_overhead", 2e-6, 5e-6, 2e-5, 0, 1, 1.5e-5),
        new("hidden_start", 0.15, 0.2, 0.3, 0, 0.9, 0.3),
        new("dense", 0.1, 0, 0.15, -0.5, 0.5, 0.25),
        new("experts", 0.1, 0, 0.15, -0.5, 0.5, 0.25),
        new("prompt_attention", 0.1, 0, 0.2, -0.5, 0.5, 0.25),
        new("decode_attention", 0.1, 0, 0.25, -0.9, 0.6, 0.25),
        new("collectives", 0.1, 0, 0.25, -0.9, 0.7, 0.25),
        new("launch_per_operator", 8e-6, 2e-5, 2e-5, 0, 1, 2e-5),
    ];

    private readonly IReadOnlyList<MeasuredServer> _servers =
        [.. MeasuredServers.Read(Fixtures.Catalog, Repository.SharedData("silicon", "measured_serving.csv.gz")).Where(s => !s.ModelName.Contains("DeepSeek", StringComparison.Ordinal))];

    [Fact(Explicit = true)]
    public void Parameters_of_the_engines_are_found_again()
    {
        Dictionary<string, double[]> values = Engines.ToDictionary(e => e, e => Values(EngineOptions.Of(Fixtures.Catalog).Get(e)));
        double stored = Objective(Errors(values));
        double[][] left = [];
        for (int round = 0; round < 2; round++)
        {
            double[][] errors = Errors(values);
            double[][][] slopes = [.. Enumerable.Range(0, Parameters.Length).Select(p => Slopes(values, errors, p))];
            left = LeftOut(values, errors, slopes);
            foreach (string engine in Engines)
            {
                values[engine] = Fit(values[engine], errors, slopes, [.. Of(engine)]);
            }
        }

        foreach (string engine in Engines)
        {
            output.WriteLine(engine + ": " + string.Join(", ", Parameters.Select((p, i) => FormattableString.Invariant($"{p.Name} {(IsFactor(i) ? Math.Exp(values[engine][i]) : values[engine][i]):g3}"))));
        }

        double found = Objective(Errors(values));
        (ErrorScore tpot, ErrorScore ttft) = (ErrorScore.Of(left.Select(e => Math.Exp(e[0]))), ErrorScore.Of(left.Select(e => Math.Exp(e[1]))));
        output.WriteLine(FormattableString.Invariant($"objective stored {stored:0.0}, found {found:0.0}; whole groups left out: TPOT {tpot}; TTFT {ttft}"));
        Assert.InRange(stored, 0, found * 1.05);
        Assert.True(tpot.Mape < 0.15 && tpot.Median < 0.095, $"TPOT {tpot}");
        Assert.True(ttft.Mape < 0.35 && ttft.Median < 0.25, $"TTFT {ttft}");
    }

    private static bool IsFactor(int parameter) => parameter is >= 7 and <= 11;

    private static double[] Values(EngineOptions e) =>
    [
        e.HostSecondsPerStep, e.HostSecondsPerSequence, e.RequestOverheadSeconds, e.FrontEndSecondsPerRequest, e.FrontEndSecondsPerToken, e.BlockScaleSeconds, e.Kernels.HiddenStart,
        Math.Log(e.Kernels.Dense), Math.Log(e.Kernels.Experts), Math.Log(e.Kernels.PromptAttention), Math.Log(e.Kernels.DecodeAttention), Math.Log(e.Kernels.Collectives), e.LaunchSecondsPerOperator,
    ];

    private static EngineOptions With(string engine, double[] v) => EngineOptions.Of(Fixtures.Catalog).Get(engine) with
    {
        HostSecondsPerStep = v[0],
        HostSecondsPerSequence = v[1],
        RequestOverheadSeconds = v[2],
        FrontEndSecondsPerRequest = v[3],
        FrontEndSecondsPerToken = v[4],
        BlockScaleSeconds = v[5],
        Kernels = new EngineKernels(v[6], Math.Exp(v[7]), Math.Exp(v[8]), Math.Exp(v[9]), Math.Exp(v[10]), Math.Exp(v[11])),
        LaunchSecondsPerOperator = v[12],
    };

    private static double Objective(double[][] errors) => errors.Sum(e => Math.Abs(e[0]) + (TtftWeight * Math.Abs(e[1])));

    private double[][] Errors(Dictionary<string, double[]> values) => Errors(_servers, values);

    private static double[][] Errors(IReadOnlyList<MeasuredServer> servers, Dictionary<string, double[]> values)
    {
        Dictionary<string, EngineOptions> engines = values.ToDictionary(v => v.Key, v => With(v.Key, v.Value));
        return [.. MeasuredServers.Predict(Fixtures.Catalog, servers, e => engines[e], TestContext.Current.CancellationToken).Select(r => (double[])[Math.Log(r.Tpot.Ratio), Math.Log(r.Ttft.Ratio)])];
    }

    // All engines at once: they do not depend on one another.
    private double[][] Slopes(Dictionary<string, double[]> values, double[][] errors, int parameter)
    {
        Dictionary<string, double[]> moved = values.ToDictionary(v => v.Key, v => (double[])[.. v.Value]);
        foreach (double[] v in moved.Values)
        {
            v[parameter] += Parameters[parameter].Step;
        }

        return [.. Errors(moved).Select((e, i) => (double[])[e[0] - errors[i][0], e[1] - errors[i][1]])];
    }

    private IEnumerable<int> Of(string engine) => Enumerable.Range(0, _servers.Count).Where(i => _servers[i].Engine == engine);

    private double[][] LeftOut(Dictionary<string, double[]> values, double[][] errors, double[][][] slopes)
    {
        var left = new List<double[]>();
        foreach (IGrouping<string, int> group in Enumerable.Range(0, _servers.Count).GroupBy(i => _servers[i].Group))
        {
            string engine = _servers[group.First()].Engine;
            double[] own = values[engine], fitted = Fit(own, errors, slopes, [.. Of(engine).Where(i => _servers[i].Group != group.Key)]);
            left.AddRange(Errors([.. group.Select(i => _servers[i])], new() { [engine] = fitted }));
        }

        return [.. left];
    }

    // Least absolute errors by reweighted least squares; steps in units of the slopes' steps.
    private double[] Fit(double[] start, double[][] errors, double[][][] slopes, int[] rows)
    {
        Dictionary<string, double> weights = rows.GroupBy(i => _servers[i].Group).ToDictionary(g => g.Key, g => Math.Pow(40.0 / g.Count(), Balance));
        int n = Parameters.Length;
        double[] steps = new double[n];
        for (int round = 0; round < 25; round++)
        {
            double[,] a = new double[n, n];
            double[] b = new double[n];
            foreach (int i in rows)
            {
                for (int what = 0; what < 2; what++)
                {
                    double rest = errors[i][what];
                    for (int k = 0; k < n; k++)
                    {
                        rest += slopes[k][i][what] * steps[k];
                    }

                    double weight = weights[_servers[i].Group] * (what == 0 ? 1 : TtftWeight) / Math.Max(Math.Abs(rest), 0.04);
                    for (int k = 0; k < n; k++)
                    {
                        double slope = weight * slopes[k][i][what];
                        b[k] -= slope * errors[i][what];
                        for (int j = 0; j < n; j++)
                        {
                            a[k, j] += slope * slopes[j][i][what];
                        }
                    }
                }
            }

            for (int k = 0; k < n; k++)
            {
                Parameter p = Parameters[k];
                double tie = Tie * p.Step * p.Step / (p.Spread * p.Spread);
                a[k, k] += tie;
                b[k] += tie * (p.Expected - start[k]) / p.Step;
            }

            double[] solved = Solve(a, b);
            for (int k = 0; k < n; k++)
            {
                Parameter p = Parameters[k];
                double moved = start[k] + Math.Clamp(solved[k] * p.Step, -p.Reach, p.Reach);
                steps[k] = (Math.Clamp(moved, p.Least, p.Most) - start[k]) / p.Step;
            }
        }

        return [.. start.Select((v, k) => v + (steps[k] * Parameters[k].Step))];
    }

    private static double[] Solve(double[,] a, double[] b)
    {
        int n = b.Length;
        for (int i = 0; i < n; i++)
        {
            for (int j = i + 1; j < n; j++)
            {
                double f = a[j, i] / a[i, i];
                for (int k = i; k < n; k++)
                {
                    a[j, k] -= f * a[i, k];
                }

                b[j] -= f * b[i];
            }
        }

        for (int i = n - 1; i >= 0; i--)
        {
            for (int k = i + 1; k < n; k++)
            {
                b[i] -= a[i, k] * b[k];
            }

            b[i] /= a[i, i];
        }

        return b;
    }

    private sealed record Parameter(string Name, double Step, double Expected, double Spread, double Least, double Most, double Reach);
}

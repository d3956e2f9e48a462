using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Published;
using Fleetwright.Models;

namespace Fleetwright.Hardware.Calibration;

/// <summary>A setting with the chip's work in it.</summary>
/// <param name="Setting">What was measured.</param>
/// <param name="Graph">The model in its sharding.</param>
/// <param name="Prefill">Work of the prefill.</param>
/// <param name="Decode">Work of an iteration, at the mean context of the run.</param>
internal sealed record EagerRun(SplitwiseSetting Setting, ModelGraph Graph, EagerWork Prefill, EagerWork Decode)
{
    /// <summary>Model and layout: what is left out together.</summary>
    public string Group { get; } = $"{Setting.Model} TP{Setting.TensorParallel}";

    public double PrefillSeconds(EagerEngineCoefficients host) =>
        EagerEngine.PrefillSeconds(host, Prefill, Graph.Model.LayerCount, Graph.Model.VocabularySize, Setting.Prompt * Setting.Batch, Setting.TensorParallel);

    public double DecodeSeconds(EagerEngineCoefficients host) =>
        EagerEngine.DecodeSeconds(host, Decode, Graph.Model.LayerCount, Graph.Model.VocabularySize, Setting.Batch);
}

/// <summary>Errors of settings whose model and layout were left out of the fit.</summary>
/// <param name="Run">The setting.</param>
/// <param name="Host">The coefficients of the fit that did not see it.</param>
/// <param name="PrefillError">Relative error of its prefill.</param>
/// <param name="DecodeError">Relative error of its iterations.</param>
internal readonly record struct EagerLeftOut(EagerRun Run, EagerEngineCoefficients Host, double PrefillError, double DecodeError);

/// <summary>Fits what an engine without captured graphs adds to prefill and decode steps; every model and layout is scored by a fit without it.</summary>
internal static class EagerEngineFit
{
    private const int Evaluations = 3000;

    private static readonly Parameter[] Parameters =
    [
        new(5e-3, 1e-4, 0.1), // step
        new(3e-4, 1e-6, 1e-2), // sequence
        new(3e-4, 1e-5, 1e-2), // decode layer
        new(6e-4, 1e-5, 1e-2), // prefill layer
        new(2e-8, 1e-10, 1e-6), // vocabulary token
        new(1.2, 0.9, 3), // products
        new(1.2, 0.9, 3), // collectives
        new(1e-11, 1e-13, 1e-9), // reduced byte of a large step
    ];

    /// <summary>The settings of a machine with their work.</summary>
    public static List<EagerRun> Runs(FleetCatalog catalog, ChipModel chip, IEnumerable<SplitwiseSetting> settings)
    {
        var graphs = new Dictionary<(string, int), ModelGraph>();
        var runs = new List<EagerRun>();
        foreach (SplitwiseSetting s in settings)
        {
            if (!graphs.TryGetValue((s.Model, s.TensorParallel), out ModelGraph? graph))
            {
                graphs[(s.Model, s.TensorParallel)] = graph = new ModelGraph(catalog.Models.Get(s.Model), Precision.Bf16, new Sharding(s.TensorParallel));
            }

            runs.Add(new EagerRun(
                s, graph, EagerEngine.Work(chip, graph, StepShape.Prefill(s.Batch, s.Prompt)), EagerEngine.Work(chip, graph, StepShape.Decode(s.Batch, s.Prompt + (s.Generated / 2)))));
        }

        return runs;
    }

    /// <summary>
    /// Fits all runs, and each group by the others. Only one model of a machine has a large vocabulary; where it is the one left out, what a token of
    /// the vocabulary costs is that of another machine's fit, as a user who meets a new model on this machine would take it.
    /// </summary>
    /// <param name="runs">Runs of one machine.</param>
    /// <param name="engine">Its engine.</param>
    /// <param name="others">Runs of another machine under the same engine.</param>
    public static (EagerEngineCoefficients Host, List<EagerLeftOut> LeftOut) Run(IReadOnlyList<EagerRun> runs, string engine, IReadOnlyList<EagerRun> others)
    {
        double vocabularySeconds = Fitted(others, engine).VocabularySeconds;
        var leftOut = new List<EagerLeftOut>(runs.Count);
        foreach (string group in runs.Select(r => r.Group).Distinct())
        {
            // From the fixed start: a coefficient that the others do not tell must not remember this group.
            EagerEngineCoefficients host = Fitted([.. runs.Where(r => r.Group != group)], engine, vocabularySeconds);
            leftOut.AddRange(runs.Where(r => r.Group == group).Select(r => new EagerLeftOut(
                r, host, (r.PrefillSeconds(host) / r.Setting.PrefillSeconds) - 1, (r.DecodeSeconds(host) / r.Setting.DecodeSeconds) - 1)));
        }

        return (Fitted(runs, engine) with
        {
            DecodeQuality = Quality.OfRatios(leftOut.Select(e => 1 + e.DecodeError)),
            PrefillQuality = Quality.OfRatios(leftOut.Select(e => 1 + e.PrefillError)),
        }, leftOut);
    }

    private static EagerEngineCoefficients Fitted(IReadOnlyList<EagerRun> runs, string engine, double? vocabularySeconds = null)
    {
        Parameter[] parameters = [.. Parameters];
        if (vocabularySeconds is { } known)
        {
            parameters[4] = new Parameter(known, known * 0.999, known * 1.001);
        }

        // Host times stand in for each other over wide valleys, where one downhill search stops wherever it began: several beginnings, each searched
        // three times over, and the least loss of all.
        (EagerRun Run, bool Prefill)[] rows = [.. runs.Select(r => (r, true)), .. runs.Select(r => (r, false))];
        double[] best = [];
        double least = double.PositiveInfinity;
        foreach ((double step, double decodeLayer, double vocabulary) in Starts)
        {
            if (vocabularySeconds is not null && vocabulary != Starts[0].Vocabulary)
            {
                continue;
            }

            double[] values = [.. parameters.Select(p => p.Start)];
            values[0] = step;
            values[2] = decodeLayer;
            values[4] = vocabularySeconds ?? vocabulary;
            for (int round = 0; round < 3; round++)
            {
                values = Fit.Best(rows, parameters, v => Build(v, engine), Seconds, Measured, Evaluations, values);
            }

            EagerEngineCoefficients host = Build(values, engine);
            double loss = rows.Average(r => Math.Abs(Math.Log(Seconds(host, r) / Measured(r))));
            if (loss < least)
            {
                (best, least) = (values, loss);
            }
        }

        return Build(best, engine);

        static double Seconds(EagerEngineCoefficients host, (EagerRun Run, bool Prefill) r) => r.Prefill ? r.Run.PrefillSeconds(host) : r.Run.DecodeSeconds(host);

        static double Measured((EagerRun Run, bool Prefill) r) => r.Prefill ? r.Run.Setting.PrefillSeconds : r.Run.Setting.DecodeSeconds;
    }

    // Launching either hidden behind the chip's work or not, a step with much beside it or little, sampling by vocabulary or not.
    private static readonly (double Step, double DecodeLayer, double Vocabulary)[] Starts =
        [(2e-3, 2.5e-4, 5e-9), (2e-3, 5e-4, 5e-9), (8e-3, 2.5e-4, 5e-9), (8e-3, 5e-4, 5e-9), (2e-3, 2.5e-4, 5e-8), (2e-3, 5e-4, 5e-8), (8e-3, 2.5e-4, 5e-8), (8e-3, 5e-4, 5e-8)];

    private static EagerEngineCoefficients Build(double[] v, string engine) => new()
    {
        Engine = engine,
        StepSeconds = v[0],
        SequenceSeconds = v[1],
        DecodeLayerSeconds = v[2],
        PrefillLayerSeconds = v[3],
        VocabularySeconds = v[4],
        ProductTime = v[5],
        CollectiveTime = v[6],
        LargeStepSecondsPerByte = v[7],
    };
}

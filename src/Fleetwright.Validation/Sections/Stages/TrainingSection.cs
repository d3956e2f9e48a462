using Fleetwright.Hardware.Calibration;
using Fleetwright.Training;
using Fleetwright.Training.Published;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Published training runs.</summary>
internal sealed class TrainingSection : IValidationSection
{
    private static readonly BarDefinition Megatron = new(2, "throughput of Megatron-LM's 175B and 1T runs", "± 15 %");
    private static readonly BarDefinition Llama = new(2, "throughput of Llama 3.1 405B's three rows", "± 15 %");

    private static readonly Dictionary<string, string> Words = new(StringComparer.Ordinal)
    {
        ["SC'21"] = "Megatron-LM SC'21, 1.7B to 1T, A100",
        ["Korthikanti"] = "Korthikanti et al., 22B to 1T, A100",
        ["MegaScale"] = "MegaScale's Megatron-LM rows, A100",
        ["Megatron-Core"] = "Megatron-Core, 1.7B to 462B, H100",
        ["Llama 405B"] = "Llama 3.1 405B, H100",
        ["vTrain"] = "vTrain, 64 to 512 A100",
        ["DGXC bf16"] = "DGX Cloud recipes, bf16, H100",
        ["DGXC fp8"] = "DGX Cloud recipes, fp8, H100",
    };

    public string Id => "training";

    public string Title => "Training";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Megatron, Llama];

    public void Score(SectionBuilder to)
    {
        if (to.Find("training") is not { } folder)
        {
            return;
        }

        var published = new PublishedRuns(to.Catalog, folder);
        TrainingCoefficients stored = TrainingCoefficients.For(to.Catalog);
        Dictionary<string, List<ScoredRun>> sets = PublishedRuns.Fitted.Concat(PublishedRuns.NeverFitted).ToDictionary(s => s, s => Score(to, published, s, stored), StringComparer.Ordinal);
        (Dictionary<string, double> without, string across) = LeftOut(to, published, stored);
        to.Text("Seconds of a step. One number an architecture is fitted, the kernel slow-down; *without it*: the error of a set with the slow-down fitted to the chip's other sets. Where a paper prints no micro-batch or interleaving, the fastest that fits is taken ([training.md](training.md#measured)).");
        to.Table(
            ["set", "fitted", .. Show.ErrorHeads, "largest>", "without it>"],
            sets.Select(s => Line(s.Key, ErrorScore.Of(s.Value.Select(r => r.Row)), without.TryGetValue(s.Key, out double error) ? Show.Percent(error) : "")));
        to.Text(across);
        to.Scatter("training-steps", "Published training runs", "s a step", sets.Select(s => (s.Key, s.Value.Select(r => r.Row))));
        Throughput(Megatron, sets["SC'21"].Where(s => s.Run.Name is "145.6B" or "1008.0B").Concat(sets["Korthikanti"].Where(s => s.Run.Name.StartsWith("175B", StringComparison.Ordinal) || s.Run.Name.StartsWith("1T", StringComparison.Ordinal))));
        Throughput(Llama, sets["Llama 405B"]);

        void Throughput(BarDefinition bar, IEnumerable<ScoredRun> runs)
        {
            double worst = runs.Select(r => (1 / (1 + r.Error)) - 1).MaxBy(Math.Abs);
            to.Judge(bar, $"worst {Show.Signed(worst)}, in sample", Math.Abs(worst) <= 0.15);
        }
    }

    private static IReadOnlyList<string> Line(string set, ErrorScore score, string without) =>
        [Words[set], PublishedRuns.Fitted.Contains(set) ? "yes" : "never", .. Show.Errors(score), Show.Percent(score.Largest), without];

    private static List<ScoredRun> Score(SectionBuilder to, PublishedRuns published, string set, TrainingCoefficients stored)
    {
        to.Context.Progress($"  {set}");
        var scored = new List<ScoredRun>();
        foreach (PublishedRun run in published.Of(set))
        {
            to.Cancellation.ThrowIfCancellationRequested();
            if (ScoredRun.Problem(to.Catalog, run, stored) is null)
            {
                scored.Add(ScoredRun.Of(to.Catalog, run, stored));
            }
        }

        return scored;
    }

    private static (Dictionary<string, double> Without, string Across) LeftOut(SectionBuilder to, PublishedRuns published, TrainingCoefficients stored)
    {
        var fit = new SlowdownFit(to.Catalog, stored);
        var without = new Dictionary<string, double>(StringComparer.Ordinal);
        IGrouping<string, PublishedRun>[] chips = [.. published.All().GroupBy(r => r.Chip)];
        foreach (IGrouping<string, PublishedRun> chip in chips)
        {
            foreach (IGrouping<string, PublishedRun> set in chip.GroupBy(r => r.Set))
            {
                to.Cancellation.ThrowIfCancellationRequested();
                to.Context.Progress($"  slow-down fitted without {set.Key}");
                without[set.Key] = fit.Mape(set, fit.Fit([.. chip.Where(r => r.Set != set.Key)]));
            }
        }

        string[] across = [.. from chip in chips from other in chips where chip.Key != other.Key select $"{chip.Key}'s on {other.Key}'s runs {Show.Percent(fit.Mape(other, fit.Fit([.. chip])))}"];
        return (without, $"Across chips the slow-down does not carry: {string.Join(", ", across)}.");
    }
}

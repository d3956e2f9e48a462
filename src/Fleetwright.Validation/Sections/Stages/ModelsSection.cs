using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Models;
using Fleetwright.Models.Operators;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Parameter counts and operations against what makers publish; exact counts, nothing fitted.</summary>
internal sealed class ModelsSection : IValidationSection
{
    private const double Sequence = 4096;

    private static readonly BarDefinition Parameters = new(2, "parameters of every model against the published", "within 0.5 %");
    private static readonly BarDefinition Operations = new(2, "operations a token against 2 × active parameters + attention", "within 0.5 %");
    private static readonly BarDefinition Configs = new(2, "files of `model_configs`", "each loads or is refused with the reason");

    // DeepSeek-AI 2025, arXiv:2505.09343, Table 2: training operations a token at sequences of 4,096.
    private static readonly (string Model, double Flops)[] PublishedTraining = [("deepseek-v2", 155e9), ("deepseek-v3", 250e9), ("llama-3.1-405b", 2448e9)];

    public string Id => "models";

    public string Title => "Models";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Parameters, Operations, Configs];

    public void Score(SectionBuilder to)
    {
        to.Text("Exact counts, nothing fitted ([models.md](models.md)). The ranking classes `small`, `medium` and `large` are ours, inside the range that Meta states; only `dlrm-dcnv2` is published.");
        (ModelSpec Model, double Ratio)[] counted = [.. to.Catalog.Models.All.Where(m => m.PublishedParameters is not null).Select(m => (m, ParameterCount.Of(m).Total / m.PublishedParameters!.Value))];
        (ModelSpec Model, double Ratio) parameters = counted.MaxBy(c => Math.Abs(c.Ratio - 1));
        (ModelSpec Model, double Ratio)[] priced = [.. to.Catalog.Models.All.Where(m => m.Ranking is null).Select(m => (m, Forward(m) / (Sequence * ModelFlops.ForwardPerToken(m, Sequence))))];
        (ModelSpec Model, double Ratio) operations = priced.MaxBy(c => Math.Abs(c.Ratio - 1));
        to.Table(
            ["set", "n>", "largest difference>", "where"],
            [
                ["parameters against safetensors totals, model cards and papers", Show.Count(counted.Length), Show.Fine(parameters.Ratio - 1), parameters.Model.Name],
                ["operations of a step's operators against 2 × active parameters + attention", Show.Count(priced.Length), Show.Fine(operations.Ratio - 1), operations.Model.Name],
                .. PublishedTraining.Select(p => (IReadOnlyList<string>)[$"training operations a token, published for {p.Model}", "1", Show.Fine((ModelFlops.TrainingPerToken(to.Catalog.Models.Get(p.Model), Sequence) / p.Flops) - 1), p.Model]),
            ]);
        to.Judge(Parameters, $"largest {Show.Fine(parameters.Ratio - 1)} of {counted.Length} models", Math.Abs(parameters.Ratio - 1) <= 0.005);
        to.Judge(Operations, $"largest {Show.Fine(operations.Ratio - 1)} of {priced.Length} models", Math.Abs(operations.Ratio - 1) <= 0.005);
        if (to.Find("model_configs") is { } folder)
        {
            ConfigFiles(to, folder);
        }
    }

    private static void ConfigFiles(SectionBuilder to, string folder)
    {
        int loaded = 0;
        var refused = new List<IReadOnlyList<string>>();
        foreach (string path in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            try
            {
                ModelResolver.Resolve(to.Catalog, path);
                loaded++;
            }
            catch (InputException e)
            {
                refused.Add([Path.GetFileName(path).Replace("_config.json", "", StringComparison.Ordinal).Replace("--", "/", StringComparison.Ordinal), e.Diagnostics[0].Message]);
            }
        }

        to.Text($"Of {loaded + refused.Count} configurations of Hugging Face, {loaded} load and {refused.Count} are refused:");
        to.Table(["refused", "why"], refused);
        to.Judge(Configs, $"{loaded} load, {refused.Count} refused", refused.All(r => r[1].Length > 0));
    }

    private static double Forward(ModelSpec model)
    {
        var graph = new ModelGraph(model, Precision.Bf16, Sharding.None);
        var operators = new Operator[graph.MaximumOperators];
        int count = graph.Step(StepShape.Training(1, Sequence), operators);
        return operators[..count].Sum(o => o.Count * o.MatrixFlops);
    }
}

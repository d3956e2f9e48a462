using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Published;

namespace Fleetwright.Validation.Sections.Chips;

/// <summary>LLMCompass's measured operators of A100 and MI210.</summary>
internal sealed class LlmCompassSection : IValidationSection
{
    private static readonly (string Group, BarDefinition Bar)[] Operators =
    [
        ("A100 matmul", BarDefinition.Errors(3, "LLMCompass: products on A100", 0.03)),
        ("MI210 matmul", BarDefinition.Errors(3, "LLMCompass: products on MI210", 0.04)),
        ("A100 softmax", BarDefinition.Errors(3, "LLMCompass: softmax on A100", 0.06)),
        ("A100 layernorm", BarDefinition.Errors(3, "LLMCompass: layer norm on A100", 0.06)),
        ("A100 gelu", BarDefinition.Errors(3, "LLMCompass: GELU on A100", 0.06)),
    ];

    private static readonly BarDefinition PrefillTotal = new(3, "LLMCompass: GPT-3 layer on 4 × A100, prefill, total", "± 3 %");
    private static readonly BarDefinition DecodeTotal = new(3, "LLMCompass: GPT-3 layer on 4 × A100, decode, total", "± 3 %");
    private static readonly BarDefinition EachOperator = new(3, "LLMCompass: GPT-3 layer on 4 × A100, each operator", "± 10 %");
    private static readonly BarDefinition AllReduce = BarDefinition.Errors(3, "LLMCompass: all-reduce on 4 × A100, from 4 KiB", 0.10);

    public string Id => "llmcompass";

    public string Title => "LLMCompass's operators";

    public IReadOnlyList<BarDefinition> Bars { get; } = [.. Operators.Select(o => o.Bar), PrefillTotal, DecodeTotal, EachOperator, AllReduce];

    public void Score(SectionBuilder to)
    {
        to.Text("Never fitted: measured by LLMCompass's authors with PyTorch (Zhang et al., ISCA 2024); the launch that PyTorch adds is taken from the data's README, not fitted.");
        if (to.Find(LlmCompass.OperatorsFile) is { } path)
        {
            IReadOnlyList<ScoredRow> rows = LlmCompass.Operators(to.Catalog, path);
            IGrouping<string, ScoredRow>[] groups = [.. rows.GroupBy(r => r.Group).OrderBy(g => g.Key, StringComparer.Ordinal)];
            to.Table(["set", .. Show.ErrorHeads], groups.Select(g => (IReadOnlyList<string>)[g.Key, .. Show.Errors(ErrorScore.Of(g))]));
            to.Scatter("llmcompass-operators", "LLMCompass's operators on A100 and MI210", "s", groups.Select(g => (g.Key, (IEnumerable<ScoredRow>)g)));
            foreach ((string group, BarDefinition bar) in Operators)
            {
                to.Judge(bar, ErrorScore.Of(rows.Where(r => r.Group == group)));
            }
        }

        if (to.Find(LlmCompass.LayerFile) is { } layer)
        {
            Layer(to, LlmCompass.Layer(to.Catalog, layer, "prefill"), LlmCompass.Layer(to.Catalog, layer, "decode"));
        }

        if (to.Find(LlmCompass.AllReduceFile) is { } reduces)
        {
            ErrorScore score = ErrorScore.Of(LlmCompass.AllReduces(to.Catalog, reduces));
            to.Table(["set", .. Show.ErrorHeads], [["all-reduce on 4 × A100, from 4 KiB", .. Show.Errors(score)]]);
            to.Judge(AllReduce, score);
        }
    }

    private static void Layer(SectionBuilder to, IReadOnlyList<ScoredRow> prefill, IReadOnlyList<ScoredRow> decode)
    {
        static string Micro(double seconds) => FormattableString.Invariant($"{seconds * 1e6:#,0.0}");
        static ScoredRow Total(IReadOnlyList<ScoredRow> rows) => new("total", rows.Sum(r => r.Predicted), rows.Sum(r => r.Measured));
        to.Text("One layer of GPT-3 175B on four A100, batch 8, microseconds measured and predicted:");
        to.Table(
            ["operator", "prefill measured>", "predicted>", "error>", "decode measured>", "predicted>", "error>"],
            prefill.Append(Total(prefill)).Zip(decode.Append(Total(decode)), (p, d) => (IReadOnlyList<string>)
                [p.Group, Micro(p.Measured), Micro(p.Predicted), Show.Signed(p.Ratio - 1), Micro(d.Measured), Micro(d.Predicted), Show.Signed(d.Ratio - 1)]));
        Judge(PrefillTotal, Total(prefill));
        Judge(DecodeTotal, Total(decode));
        ScoredRow worst = prefill.Concat(decode).MaxBy(r => Math.Abs(r.Ratio - 1));
        to.Judge(EachOperator, $"worst {Show.Signed(worst.Ratio - 1)} ({worst.Group})", Math.Abs(worst.Ratio - 1) <= 0.10);

        void Judge(BarDefinition bar, ScoredRow total) => to.Judge(bar, Show.Signed(total.Ratio - 1), Math.Abs(total.Ratio - 1) <= 0.03);
    }
}

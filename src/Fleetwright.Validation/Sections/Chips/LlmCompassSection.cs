using Fleetwright.Catalog.Chips;
using Fleetwright.Hardware.Calibration;
using Fleetwright.Hardware.Chips;
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

    // Fewer rows do not tell up to nine parameters with one left out.
    private const int LeastRows = 12;

    public string Id => "llmcompass";

    public string Title => "LLMCompass's operators";

    public IReadOnlyList<BarDefinition> Bars { get; } = [.. Operators.Select(o => o.Bar), PrefillTotal, DecodeTotal, EachOperator, AllReduce];

    public void Score(SectionBuilder to)
    {
        (string? operators, string? reduces, string? layer) = (to.Find(LlmCompass.OperatorsFile), to.Find(LlmCompass.AllReduceFile), to.Find(LlmCompass.LayerFile));
        if (operators is null)
        {
            return;
        }

        string folder = Path.GetDirectoryName(operators)!;

        to.Text("Held out: measured by LLMCompass's authors around single PyTorch calls (Zhang et al., ISCA 2024). The coefficients of a chip and the cost of a call are fitted to the rows of a kind, and each shape is priced by a fit that did not see it ([hardware.md](hardware.md)). LLMCompass itself, run on the same rows: products 8.7 %, softmax 9.4 %, layer norm 8.7 % and GELU 5.5 % on A100; softmax 14.2 %, layer norm 34 % and GELU 1.3 % on MI210 (chip-models.md 1.2).");
        ChipModel a100 = ChipModel.For(to.Catalog, "a100-80gb-sxm");
        var rows = new List<ScoredRow>();
        var kernels = new Dictionary<VectorKind, VectorCoefficients>();
        var launches = new Dictionary<VectorKind, FrameworkCall>();
        MatrixProductCoefficients? products = null;
        CollectiveCoefficients? collectives = null;
        foreach ((string device, ChipModel chip) in new[] { ("A100", a100), ("MI210", ChipModel.For(to.Catalog, "mi210")) })
        {
            to.Cancellation.ThrowIfCancellationRequested();
            if (LlmCompass.Products(folder, device).Count >= LeastRows)
            {
                MatrixProductCoefficients found = LlmCompass.FittedProducts(folder, device, chip.Chip, out List<ScoredRow> left);
                products = chip == a100 ? found : products;
                rows.AddRange(left);
            }

            foreach ((VectorKind kind, string name) in new[] { (VectorKind.Softmax, "softmax"), (VectorKind.Normalisation, "layernorm"), (VectorKind.Pointwise, "gelu") })
            {
                List<VectorRow> calls = LlmCompass.VectorRows(folder, device, kind);
                if (calls.Count < LeastRows)
                {
                    continue;
                }

                VectorFitted fitted = LlmCompass.FittedVector(folder, device, chip, kind);
                rows.AddRange(calls.Zip(fitted.LeftOut, (r, error) => new ScoredRow($"{device} {name}", r.Seconds * (1 + error), r.Seconds)));
                if (chip == a100)
                {
                    (kernels[kind], launches[kind]) = (fitted.Coefficients, fitted.Call);
                }
            }
        }

        IGrouping<string, ScoredRow>[] groups = [.. rows.GroupBy(r => r.Group)];
        to.Table(["set", .. Show.ErrorHeads], groups.Select(g => (IReadOnlyList<string>)[g.Key, .. Show.Errors(ErrorScore.Of(g))]));
        to.Scatter("llmcompass-operators", "LLMCompass's operators on A100 and MI210", "s", groups.Select(g => (g.Key, (IEnumerable<ScoredRow>)g)));
        foreach ((string group, BarDefinition bar) in Operators)
        {
            to.Judge(bar, ErrorScore.Of(rows.Where(r => r.Group == group)));
        }

        if (reduces is not null && LlmCompass.AllReduces(folder).Count >= LeastRows)
        {
            collectives = LlmCompass.FittedAllReduce(folder, a100.Chip, out List<(CollectiveRow Row, double Priced)> reduced);
            AllReduces(to, folder, a100, reduced);
        }

        if (layer is not null && products is not null && collectives is not null && kernels.Count == 3)
        {
            ChipModel measured = LlmCompass.Measured(a100, products, kernels, launches, collectives, out FrameworkCalls framework);
            Layer(to, LlmCompass.Layer(folder, measured, framework, prefill: true), LlmCompass.Layer(folder, measured, framework, prefill: false));
        }
    }

    private static void AllReduces(SectionBuilder to, string folder, ChipModel chip, List<(CollectiveRow Row, double Priced)> left)
    {
        ErrorScore own = ErrorScore.Of(left.Where(e => e.Row.Bytes >= CollectiveFit.LeastScored).Select(e => e.Priced / e.Row.Seconds));
        ErrorScore tables = ErrorScore.Of(LlmCompass.AllReduces(folder).Where(r => r.Bytes >= CollectiveFit.LeastScored).Select(r => CollectiveFit.Seconds(chip.Collectives, r) / r.Seconds));
        to.Text("All-reduce of nccl-tests on four A100, from 4 KiB. This machine's NCCL is older than that of the kernel tables and takes twice as long between 64 KiB and 2 MiB, so the bar is judged on a fit of its own with sizes left out (every fifth octave); the tables' coefficients, which no row of it touched, are beside it. LLMCompass itself: 23.4 %.");
        to.Table(["coefficients", .. Show.ErrorHeads], [["fitted to these rows, sizes left out", .. Show.Errors(own)], ["of the kernel tables", .. Show.Errors(tables)]]);
        to.Judge(AllReduce, own);
    }

    private static void Layer(SectionBuilder to, IReadOnlyList<ScoredRow> prefill, IReadOnlyList<ScoredRow> decode)
    {
        static string Micro(double seconds) => FormattableString.Invariant($"{seconds * 1e6:#,0.0}");
        static ScoredRow Total(IReadOnlyList<ScoredRow> rows) => new("total", rows.Sum(r => r.Predicted), rows.Sum(r => r.Measured));
        to.Text("No coefficient is fitted to it, though it was in sight when forms were chosen ([hardware.md](hardware.md)): one layer of GPT-3 175B on four A100, batch 8, priced by the chip fitted to the single operators and all-reduces above; microseconds. The all-reduce of the decode layer moves 192 KiB in 26.0 µs, less than nccl-tests took for 128 KiB on the same machine (28.7 µs), so a price that follows that table misses it. In the total of the decode layer that error and the one of A_mul_V partly cancel. LLMCompass itself: −2.1 % in prefill, −12.4 % in decode.");
        to.Table(
            ["operator", "prefill measured>", "predicted>", "error>", "decode measured>", "predicted>", "error>"],
            prefill.Append(Total(prefill)).Zip(decode.Append(Total(decode)), (p, d) => (IReadOnlyList<string>)
                [p.Group, Micro(p.Measured), Micro(p.Predicted), Show.Signed(p.Ratio - 1), Micro(d.Measured), Micro(d.Predicted), Show.Signed(d.Ratio - 1)]));
        Judge(PrefillTotal, Total(prefill));
        Judge(DecodeTotal, Total(decode));
        ScoredRow[] all = [.. prefill, .. decode];
        ScoredRow worst = all.MaxBy(r => Math.Abs(r.Ratio - 1));
        int within = all.Count(r => Math.Abs(r.Ratio - 1) <= 0.10);
        to.Judge(EachOperator, $"{within} of {all.Length}; worst {Show.Signed(worst.Ratio - 1)} ({worst.Group})", within == all.Length);

        void Judge(BarDefinition bar, ScoredRow total) => to.Judge(bar, Show.Signed(total.Ratio - 1), Math.Abs(total.Ratio - 1) <= 0.03);
    }
}

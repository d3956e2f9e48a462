using Fleetwright.Catalog.Devices;
using Fleetwright.Edge.Calibration;
using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation.Sections.Stages;

/// <summary>Measured language models on phones, Macs and boards.</summary>
internal sealed class DevicesSection : IValidationSection
{
    private const int ManyChips = 3;
    private static readonly BarDefinition Macs = BarDefinition.Errors(5, "decode of Macs with llama.cpp, left out", 0.08);
    private static readonly BarDefinition MacPrompts = BarDefinition.Errors(5, "prefill of Macs with llama.cpp, 512 tokens, left out", 0.05);
    private static readonly BarDefinition Gen3 = BarDefinition.Errors(5, "decode of 8 Gen 3's CPU with ExecuTorch, left out", 0.08);
    private static readonly BarDefinition IPhone = BarDefinition.Errors(5, "decode of iPhone 17 Pro with MLX, left out", 0.09);
    private static readonly BarDefinition TenMinutes = BarDefinition.Errors(5, "decode of iPhone 17 Pro after ten minutes, left out", 0.10);
    private static readonly BarDefinition Snapdragons = BarDefinition.Errors(5, "decode of Snapdragon phones' NPUs with Genie, left out", 0.20);
    private static readonly BarDefinition UnseenChips = BarDefinition.Errors(5, "decode of chips left out, families of three chips and more", 0.20);

    public string Id => "devices";

    public string Title => "Devices";

    public IReadOnlyList<BarDefinition> Bars { get; } = [Macs, MacPrompts, Gen3, IPhone, TenMinutes, Snapdragons, UnseenChips];

    public void Score(SectionBuilder to)
    {
        if (to.Find(DeviceCalibrator.File) is not { } path)
        {
            return;
        }

        var scores = new DeviceScores(to.Catalog, path);
        var classes = new List<(string Name, string Family, int Chips, ErrorScore Rows, ErrorScore Chip, IReadOnlyList<ScoredRow> Left)>();
        var prompts = new List<(string Name, ErrorScore Rows, ErrorScore Chip)>();
        foreach (DeviceCalibration engine in scores.Fitted.Where(e => e.Name != "any"))
        {
            foreach (CalibratedClass of in engine.Classes)
            {
                string name = $"{engine.Name}, {of.Unit.ToString().ToLowerInvariant()}, {of.Family}";
                if (of.Decode is { } decode)
                {
                    ScoredRow[] left = Left(false, p => p.Group);
                    classes.Add((name, of.Family, decode.Chips.Count, ErrorScore.Of(left), ErrorScore.Of(Left(false, p => p.Chip)), left));
                }

                if (of.Prefill is not null)
                {
                    prompts.Add((name, ErrorScore.Of(Left(true, p => p.Group)), ErrorScore.Of(Left(true, p => p.Chip))));
                }

                ScoredRow[] Left(bool prefill, Func<SpeedPoint, string> group) =>
                    [.. scores.LeftOut(engine.Name, of.Unit, prefill, group).Where(l => l.Row.Question.Family == of.Family).Select(l => l.Score)];
            }
        }

        to.Text("Each row predicted by a fit without it, and without the rows of its architecture and format on its chip, which fine-tunes repeat; *one chip left out*: by a fit without its chip ([edge-devices.md](edge-devices.md)). Decode:");
        to.Table(["engine on unit", "chips>", .. Show.ErrorHeads, "one chip left out>"], classes.Select(c => (IReadOnlyList<string>)[c.Name, FormattableString.Invariant($"{c.Chips}"), .. Show.Errors(c.Rows), Percent(c.Chip)]));
        to.Text("Prefill; prompts of 20 tokens, most of them on Apple's chips, measure an engine's start more than its speed:");
        to.Table(["engine on unit", .. Show.ErrorHeads, "one chip left out>"], prompts.Select(c => (IReadOnlyList<string>)[c.Name, .. Show.Errors(c.Rows), Percent(c.Chip)]));
        to.Scatter("devices-decode", "Decode speed on devices, each row held out", "tokens a second", classes.GroupBy(c => c.Name.Split(',')[0]).Select(g => (g.Key, g.SelectMany(c => c.Left))));
        ScoredRow[] sustained = [.. scores.Sustained().Select(s => s.Score)];
        to.Text("iPhone 17 Pro after ten minutes, from the predicted speed of a cool case:");
        to.Table(["set", .. Show.ErrorHeads], sustained.GroupBy(s => s.Group).Append(sustained.GroupBy(_ => "all engines").First()).Select(g => (IReadOnlyList<string>)[g.Key, .. Show.Errors(ErrorScore.Of(g))]));
        (int inside, int all) = scores.InBand();
        to.Text($"{inside} of {all} rows ({Show.Percent((double)inside / all)}) lie in the band of a fit without them. Speeds, energies and heat of headsets, glasses and the TV, and voice turns as a whole, are not measured by anybody: their band is a factor of two.");
        Judge(Macs, "llama.cpp", ComputeUnitKind.Gpu, false, r => r.Question.DeviceClass == "mac");
        Judge(MacPrompts, "llama.cpp", ComputeUnitKind.Gpu, true, r => r.Question is { DeviceClass: "mac", PromptTokens: 512 });
        Judge(Gen3, "executorch", ComputeUnitKind.Cpu, false, r => r.Question.Soc?.Title == "Snapdragon 8 Gen 3");
        Judge(IPhone, "mlx", ComputeUnitKind.Gpu, false, r => r.Question.Soc?.Title == "A19 Pro");
        to.Judge(TenMinutes, ErrorScore.Of(sustained));
        Judge(Snapdragons, "genie", ComputeUnitKind.Npu, false, r => r.Question.DeviceClass == "phone");
        to.Judge(UnseenChips, classes.Where(c => c.Chips >= ManyChips && c.Chip.Rows > 0).Select(c => (c.Name, c.Chip.Mape, c.Chip.Median)));

        void Judge(BarDefinition bar, string engine, ComputeUnitKind unit, bool prefill, Func<AnsweredRow, bool> isIn) =>
            to.Judge(bar, ErrorScore.Of(scores.LeftOut(engine, unit, prefill, p => p.Group).Where(l => isIn(l.Row)).Select(l => l.Score)));
    }

    private static string Percent(ErrorScore score) => score.Rows > 0 ? Show.Percent(score.Mape) : "";
}

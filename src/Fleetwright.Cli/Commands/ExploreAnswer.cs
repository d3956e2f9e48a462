using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Exploration;

namespace Fleetwright.Cli.Commands;

/// <summary>A design search as it is told: in JSON as it stands, in text and on the page from the same records.</summary>
internal sealed record ExploreAnswer(
    string Name, string Title, string Base, long GridPoints, int Points, bool Partial, bool WholeGrid, int Answers, IReadOnlyList<string> Parameters, IReadOnlyList<ExploreAnswer.Work> Mix,
    ExploreAnswer.Design BaseDesign, IReadOnlyList<ExploreAnswer.Design> Front, ExploreAnswer.Design? Chosen, IReadOnlyList<ExploreAnswer.Choice> BestBy, IReadOnlyList<ExploreAnswer.Step> OneStep,
    IReadOnlyList<ExploreAnswer.Excluded> ExcludedBy, ExploreAnswer.Design? Nearest, IReadOnlyList<string> NearestBreaks, IReadOnlyList<string> Notes)
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    /// <summary>A kind of work.</summary>
    public sealed record Work(string Name, string Unit, double Share, int Chips, double BytesPerChip, double? TargetSeconds, double BasePerSecondPerChip);

    /// <summary>A block of the die.</summary>
    public sealed record Block(string Name, double SquareMillimetres);

    /// <summary>A step of a work on a design.</summary>
    public sealed record WorkOn(string Work, double StepSeconds, double PerSecondPerChip);

    /// <summary>A design, worked out.</summary>
    public sealed record Design(
        long Point, IReadOnlyDictionary<string, string> Values, double DieSquareMillimetres, double PackageWatts, double? UnitDollars, double MemoryBytes, double TimesBase,
        double? TokensPerSecond, double? SamplesPerSecond, double? TokensPerSecondPerDollar, double? SamplesPerSecondPerDollar, double? TokensPerSecondPerWatt, double? SamplesPerSecondPerWatt,
        double? TimesBasePerDollar, double TimesBasePerWatt, double Latency, double DrawnWatts, IReadOnlyList<WorkOn> Work, string LongestWork, string LongestOperator, string Bound, string LargestBlock, IReadOnlyList<Block> Area);

    /// <summary>The best answer a dollar on one node or with one kind of memory.</summary>
    public sealed record Choice(string Parameter, string Value, Design Design);

    /// <summary>What one step of a parameter does to work a dollar.</summary>
    public sealed record Step(string Parameter, string From, string To, double? Change, double? ChangePerWatt, bool Answer, string? ExcludedBy);

    /// <summary>What a limit excludes.</summary>
    public sealed record Excluded(string Limit, int Points, int Alone);

    /// <summary>The answer of a search.</summary>
    /// <param name="found">The search.</param>
    /// <param name="chosen">The point whose steps are told; null: the best a dollar.</param>
    public static ExploreAnswer Of(ExplorationResult found, ExploredPoint? chosen)
    {
        Explorer explorer = found.Explorer;
        ExplorationSpec spec = explorer.Specification;
        ExploredPoint? at = chosen ?? (found.Front.Count > 0 ? found.Front[0] : null);
        ExploredPoint? nearest = found.Answers == 0 ? found.Nearest : null;
        IReadOnlyList<double> bytes = explorer.WorkBytes;
        return new ExploreAnswer(
            spec.Name, spec.Title, spec.Base.Name, spec.Count, found.Points.Count, found.IsPartial, found.IsExhaustive, found.Answers, [.. spec.Parameters.Select(p => p.Key)],
            [.. spec.Mix.Select((m, i) => new Work(m.Name, m.IsLanguage ? "tokens" : "samples", m.Share, m.Chips, bytes[i], m.Latency, m.Units / (explorer.Base.StepSeconds[i] * m.Chips)))],
            Describe(explorer, explorer.Base), [.. found.Front.Select(p => Describe(explorer, p))], at is null ? null : Describe(explorer, at),
            [.. found.Best.Select(b => new Choice(b.Parameter, b.Value, Describe(explorer, b.Point)))],
            at is null ? [] : [.. explorer.Sensitivities(at).Select(e => new Step(e.Parameter, e.From, e.To, Finite(e.Change), Finite((e.Point.PerWatt / at.PerWatt) - 1), e.Point.IsAnswer, e.Point.IsAnswer ? null : Words(e.Point.Excluded)))],
            [.. found.Exclusions.Select(e => new Excluded(Words(e.Limit), e.Points, e.Alone))], nearest is null ? null : Describe(explorer, nearest), nearest is null ? [] : Breaks(explorer, nearest), NotesOf(explorer));
    }

    /// <summary>What a design breaks, each with the figure and the limit.</summary>
    public static IReadOnlyList<string> Breaks(Explorer explorer, ExploredPoint p)
    {
        ExplorationSpec spec = explorer.Specification;
        var told = new List<string>();
        void Tell(Exclusion limit, FormattableString text)
        {
            if (p.Excluded.HasFlag(limit))
            {
                told.Add(text.ToString(s_culture));
            }
        }

        Tell(Exclusion.Reticle, $"die of {p.DieArea:0} mm2, reticle {DesignArea.Reticle:0} mm2");
        Tell(Exclusion.Cost, $"cannot be costed");
        Tell(Exclusion.DieArea, $"die of {p.DieArea:0} mm2, limit {spec.Limits.DieArea:0} mm2");
        Tell(Exclusion.PackagePower, $"{p.Watts:0} W, limit {spec.Limits.PackagePower:0} W");
        Tell(Exclusion.UnitCost, $"{ChipCostCommand.Dollars(p.Dollars)}, limit {ChipCostCommand.Dollars(spec.Limits.UnitCost ?? 0)}");
        Tell(Exclusion.MemoryCapacity, $"{Quantity.Format(p.MemoryBytes, "B")} of memory, at least {Quantity.Format(spec.Limits.MemoryCapacity ?? 0, "B")} asked");
        IReadOnlyList<double> bytes = explorer.WorkBytes;
        for (int i = 0; i < spec.Mix.Count; i++)
        {
            MixItem work = spec.Mix[i];
            if (bytes[i] > p.MemoryBytes)
            {
                Tell(Exclusion.WorkFits, $"{work.Name} needs {Quantity.Format(bytes[i], "B")} on a chip, it has {Quantity.Format(p.MemoryBytes, "B")}");
            }

            if (work.Latency is { } target && p.StepSeconds[i] > target)
            {
                Tell(Exclusion.Latency, $"a step of {work.Name} takes {Quantity.Format(p.StepSeconds[i], "s")}, target {Quantity.Format(target, "s")}");
            }
        }

        return told;
    }

    /// <summary>Limits in words.</summary>
    public static string Words(Exclusion excluded) => string.Join(", ", Enum.GetValues<Exclusion>().Where(e => e != Exclusion.None && excluded.HasFlag(e)).Select(e => e switch
    {
        Exclusion.Reticle => "reticle",
        Exclusion.Cost => "cannot be costed",
        Exclusion.DieArea => "die_area",
        Exclusion.PackagePower => "package_power",
        Exclusion.UnitCost => "unit_cost",
        Exclusion.MemoryCapacity => "memory_capacity",
        Exclusion.WorkFits => "work does not fit in memory",
        _ => "latency target",
    }));

    /// <summary>The values of a design in one line.</summary>
    public static string NameOf(Design design) => design.Point < 0 ? "base" : string.Join(", ", design.Values.Select(v => v.Key is "node" or "memory" ? v.Value : $"{v.Key.Replace('_', ' ')} {v.Value}"));

    private static Design Describe(Explorer explorer, ExploredPoint p)
    {
        ExplorationSpec spec = explorer.Specification;
        bool isBase = p.Index < 0;
        IReadOnlyList<string> labels = isBase ? [] : explorer.Labels(p.Index);
        double tokens = explorer.BaseTokensPerSecond * p.Speed, samples = explorer.BaseSamplesPerSecond * p.Speed;
        double? Rate(double rate) => rate > 0 ? Finite(rate) : null;
        DesignArea? area = isBase ? null : explorer.DesignAt(p.Index).Area;
        return new Design(
            p.Index, labels.Select((l, i) => (spec.Parameters[i].Key, l)).ToDictionary(v => v.Key, v => v.l), p.DieArea, p.Watts, Finite(p.Dollars), p.MemoryBytes, p.Speed,
            Rate(tokens), Rate(samples), Rate(tokens / p.Dollars), Rate(samples / p.Dollars), Rate(tokens / p.Watts), Rate(samples / p.Watts),
            Finite(p.PerDollar), p.PerWatt, p.Latency, p.Joules * p.Speed,
            [.. spec.Mix.Select((m, i) => new WorkOn(m.Name, p.StepSeconds[i], m.Units / (p.StepSeconds[i] * m.Chips)))],
            spec.Mix[p.LongestWork].Name, Split(p.LongestOperator.ToString()), Split(p.Bound.ToString()), Split(p.LargestBlock.ToString()),
            area is null ? [] : [new("processing elements", area.Cores), new("shared memory", area.SharedMemory), new("fabric", area.Fabric), new("memory interfaces", area.MemoryInterface), new("links", area.Links), new("other", area.Other)]);
    }

    private static IReadOnlyList<string> NotesOf(Explorer explorer)
    {
        ExplorationSpec spec = explorer.Specification;
        var notes = new List<string>();
        if (!explorer.Base.IsAnswer)
        {
            notes.Add($"the base design itself is no answer: {string.Join("; ", Breaks(explorer, explorer.Base))}");
        }

        SweptParameter? clock = spec.Parameters.FirstOrDefault(p => p.Key == "clock");
        if (clock is not null && clock.Values[^1] > spec.Base.MaximumClock)
        {
            notes.Add(string.Create(s_culture, $"clocks over {Quantity.Format(spec.Base.MaximumClock, "Hz")}, the base's maximum, are extrapolated along its line from clock to voltage"));
        }

        if (spec.Nodes.Count > 1)
        {
            notes.Add("on another node a design keeps clock and voltage; a port would change both");
        }

        return notes;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;

    // FeedForwardUp to 'feed forward up'.
    private static string Split(string name) => string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $" {char.ToLowerInvariant(c)}" : char.ToLowerInvariant(c).ToString()));
}

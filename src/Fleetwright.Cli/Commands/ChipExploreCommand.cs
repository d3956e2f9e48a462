using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Cli.Pages;
using Fleetwright.Hardware.Exploration;
using Fleetwright.Scenarios.Output;

namespace Fleetwright.Cli.Commands;

/// <summary><c>fleetwright chip explore SPEC.yaml</c>: a search over designs for the best work a dollar, work a watt and latency.</summary>
internal static class ChipExploreCommand
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    public static Command Create(CommandContext context)
    {
        var file = new Argument<string>("spec") { Description = "A design search (.yaml): base, sweep, limits and mix; docs/exploring.md." };
        var csv = new Option<string?>("--csv") { Description = "Write every point to this file." };
        var html = new Option<string?>("--html") { Description = "Write a page with plots to this file." };
        var resume = new Option<string?>("--resume") { Description = "Continue from the CSV that a stopped run left, and write to it unless --csv names another." };
        var at = new Option<long?>("--at") { Description = "The point whose single steps are told; the best a dollar when left out." };
        var top = new Option<int>("--top") { Description = "Rows of the front to print.", DefaultValueFactory = _ => 12 };
        var threads = new Option<int>("--threads") { Description = "Threads; they change nothing but the time.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Option<bool> json = CommonOptions.Json();
        var command = new Command("explore", "Search over designs: which grid, memory, clock and node do the work best for a dollar, for a watt, and soonest.") { file, csv, html, resume, at, top, threads, json };
        command.SetAction(parsed =>
        {
            int rows = CommonOptions.Whole(parsed, top, 1, 1_000_000), workers = CommonOptions.Whole(parsed, threads, 1, 1024);
            var explorer = new Explorer(context.Catalog, ExplorationReader.Open(context.Catalog, parsed.GetRequiredValue(file)));
            ExploredPoint? chosen = Chosen(explorer, parsed.GetValue(at), at.Name);
            string? page = CommonOptions.InFolder(parsed.GetValue(html), html.Name), from = parsed.GetValue(resume), table = CommonOptions.InFolder(parsed.GetValue(csv) ?? from, csv.Name);
            IReadOnlyDictionary<long, ExploredPoint> known = from is null ? new Dictionary<long, ExploredPoint>() : ExplorationTable.Read(explorer, from);
            ExplorationResult found = explorer.Run(new ExploreOptions { Threads = workers, Known = known, Progress = Progress(context, known.Count), Cancellation = context.Cancellation });
            if (found.IsPartial)
            {
                table ??= $"{explorer.Specification.Name}.partial.csv";
                context.Error.WriteLine($"fleetwright: stopped at {found.Points.Count.ToString("#,0", s_culture)} of {explorer.Planned.ToString("#,0", s_culture)} points; '--resume {table}' continues");
            }

            ExploreAnswer answer = ExploreAnswer.Of(found, chosen);
            Save(table, () => ExplorationTable.Write(found));
            Save(page, () => ExplorePage.Write(found, answer));
            if (parsed.GetValue(json))
            {
                context.WriteJson(answer);
            }
            else
            {
                Write(context, answer, rows);
                Tell(context, "Table", table);
                Tell(context, "Page", page);
            }

            return found.IsPartial ? ExitCode.Cancelled : answer.Answers == 0 ? ExitCode.Infeasible : ExitCode.Success;
        });
        return command;
    }

    /// <summary>A rate or share to three digits, without exponents.</summary>
    internal static string Number(double? value) => value is not { } v ? "–" : v.ToString(Math.Abs(v) >= 100 ? "#,0" : Math.Abs(v) >= 10 ? "0.0" : Math.Abs(v) >= 1 ? "0.00" : "0.000", s_culture);

    /// <summary>The question in words, or the name.</summary>
    internal static string Title(ExploreAnswer a) => a.Title.Length > 0 ? a.Title : a.Name;

    /// <summary>The answer in a few sentences.</summary>
    internal static IEnumerable<string> Headlines(ExploreAnswer a)
    {
        string extent = a.Partial ? "stopped early" : a.WholeGrid ? "the whole grid" : "a seeded search";
        yield return string.Create(s_culture, $"{a.Points:#,0} of {a.GridPoints:#,0} designs worked out ({extent}); ")
            + (a.Answers == 0 ? "none obeys every limit" : string.Create(s_culture, $"{a.Answers:#,0} obey every limit, and nothing beats {a.Front.Count:#,0} of them in work a dollar, work a watt and latency at once"));
        if (a.Front.Count > 0)
        {
            ExploreAnswer.Design dollar = a.Front[0], watt = a.Front.MaxBy(d => d.TimesBasePerWatt)!, soon = a.Front.MinBy(d => d.Latency)!;
            yield return $"Best a dollar: {Sentence(a, dollar)}";
            yield return $"Best a watt: {Sentence(a, watt)}";
            yield return $"Soonest: {Sentence(a, soon)}";
            ExploreAnswer.Choice[] memories = [.. a.BestBy.Where(b => b.Parameter == "memory")];
            for (int i = 1; i < memories.Length; i++)
            {
                yield return Against(memories[i], memories[0]);
            }
        }
        else if (a.Nearest is { } nearest)
        {
            yield return $"What excludes them: {string.Join("; ", a.ExcludedBy.Select(e => string.Create(s_culture, $"{e.Limit} excludes {e.Points:#,0} ({e.Alone:#,0} by itself)")))}";
            yield return $"The nearest is point {nearest.Point.ToString(s_culture)} ({ExploreAnswer.NameOf(nearest)}): {string.Join("; ", a.NearestBreaks)}";
        }
    }

    private static string Sentence(ExploreAnswer a, ExploreAnswer.Design d) => string.Create(
        s_culture,
        $"{ExploreAnswer.NameOf(d)}: {Number(d.TimesBase)} times the work of {a.Base} for {ChipCostCommand.Dollars(d.UnitDollars ?? 0)} against {ChipCostCommand.Dollars(a.BaseDesign.UnitDollars ?? 0)} and {d.PackageWatts:0} W against {a.BaseDesign.PackageWatts:0}; {string.Join(", ", d.Work.Select(w => $"{w.Work} {Quantity.Format(w.StepSeconds, "s")}"))}; the longest operator is {d.LongestOperator} of {d.LongestWork}, held by {d.Bound}; most area in {d.LargestBlock}");

    // What one kind of memory buys and costs against the first.
    private static string Against(ExploreAnswer.Choice one, ExploreAnswer.Choice first)
    {
        ExploreAnswer.Design d = one.Design, f = first.Design;
        double more = (d.UnitDollars ?? 0) - (f.UnitDollars ?? 0), watts = d.PackageWatts - f.PackageWatts;
        return string.Create(
            s_culture,
            $"{one.Value} against {first.Value}, the best a dollar of each: {Number(d.TimesBase / f.TimesBase)} times the work of a chip for {ChipCostCommand.Dollars(Math.Abs(more))} {(more < 0 ? "less" : "more")} and {Math.Abs(watts):0} W {(watts < 0 ? "less" : "more")}, {Number(d.TimesBasePerDollar / f.TimesBasePerDollar)} times a dollar and {Number(d.TimesBasePerWatt / f.TimesBasePerWatt)} times a watt; {string.Join(", ", d.Work.Zip(f.Work).Select(w => $"{w.First.Work} {Quantity.Format(w.First.StepSeconds, "s")} against {Quantity.Format(w.Second.StepSeconds, "s")}"))}");
    }

    private static void Write(CommandContext context, ExploreAnswer a, int rows)
    {
        context.Output.WriteLine($"{Title(a)}{(a.Partial ? " (partial)" : "")}");
        foreach (string line in Headlines(a))
        {
            context.Output.WriteLine($"  {line}.");
        }

        // Tokens and samples of the mix are in one proportion, so that one of them tells the rate.
        bool tokens = a.Mix.Any(m => m.Unit == "tokens");
        string unit = tokens ? "tok" : "smp";
        bool grid = a.Parameters.Any(InGrid);
        string[] keys = [.. a.Parameters.Where(p => !InGrid(p))];
        string[] heads = ["point>", .. grid ? ["grid"] : Array.Empty<string>(), .. keys.Select(Short), "mm2>", "W>", "unit>", $"{unit}/s/k$>", $"{unit}/s/W>", .. a.Mix.Select(m => $"{m.Name} ms>"), "held by", "most area"];
        IReadOnlyList<string> Row(ExploreAnswer.Design d) =>
        [
            d.Point < 0 ? "base" : d.Point.ToString(s_culture), .. grid ? [GridOf(d)] : Array.Empty<string>(), .. keys.Select(p => d.Values.GetValueOrDefault(p, "").Replace(" of ", " ", StringComparison.Ordinal)),
            d.DieSquareMillimetres.ToString("0", s_culture), d.PackageWatts.ToString("0", s_culture), d.UnitDollars is { } dollars ? ChipCostCommand.Dollars(dollars) : "–",
            Number((tokens ? d.TokensPerSecondPerDollar : d.SamplesPerSecondPerDollar) * 1000), Number(tokens ? d.TokensPerSecondPerWatt : d.SamplesPerSecondPerWatt),
            .. d.Work.Select(w => Number(w.StepSeconds * 1e3)), d.Bound, d.LargestBlock,
        ];
        if (a.Front.Count > 0)
        {
            context.Output.WriteLine(a.Front.Count > rows ? $"Front, the best {rows} of {a.Front.Count} a dollar:" : "Front:");
        }

        context.WriteTable(heads, a.Front.Take(rows).Append(a.BaseDesign).Select(Row));
        if (a.BestBy.Count > 0)
        {
            context.Output.WriteLine("Best a dollar with each:");
            context.WriteTable(heads, a.BestBy.Select(b => Row(b.Design)));
        }

        if (a.Chosen is { } chosen)
        {
            context.Output.WriteLine($"One step from point {chosen.Point.ToString(s_culture)}:");
            context.WriteTable(["parameter", "from", "to", "work a dollar>", "work a watt>", ""], a.OneStep.Take(rows).Select(s => (IReadOnlyList<string>)[s.Parameter, s.From, s.To, Change(s.Change), Change(s.ChangePerWatt), s.ExcludedBy is { } why ? $"no answer: {why}" : ""]));
        }

        if (a.ExcludedBy.Count > 0 && a.Front.Count > 0)
        {
            context.Output.WriteLine($"Excluded: {string.Join("; ", a.ExcludedBy.Select(e => string.Create(s_culture, $"{e.Limit} {e.Points:#,0} ({e.Alone:#,0} by itself)")))}");
        }

        foreach (string note in a.Notes)
        {
            context.Output.WriteLine($"  note: {note}");
        }
    }

    internal static string Change(double? change) => change is { } c ? c.ToString("+0.0 %;-0.0 %;0.0 %", s_culture) : "–";

    private static bool InGrid(string key) => key is "rows" or "columns" or "spares";

    // 8x12+4: what is swept of rows, columns and spares.
    private static string GridOf(ExploreAnswer.Design d)
    {
        string grid = string.Join('x', d.Values.Where(v => v.Key is "rows" or "columns").Select(v => v.Value));
        return d.Values.TryGetValue("spares", out string? spares) ? $"{grid}+{spares}" : grid;
    }

    private static string Short(string key) => key switch { "shared_memory" => "SRAM", "local_memory" => "local", "shared_bandwidth" => "SRAM B/s", "matrix" => "matrix>", "vector" => "vector>", _ => key };

    private static void Tell(CommandContext context, string what, string? path)
    {
        if (path is not null)
        {
            context.Output.WriteLine($"{what}: {Path.GetFullPath(path)}");
        }
    }

    private static Action<long, long> Progress(CommandContext context, int known)
    {
        long started = Stopwatch.GetTimestamp(), told = started;
        return (done, planned) =>
        {
            long now = Stopwatch.GetTimestamp();
            if (Stopwatch.GetElapsedTime(told, now) >= s_quiet)
            {
                told = now;
                double rate = Math.Max(0, done - known) / Stopwatch.GetElapsedTime(started, now).TotalSeconds;
                context.Error.WriteLine(string.Create(s_culture, $"fleetwright: {done:#,0} of {planned:#,0} designs ({(double)done / planned:0%}), {rate:#,0} a second"));
            }
        };
    }

    private static ExploredPoint? Chosen(Explorer explorer, long? index, string option) =>
        index is not { } point ? null
        : point >= 0 && point < explorer.Specification.Count ? explorer.Evaluate(point)
        : throw new InputException(option, string.Create(s_culture, $"found {point}; allowed: a point of the grid, 0 to {explorer.Specification.Count - 1}"));

    private static void Save(string? file, Func<string> write)
    {
        if (file is not null)
        {
            WholeFile.Write(file, write());
        }
    }
}

using System.Globalization;
using Fleetwright.Catalog.Units;
using Fleetwright.Scenarios.Results;

namespace Fleetwright.Scenarios.Chain;

/// <summary>The questions of the first screen, answered in words from the results alone.</summary>
internal static class Answers
{
    /// <summary>Answers every question that <paramref name="r"/> holds something about.</summary>
    /// <param name="r">The results.</param>
    /// <param name="nameOf">What people call a chip of the catalogue.</param>
    public static IReadOnlyList<Answer> Of(RunResults r, Func<string, string> nameOf) =>
        [Where(r), HowMany(r, nameOf), Cost(r), .. Designs(r, nameOf), Training(r, nameOf), Buy(r, nameOf), .. Outage(r)];

    private static Answer Where(RunResults r)
    {
        int last = r.Scenario.Quarters.Count - 1;
        double total = 0, device = 0, phone = 0, cloud = 0;
        foreach ((ProductPlacement placement, ProductDemand demand) in r.Placement.Zip(r.Demand.Products))
        {
            double turns = demand.PeakTurnsPerSecond[last];
            total += turns;
            device += turns * placement.DeviceShare;
            phone += turns * placement.PhoneShare;
            cloud += turns * placement.CloudShare;
        }

        if (total == 0)
        {
            return new Answer("Where does each request run?", "Nowhere: nobody asks", "");
        }

        string local = string.Join(", ", r.Placement.Select(p => $"{p.Title} {Percent(p.DeviceShare + p.PhoneShare)}"));
        List<string> refused = [.. r.Placement.Where(p => p.UnservedShare >= 0.005).Select(p => $"{Percent(p.UnservedShare)} of {p.Title}")];
        string unserved = refused.Count == 0 ? "" : $" Not served: {string.Join(", ", refused)}, whose data may not leave a device that cannot answer.";
        return new Answer(
            "Where does each request run?",
            $"{Percent(cloud / total)} in the data centre, {Percent((device + phone) / total)} with the user",
            $"On the device or its phone in {r.Scenario.Quarters[last]}: {local}.{unserved}");
    }

    private static Answer HowMany(RunResults r, Func<string, string> nameOf)
    {
        const string question = "How many chips of which kind?";
        if (r.Supply is not { } s)
        {
            return new Answer(question, "No plan", r.SupplyProblem ?? "");
        }

        int last = r.Scenario.Quarters.Count - 1;
        List<(string Chip, double Chips)> kinds = [.. s.Fleet.GroupBy(f => f.Chip).Select(g => (g.Key, g.Sum(f => f.Chips[last]))).OrderByDescending(k => k.Item2)];
        double ordered = s.Orders.Sum(o => o.Chips);
        return new Answer(
            question,
            $"{Chips(kinds.Sum(k => k.Chips))} chips in {r.Scenario.Quarters[last]}",
            $"{string.Join(", ", kinds.Where(k => k.Chips >= 0.5).Select(k => $"{Chips(k.Chips)} {nameOf(k.Chip)}"))}; {Chips(ordered)} of them ordered by this plan, the mean over {s.Futures} futures.");
    }

    private static Answer Cost(RunResults r)
    {
        const string question = "What does it cost and draw?";
        if (r.Supply is not { } s)
        {
            return new Answer(question, "No plan", r.SupplyProblem ?? "");
        }

        double peak = s.PowerWatts.Max();
        string quarter = r.Scenario.Quarters[s.PowerWatts.ToList().IndexOf(peak)];
        return new Answer(
            question,
            $"{Quantity.FormatDollars(s.Cost.Expected)}, at most {Quantity.Format(peak, "W")}",
            $"Expected and discounted: {string.Join(", ", Parts(s.Cost))}. In the worst {Percent(1 - s.TailLevel)} of futures {Quantity.FormatDollars(s.Cost.Tail)}. Power peaks in {quarter}.");
    }

    private static IEnumerable<string> Parts(CostBreakdown cost) =>
        new (double Dollars, string Name)[]
        {
            (cost.Chips, "chips and systems less what they are still worth"), (cost.Contracts, "contracts and designs"), (cost.Operations, "operations"),
            (cost.Energy, "energy"), (cost.Rental, "rental"), (cost.Unserved, "unserved demand"),
        }.Where(p => Math.Abs(p.Dollars) >= 0.001 * Math.Abs(cost.Expected)).Select(p => $"{Quantity.FormatDollars(p.Dollars)} {p.Name}");

    // Each workload by design, in the order of their offers: cost, energy, and the time that people wait for.
    private static IEnumerable<Answer> Designs(RunResults r, Func<string, string> nameOf)
    {
        if (r.Designs is not { Count: > 1 } designs || r.Serving.Count == 0)
        {
            yield break;
        }

        IEnumerable<string> made = designs.Select(d =>
            $"{nameOf(d.Chip)}: {Quantity.Format(d.MemoryBytesPerSecond, "B/s")} of {d.MemoryKind}, {Quantity.Format(d.PowerWatts, "W")}, {Quantity.FormatDollars(d.PriceDollars)}");
        IEnumerable<string> work = r.Serving.Select(w => $"{w.Title}: {string.Join("; ", designs.Select(d => $"{nameOf(d.Chip)} {Work(w, w.Options.First(o => o.Chip == d.Chip))}"))}");
        yield return new Answer("What does one design buy over another?", Best(r.Serving[0], designs, nameOf), $"{string.Join("; ", made)}. {string.Join(". ", work)}.");
    }

    private static string Best(WorkloadServing w, IReadOnlyList<DesignResult> designs, Func<string, string> nameOf)
    {
        List<(string Name, double Dollars)> able = [.. designs
            .Select(d => (nameOf(d.Chip), w.Options.First(o => o.Chip == d.Chip).DollarsPerMillion ?? double.PositiveInfinity)).Where(d => double.IsFinite(d.Item2)).OrderBy(d => d.Item2)];
        return able.Count == 0 ? $"No design does {w.Title} within its targets"
            : able.Count == 1 ? $"Only {able[0].Name} does {w.Title} within its targets"
            : string.Create(CultureInfo.InvariantCulture, $"{able[0].Name} does {able[^1].Dollars / able[0].Dollars:0.0} times the work a dollar of {able[^1].Name} ({w.Title})");
    }

    private static string Work(WorkloadServing w, ServingOption option) =>
        !option.Feasible ? $"cannot ({option.Reason})"
            : string.Create(CultureInfo.InvariantCulture, $"${option.DollarsPerMillion:G3}") + $" a million {(w.Unit == "sample" ? "samples" : "tokens")}, {Quantity.Format(option.JoulesPerUnit ?? 0, "J")} each"
                + (option.TpotP99Seconds is { } tpot ? $", {Quantity.Format(tpot, "s")} a token at p99" : "");

    private static Answer Training(RunResults r, Func<string, string> nameOf)
    {
        const string question = "When does training finish?";
        if (r.Training.Count == 0)
        {
            return new Answer(question, "Nothing is trained", "");
        }

        TrainingResult job = r.Training[0];
        TrainingOption? option = job.Options.FirstOrDefault(o => o.Chip == job.ChosenChip && o.Feasible) ?? job.Options.FirstOrDefault(o => o.Feasible);
        if (option is null)
        {
            return new Answer(question, $"Not by {job.Deadline}", $"{job.Title}: {(job.Options.Count > 0 ? job.Options[0].Reason : "no chip is on offer")}");
        }

        string when = job.FinishQuarter ?? (r.Supply is null ? $"By {job.Deadline}" : $"Not by {job.Deadline}");
        return new Answer(
            question,
            when,
            string.Create(CultureInfo.InvariantCulture, $"{job.Title}: {option.Days:0} days on {option.Chips:#,0} {nameOf(option.Chip)} ({option.Layout}) at {Percent(option.Mfu ?? 0)} MFU and {Percent(option.Goodput ?? 0)} goodput, {Quantity.FormatDollars(option.Dollars ?? 0)}."));
    }

    private static Answer Buy(RunResults r, Func<string, string> nameOf)
    {
        const string question = "What to buy each quarter, and from whom?";
        if (r.Supply is not { } s)
        {
            return new Answer(question, "No plan", r.SupplyProblem ?? "");
        }

        double total = s.Orders.Sum(o => o.Dollars);
        if (total == 0)
        {
            return new Answer(question, "Nothing", "The chips that are there suffice.");
        }

        IEnumerable<string> makers = s.Orders.GroupBy(o => (o.Maker, o.Site)).OrderByDescending(g => g.Sum(o => o.Dollars))
            .Select(g => $"{Percent(g.Sum(o => o.Dollars) / total)} {g.Key.Maker} from {g.Key.Site}");
        string first = s.Orders[0].Quarter;
        IEnumerable<string> now = s.Orders.Where(o => o.Quarter == first).OrderByDescending(o => o.Dollars).Select(o => $"{Chips(o.Chips)} {nameOf(o.Chip)} from {o.Maker} ({o.Site}) for {Quantity.FormatDollars(o.Dollars)}");
        return new Answer(question, $"{Quantity.FormatDollars(total)} in {s.Orders.Select(o => o.Quarter).Distinct().Count()} quarters", $"{string.Join(", ", makers)}. Sign first, in {first}: {string.Join("; ", now)}.");
    }

    private static IEnumerable<Answer> Outage(RunResults r)
    {
        if (r.Supply is not { } s)
        {
            yield break;
        }

        foreach (IGrouping<string, OutageResult> place in s.Outages.GroupBy(o => o.Place))
        {
            OutageResult worst = place.MaxBy(o => o.ExtraCost)!;
            List<string> lost = [.. worst.Unserved.Where(w => w.Share >= 0.005).OrderByDescending(w => w.Share).Select(w => $"{Percent(w.Share)} of {w.Workload}")];
            yield return new Answer(
                $"What if {place.Key} stops?",
                lost.Count == 0 ? $"All demand is served; {Quantity.FormatDollars(worst.ExtraCost)} more" : $"Up to {lost[0]} unserved, {Quantity.FormatDollars(worst.ExtraCost)} more",
                $"{worst.Quarters} quarters from {worst.Start}, with the orders as signed: {Chips(worst.LostChips)} chips do not come; {(lost.Count == 0 ? "nothing is lost" : $"worst quarter loses {string.Join(", ", lost)}")}; "
                + $"the fleet carries on unharmed for {worst.SurvivesQuarters} quarter{(worst.SurvivesQuarters == 1 ? "" : "s")}.{SecondSources(s, place.Key)}");
        }
    }

    // What the plan would lose without the sources elsewhere that it orders from.
    private static string SecondSources(SupplyResult s, string place)
    {
        List<string> elsewhere = [.. s.Sources.Where(v => v.Country != place).Select(v => $"without {v.Site} the plan would cost {Change(v.Expected)} on average and {Change(v.Tail)} in the worst {Percent(1 - s.TailLevel)}")];
        return elsewhere.Count == 0 ? " No source elsewhere stands in." : $" A second source stands in: {string.Join("; ", elsewhere)}.";
    }

    private static string Change(double dollars) => dollars < 0 ? $"{Quantity.FormatDollars(-dollars)} less" : $"{Quantity.FormatDollars(dollars)} more";

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0} %");

    private static string Chips(double number) => number switch
    {
        >= 1e6 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e6:0.00} M"),
        >= 1e4 => string.Create(CultureInfo.InvariantCulture, $"{number / 1e3:0} k"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{number:#,0}"),
    };
}

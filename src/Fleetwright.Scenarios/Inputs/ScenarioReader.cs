using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;

namespace Fleetwright.Scenarios.Inputs;

/// <summary>Reads a scenario file. One pass finds every problem; names of catalogue things are checked by <c>ScenarioCheck</c>.</summary>
public static class ScenarioReader
{
    private const int MaximumQuarters = 40;
    private const double MaximumTokens = 10e6;
    private const double MaximumUsers = 20e9;

    /// <summary>Reads <paramref name="path"/>.</summary>
    /// <exception cref="InputException">The file cannot be used; every problem is listed with its place.</exception>
    public static Scenario Read(string path)
    {
        YamlFile file = YamlFile.Open(path);
        Scenario scenario = Read(file);
        file.Close();
        return scenario with { Facts = file.Facts, Places = file.Places };
    }

    private static Scenario Read(YamlFile file)
    {
        YamlMap root = file.Root;
        IReadOnlyList<Quarter> quarters = ReadQuarters(root.Map("quarters"));
        var scenario = new Scenario
        {
            Name = root.Text("name"),
            Title = root.Text("title"),
            Description = root.OptionalText("description") ?? "",
            File = file.Path,
            Quarters = quarters,
            Seed = (ulong)root.Integer("seed", 1, 0, long.MaxValue),
            Voice = root.OptionalText("voice") ?? "streaming",
            Economics = ReadEconomics(root.Map("economics")),
            Products = [.. root.Maps("products").Select(ReadProduct)],
            Workloads = [.. root.Maps("workloads").Select(ReadWorkload)],
            Training = [.. root.Maps("training").Select(ReadTraining)],
            Offers = [.. root.Maps("offers").Select(ReadOffer)],
            Resources = [.. root.Maps("resources").Select(m => new SharedResource(m.Text("name"), m.OptionalText("title") ?? m.Text("name"), m.Series("capacity", Dimension.Count)))],
            Owned = [.. root.Maps("owned").Select(m => new OwnedChips(m.Text("chip"), m.Series("number", Dimension.Count)))],
            PowerAvailable = root.Series("power_available", Dimension.Power),
            Risks = ReadRisks(root.OptionalMap("risks"), file),
            Plan = ReadPlan(root.Map("plan")),
            Facts = [],
        };
        CheckNames(root, scenario);
        return scenario;
    }

    private static List<Quarter> ReadQuarters(YamlMap map)
    {
        Quarter first = map.Quarter("first");
        Quarter last = map.Quarter("last");
        int count = last.Index - first.Index + 1;
        if (count is < 1 or > MaximumQuarters)
        {
            map.Report("last", string.Create(CultureInfo.InvariantCulture, $"found {last}; allowed: {first} to {first.Plus(MaximumQuarters - 1)}"));
            count = 1;
        }

        return [.. Enumerable.Range(0, count).Select(first.Plus)];
    }

    private static Economics ReadEconomics(YamlMap map) => new(
        map.Fact("electricity", Dimension.MoneyPerEnergy),
        map.Fact("pue", Dimension.Count, 1, 3),
        map.Fact("chip_life", Dimension.Time, 86400),
        map.Fact("discount_rate", Dimension.Fraction, 0, 0.99),
        map.Fact("operations", Dimension.Fraction, 0, 1));

    private static Product ReadProduct(YamlMap map)
    {
        YamlMap? phone = map.OptionalMap("phone");
        return new Product
        {
            Name = map.Text("name"),
            Title = map.Text("title"),
            Device = map.Text("device"),
            Engine = map.OptionalText("engine") ?? "",
            DeviceModels = map.Texts("device_models"),
            DeviceDtype = map.Dtype("device_dtype", Dtype.Int4),
            CapableShare = map.Series("capable_share", Dimension.Fraction, 0, 1),
            RenderLoad = map.OptionalText("render_load"),
            Phone = phone is null ? null : new TetheredPhone(phone.Text("device"), phone.Text("engine"), phone.Texts("models"), phone.Text("link")),
            UseTime = map.Fact("use_a_day", Dimension.Time, 60, 86400),
            Cloud = ReadCloud(map),
            Interaction = map.Choice("interaction", [("text", Interaction.Text), ("voice", Interaction.Voice)]),
            Network = map.Text("network"),
            Day = ReadDay(map),
            ActiveUsers = map.Series("active_users", Dimension.Count, 0, MaximumUsers),
            TurnRate = map.Fact("turns", Dimension.EventRate),
            HourCurve = ReadHours(map),
            Prompt = ReadLength(map.Map("prompt_tokens")),
            Reply = ReadLength(map.Map("reply_tokens")),
            Classes = ReadClasses(map),
            LatencyTarget = map.Fact("latency_p95", Dimension.Time, 0.01),
            BatteryTarget = map.OptionalFact("battery", Dimension.Time),
        };
    }

    private static List<DayPart> ReadDay(YamlMap map)
    {
        var parts = new List<DayPart>();
        foreach (YamlMap part in map.Maps("day"))
        {
            int from = (int)part.Integer("from", 0, 23), to = (int)part.Integer("to", 1, 24);
            int begins = parts.Count == 0 ? 0 : parts[^1].To;
            if (from != begins || to <= from)
            {
                part.Report("from", string.Create(CultureInfo.InvariantCulture, $"found {from} to {to}; allowed: whole hours, each part from where the one before ends ({begins}) to a later one"));
            }

            parts.Add(new DayPart(from, to, part.Text("place"), part.OptionalText("network"), part.OptionalFact("charging", Dimension.Power)));
        }

        if (parts.Count > 0 && parts[^1].To != 24)
        {
            map.Report("day", string.Create(CultureInfo.InvariantCulture, $"ends at hour {parts[^1].To}; allowed: parts that cover the day from hour 0 to hour 24"));
        }

        return parts;
    }

    private static List<(string, double)> ReadCloud(YamlMap map)
    {
        var cloud = new List<(string, double)>();
        foreach (YamlMap part in map.Maps("cloud"))
        {
            cloud.Add((part.Text("workload"), part.Fact("share", Dimension.Fraction, 0, 1)));
        }

        RequireWhole(map, "cloud", cloud.Sum(c => c.Item2));
        return cloud;
    }

    private static List<TurnClass> ReadClasses(YamlMap map)
    {
        List<TurnClass> classes = [.. map.Maps("turn_classes").Select(c => new TurnClass(c.Text("name"), c.Fact("share", Dimension.Fraction, 0, 1), c.Flag("may_leave_device", true)))];
        RequireWhole(map, "turn_classes", classes.Sum(c => c.Share));
        return classes;
    }

    private static List<double> ReadHours(YamlMap map)
    {
        var hours = new List<double>();
        foreach (string text in map.Texts("hours"))
        {
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double weight) && weight >= 0 && double.IsFinite(weight))
            {
                hours.Add(weight);
            }
        }

        if (hours.Count != 24 || hours.Sum() <= 0)
        {
            map.Report("hours", string.Create(CultureInfo.InvariantCulture, $"found {hours.Count} usable weights; allowed: 24 numbers of at least 0, one an hour, not all 0"));
            return [.. Enumerable.Repeat(1.0, 24)];
        }

        return hours;
    }

    private static TokenLength ReadLength(YamlMap map) =>
        new(map.Fact("mean", Dimension.Count, 1, MaximumTokens), map.Fact("variation", Dimension.Count, 0, 10));

    private static Workload ReadWorkload(YamlMap map)
    {
        var precisions = new List<Dtype>();
        foreach (string text in map.Texts("precisions"))
        {
            if (Dtypes.TryParse(text, out Dtype dtype))
            {
                precisions.Add(dtype);
            }
            else
            {
                map.Report("precisions", $"found '{text}'; allowed: {string.Join(", ", Dtypes.All.Select(d => d.Name()))}");
            }
        }

        if (precisions.Count == 0)
        {
            map.Report("precisions", "needs at least one number format, such as [fp8, bf16]");
        }

        return new Workload
        {
            Name = map.Text("name"),
            Title = map.Text("title"),
            Model = map.Text("model"),
            Precisions = precisions,
            Chips = map.Texts("chips"),
            LatencyTarget = map.Has("batch_latency") ? map.Fact("batch_latency", Dimension.Time, 1e-6) : map.Fact("ttft_p99", Dimension.Time, 1e-6),
            TpotTarget = map.OptionalFact("tpot_p99", Dimension.Time, 1e-6),
            SampleRate = map.OptionalSeries("samples", Dimension.EventRate),
            UnservedPrice = map.Fact("unserved_price", Dimension.Money),
            UnservedLimit = map.OptionalFact("unserved_limit", Dimension.Fraction, 0, 1),
        };
    }

    private static TrainingPlan ReadTraining(YamlMap map)
    {
        var plan = new TrainingPlan
        {
            Name = map.Text("name"),
            Title = map.Text("title"),
            Model = map.Text("model"),
            Chips = map.Texts("chips"),
            Tokens = map.Fact("tokens", Dimension.Count, 1),
            SequenceLength = map.Fact("sequence_length", Dimension.Count, 1, MaximumTokens),
            BatchTokens = map.Fact("batch_tokens", Dimension.Count, 1, 1e9),
            Precision = map.Dtype("precision", Dtype.Bf16),
            Start = map.Quarter("start"),
            Deadline = map.Quarter("deadline"),
            UnservedPrice = map.Fact("unserved_price", Dimension.Money),
            UnservedLimit = map.OptionalFact("unserved_limit", Dimension.Fraction, 0, 1),
        };
        if (plan.Deadline < plan.Start)
        {
            map.Report("deadline", $"found {plan.Deadline}; it must not lie before the start, {plan.Start}");
        }

        return plan;
    }

    private static Offer ReadOffer(YamlMap map)
    {
        var uses = new List<(string, double)>();
        if (map.OptionalMap("uses") is { } used)
        {
            uses.AddRange(used.Keys.Select(k => (k, used.Fact(k, Dimension.Count).Value)));
        }

        string? design = map.OptionalText("design");
        if (design is not null && map.Has("chip"))
        {
            map.Report("design", "found 'chip' and 'design'; allowed: one of them, a chip of the catalogue or a design");
        }

        return new Offer
        {
            Name = map.Text("name"),
            Chip = design is null ? map.Text("chip") : map.OptionalText("chip") ?? "",
            Design = design,
            Maker = map.Text("maker"),
            Site = map.Text("site"),
            Packaging = map.Text("packaging"),
            Node = map.OptionalText("node"),
            Price = design is null ? map.Series("price", Dimension.Money) : map.OptionalSeries("price", Dimension.Money),
            SystemPrice = map.Fact("system_price", Dimension.Money),
            Capacity = map.Series("capacity", Dimension.Count),
            LeadTime = map.Fact("lead_time", Dimension.Time),
            MinimumOrder = map.OptionalFact("minimum_order", Dimension.Count),
            ContractCost = map.OptionalFact("contract_cost", Dimension.Money),
            FirstOrder = map.OptionalQuarter("first_order"),
            Uses = uses,
        };
    }

    private static Risks ReadRisks(YamlMap? map, YamlFile file)
    {
        if (map is null)
        {
            return new Risks([], [], [Certain(file)]);
        }

        List<Outage> outages = [.. map.Maps("outages").Select(m => new Outage(m.Text("name"), m.Text("place"), m.Fact("probability", Dimension.Fraction, 0, 1), (int)m.Integer("quarters", 1, MaximumQuarters)))];
        List<Shortage> shortages = [.. map.Maps("shortages").Select(m => new Shortage(
            m.Text("name"), m.Text("resource"), m.Fact("probability", Dimension.Fraction, 0, 1), m.Fact("remaining", Dimension.Fraction, 0, 1), m.Quarter("first"), (int)m.Integer("quarters", 1, MaximumQuarters)))];
        List<DemandPath> demand = [.. map.Maps("demand").Select(m => new DemandPath(m.Text("name"), m.Fact("probability", Dimension.Fraction, 0, 1), m.Series("factor", Dimension.Count)))];
        if (demand.Count == 0)
        {
            demand.Add(Certain(file));
        }
        else
        {
            RequireWhole(map, "demand", demand.Sum(d => d.Probability), "probabilities");
        }

        return new Risks(outages, shortages, demand);
    }

    private static DemandPath Certain(YamlFile file)
    {
        string source = $"no demand paths are given in {file.Path}";
        return new DemandPath("as stated", Fact.Of(1, source), new QuarterlyFact([(default, 1)], source, Confidence.High));
    }

    private static PlanSettings ReadPlan(YamlMap map)
    {
        YamlMap? rental = map.OptionalMap("rental");
        return new PlanSettings(
            map.Fact("risk_weight", Dimension.Fraction, 0, 1), map.Fact("tail_level", Dimension.Fraction, 0, 0.999), map.Fact("gap", Dimension.Fraction, 1e-6, 0.5),
            rental?.Series("price", Dimension.MoneyPerTime), rental?.Text("chip"), rental?.Series("limit", Dimension.Count));
    }

    private static void RequireWhole(YamlMap map, string key, double sum, string what = "shares")
    {
        if (Math.Abs(sum - 1) > 1e-6)
        {
            map.Report(key, string.Create(CultureInfo.InvariantCulture, $"the {what} add up to {sum:0.####}; they must add up to 1 (100 %)"));
        }
    }

    // Names inside the file must be told apart and must exist; those of the catalogue are checked later.
    private static void CheckNames(YamlMap root, Scenario s)
    {
        CheckName(root, s.Name);
        if (s.Workloads.Count + s.Training.Count == 0)
        {
            root.Report("workloads", "at least one workload or training job is needed");
        }

        if (s.Offers.Count + s.Owned.Count == 0)
        {
            root.Report("offers", "at least one offer, or chips that are owned, is needed");
        }

        CheckUnique(root.Maps("products"));
        CheckUnique([.. root.Maps("workloads"), .. root.Maps("training")]);
        CheckUnique(root.Maps("offers"));
        CheckUnique(root.Maps("resources"));
        string[] workloads = [.. s.Workloads.Where(w => w.SampleRate is null).Select(w => w.Name)];
        string[] resources = [.. s.Resources.Select(r => r.Name)];
        foreach (YamlMap part in root.Maps("products").SelectMany(p => p.Maps("cloud")))
        {
            CheckKnown(part, "workload", part.OptionalText("workload"), workloads, "language-model workload");
        }

        string[] asked = [.. s.Products.SelectMany(p => p.Cloud.Select(c => c.Workload))];
        bool misspelt = asked.Any(a => !workloads.Contains(a));
        foreach (YamlMap idle in root.Maps("workloads").Where(w => !misspelt && workloads.Contains(w.OptionalText("name")) && !asked.Contains(w.OptionalText("name"))))
        {
            idle.Report("name", "no product's 'cloud' names this workload, so nothing is known of its requests; name it there or leave it out");
        }

        foreach (YamlMap uses in root.Maps("offers").Select(o => o.OptionalMap("uses")).OfType<YamlMap>())
        {
            foreach (string resource in uses.Keys)
            {
                CheckKnown(uses, resource, resource, resources, "resource");
            }
        }

        if (root.OptionalMap("risks") is { } risks)
        {
            foreach (YamlMap shortage in risks.Maps("shortages"))
            {
                CheckKnown(shortage, "resource", shortage.OptionalText("resource"), resources, "resource");
            }
        }
    }

    // The name becomes the name of a folder.
    private static void CheckName(YamlMap root, string name)
    {
        if (name.Length > 0 && !(char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')))
        {
            root.Report("name", $"found '{name}'; allowed: letters, digits, hyphens, dots and underscores, a letter or digit first");
        }
    }

    private static void CheckUnique(IReadOnlyList<YamlMap> maps)
    {
        foreach (IGrouping<string?, YamlMap> group in maps.GroupBy(m => m.OptionalText("name")).Where(g => !string.IsNullOrEmpty(g.Key)))
        {
            foreach (YamlMap again in group.Skip(1))
            {
                again.Report("name", string.Create(CultureInfo.InvariantCulture, $"the name '{group.Key}' is taken by line {group.First().Line}; names must differ"));
            }
        }
    }

    private static void CheckKnown(YamlMap map, string key, string? name, string[] known, string kind)
    {
        if (!string.IsNullOrEmpty(name) && !known.Contains(name))
        {
            map.Report(key, $"no {kind} is called '{name}'{NearMiss.Suggestion(name, known)}; allowed: {(known.Length == 0 ? "none, as none is listed" : string.Join(", ", known))}");
        }
    }
}

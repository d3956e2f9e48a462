using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Edge.Devices;
using Fleetwright.Scenarios.Chain;

namespace Fleetwright.Scenarios.Inputs;

/// <summary>Checks the names of catalogue things in a scenario; every wrong one is reported with the field that holds it.</summary>
internal static class ScenarioCheck
{
    public static void ThrowIfWrong(ChainContext context)
    {
        var problems = new List<Diagnostic>();
        Scenario s = context.Scenario;
        FleetCatalog catalog = context.Catalog;
        var chips = new ScenarioChips(catalog, s.File);
        Check("voice", () => catalog.VoiceProfiles.Get(s.Voice));
        for (int i = 0; i < s.Products.Count; i++)
        {
            Product p = s.Products[i];
            Check($"products[{i}].device", () => catalog.Devices.Get(p.Device));
            if (p.RenderLoad is { } load)
            {
                Check($"products[{i}].render_load", () => RenderLoad(catalog, p.Device, load));
            }

            Check($"products[{i}].network", () => catalog.Networks.Get(p.Network));
            for (int d = 0; d < p.Day.Count; d++)
            {
                string? way = p.Day[d].Network;
                Check($"products[{i}].day[{d}].network", () => catalog.Networks.Get(way ?? p.Network));
            }

            foreach (string model in p.DeviceModels)
            {
                Check($"products[{i}].device_models", () => Language(ModelResolver.Resolve(catalog, model)));
            }

            if (p.DeviceModels.Count > 0)
            {
                Check($"products[{i}].engine", () => catalog.DeviceEngines.Get(p.Engine));
                Check($"products[{i}].engine", () => OnDevice(catalog, p.Device, p.Engine, p.DeviceModels[0], p.DeviceDtype));
            }

            if (p.Phone is { } phone)
            {
                Check($"products[{i}].phone.device", () => catalog.Devices.Get(phone.Device));
                Check($"products[{i}].phone.engine", () => catalog.DeviceEngines.Get(phone.Engine));
                if (phone.Models.Count > 0)
                {
                    Check($"products[{i}].phone.engine", () => OnDevice(catalog, phone.Device, phone.Engine, phone.Models[0], p.DeviceDtype));
                }

                Check($"products[{i}].phone.link", () => catalog.Networks.Get(phone.Link));
                foreach (string model in phone.Models)
                {
                    Check($"products[{i}].phone.models", () => Language(ModelResolver.Resolve(catalog, model)));
                }
            }
        }

        for (int i = 0; i < s.Offers.Count; i++)
        {
            Offer o = s.Offers[i];
            Check($"offers[{i}].site", () => catalog.Sites.Get(o.Site));
            Check($"offers[{i}].packaging", () => catalog.Sites.Get(o.Packaging));
            Check($"offers[{i}].node", () => o.Node is { } node ? catalog.Nodes.Get(node) : s);
            Check($"offers[{i}].design", () => Design(context, chips, o));
        }

        // A design that cannot be read is told once, not again by all who name it.
        bool designsKnown = !problems.Any(p => p.Field.EndsWith("].design", StringComparison.Ordinal));
        for (int i = 0; i < s.Offers.Count; i++)
        {
            CheckChip($"offers[{i}].chip", s.Offers[i].Design is null ? s.Offers[i].Chip : null, chip => Undesigned(chips, chip));
        }

        for (int i = 0; i < s.Workloads.Count; i++)
        {
            Workload w = s.Workloads[i];
            Check($"workloads[{i}].model", () => Kind(w, ModelResolver.Resolve(catalog, w.Model)));
            CheckChips($"workloads[{i}].chips", w.Chips);
        }

        for (int i = 0; i < s.Training.Count; i++)
        {
            Check($"training[{i}].model", () => Language(ModelResolver.Resolve(catalog, s.Training[i].Model)));
            CheckChips($"training[{i}].chips", s.Training[i].Chips);
        }

        for (int i = 0; i < s.Owned.Count; i++)
        {
            CheckChip($"owned[{i}].chip", s.Owned[i].Chip, chip => chip);
        }

        CheckChip("plan.rental.chip", s.Plan.RentalChip, chip => Rentable(s, chip, chips));

        for (int i = 0; i < s.Risks.Outages.Count; i++)
        {
            Check($"risks.outages[{i}].place", () => Place(catalog, s.Risks.Outages[i].Place));
        }

        if (problems.Count > 0)
        {
            throw new InputException([.. problems.OrderBy(p => p.Line)]);
        }

        void CheckChips(string field, IReadOnlyList<string> names)
        {
            foreach (string name in names)
            {
                CheckChip(field, name, chip => chip);
            }
        }

        void CheckChip(string field, string? name, Func<Chip, Chip> allowed)
        {
            if (name is not null && (designsKnown || chips.Find(name) is not null))
            {
                Check(field, () => allowed(chips.Get(name)));
            }
        }

        void Check(string field, Func<object> find)
        {
            try
            {
                _ = find();
            }
            catch (InputException e)
            {
                (long line, long column) = s.Places.GetValueOrDefault(field);
                problems.Add(new Diagnostic(s.File, line, column, field, string.Join("; ", e.Diagnostics.Select(d => d.Line == 0 && d.Message.Contains(d.File, StringComparison.Ordinal) ? d.Message : d.ToString()))));
            }
        }
    }

    // Whether the engine runs on the device in that format at all; names that are wrong are told elsewhere.
    private static string OnDevice(FleetCatalog catalog, string device, string engine, string model, Dtype dtype)
    {
        if (catalog.Devices.Find(device) is { } found && catalog.DeviceEngines.Find(engine) is { } ran && catalog.Models.Find(model) is { Ranking: null } spec)
        {
            _ = new DeviceModel(found, ran, null, spec, dtype);
        }

        return engine;
    }

    // Without a price, the design must be one that can be costed.
    private static object Design(ChainContext context, ScenarioChips chips, Offer offer)
    {
        if (chips.DesignOf(offer) is not { } design || offer.Price is not null || (offer.Node is { } node && context.Catalog.Nodes.Find(node) is null))
        {
            return offer;
        }

        try
        {
            return MakingPrice.Of(context.Catalog, design, offer, context.Scenario.Quarters);
        }
        catch (InputException e)
        {
            throw new InputException("", $"states no price, and what it costs to make is not known: {e.Message}; or state 'price' and 'contract_cost'");
        }
    }

    private static Chip Undesigned(ScenarioChips chips, Chip chip) =>
        chips.Designed(chip.Name) is null ? chip
            : throw new InputException("", $"'{chip.Name}' is also the name of a design on offer; offer one of the two, or give the design file a name of its own");

    private static Chip Rentable(Scenario scenario, Chip chip, ScenarioChips chips) =>
        chips.Designs.Any(d => d.Chip == chip) || scenario.Offers.Where(o => o.Design is null).Select(o => o.Chip).Concat(scenario.Owned.Select(o => o.Chip)).Any(name => chips.Find(name) == chip) ? chip
            : throw new InputException(chip.Name, $"{chip.Name} is neither on offer nor owned here; rent a chip that is");

    private static ModelSpec Language(ModelSpec model) =>
        model.Ranking is null ? model : throw new InputException(model.Name, $"{model.Name} is a ranking model; only a language model can stand here");

    private static string RenderLoad(FleetCatalog catalog, string device, string load) =>
        catalog.Devices.Find(device) is not { } found || found.RenderLoads.Any(l => l.Name == load) ? load
            : throw new InputException(
                load,
                $"{found.Title} renders nothing that is called '{load}'; allowed: {(found.RenderLoads.Count == 0 ? "none, leave it out" : string.Join(", ", found.RenderLoads.Select(l => l.Name)))}");

    private static string Place(FleetCatalog catalog, string place)
    {
        string[] countries = [.. catalog.Sites.All.Select(s => s.Country).Distinct().Order(StringComparer.Ordinal)];
        return countries.Contains(place) || catalog.Sites.Find(place) is not null ? place
            : throw new InputException(
                place,
                $"no country with a site and no site is called '{place}'{NearMiss.Suggestion(place, [.. countries, .. catalog.Sites.All.Select(s => s.Name)])}; countries: {string.Join(", ", countries)}");
    }

    private static ModelSpec Kind(Workload workload, ModelSpec model) =>
        model.Ranking is not null && workload.SampleRate is null ? throw new InputException(workload.Name, $"{model.Name} is a ranking model; state 'samples' and 'batch_latency'")
        : model.Ranking is null && workload.SampleRate is not null ? throw new InputException(workload.Name, $"{model.Name} is a language model; only ranking models take 'samples'")
        : model;
}

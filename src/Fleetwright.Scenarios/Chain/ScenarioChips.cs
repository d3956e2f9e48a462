using Fleetwright.Catalog;
using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Reading;
using Fleetwright.Hardware.Chips;
using Fleetwright.Hardware.Designs;
using Fleetwright.Scenarios.Inputs;

namespace Fleetwright.Scenarios.Chain;

/// <summary>The chips that a scenario can name: the designs that it offers, then the catalogue's chips. A design hides a chip of its name.</summary>
internal sealed class ScenarioChips
{
    private readonly FleetCatalog _catalog;
    private readonly string _file;
    private readonly Dictionary<string, DesignedChip> _opened = new(StringComparer.Ordinal);

    /// <summary>The chips of the scenario in <paramref name="scenarioFile"/>; designs are known once their offer was asked for.</summary>
    public ScenarioChips(FleetCatalog catalog, string scenarioFile) => (_catalog, _file) = (catalog, scenarioFile);

    /// <summary>The designs on offer, in the order of their offers.</summary>
    public IEnumerable<DesignedChip> Designs => _opened.Values;

    /// <summary>The design of an offer; null when it offers a chip of the catalogue.</summary>
    /// <exception cref="InputException">There is no such design, its file is wrong, or its name is another's.</exception>
    public DesignedChip? DesignOf(Offer offer)
    {
        if (offer.Design is not { } name)
        {
            return null;
        }

        string key = DesignReader.IsPath(name) ? Beside(name) : DesignReader.In(_catalog).Get(name).Name;
        if (_opened.TryGetValue(key, out DesignedChip? known))
        {
            return known;
        }

        DesignedChip chip = DesignedChip.For(_catalog, DesignReader.Open(_catalog, key));
        if (Designed(chip.Design.Name) is { } other)
        {
            throw new InputException(name, $"'{chip.Design.Name}' is the name of another design on offer, {other.Design.Title}; give the design file a name of its own");
        }

        return _opened[key] = chip;
    }

    /// <summary>The chip of an offer.</summary>
    public Chip Of(Offer offer) => DesignOf(offer)?.Chip ?? _catalog.Chips.Get(offer.Chip);

    /// <summary>The design on offer by that name; null when there is none.</summary>
    public DesignedChip? Designed(string name) =>
        _opened.Values.FirstOrDefault(d => d.Design.Aliases.Prepend(d.Design.Name).Contains(name, StringComparer.OrdinalIgnoreCase));

    /// <summary>The chip by that name; null when there is none.</summary>
    public Chip? Find(string name) => Designed(name)?.Chip ?? _catalog.Chips.Find(name);

    /// <summary>The chip by that name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public Chip Get(string name) => Designed(name)?.Chip ?? _catalog.Chips.Get(name);

    /// <summary>Prices operators on the chip by that name.</summary>
    public ChipModel Model(string name) => Designed(name)?.Model ?? ChipModel.For(_catalog, name);

    // A path is meant from the folder of the scenario that names it.
    private string Beside(string path)
    {
        string file = Path.Combine(Path.GetDirectoryName(_file) ?? "", path);
        return File.Exists(file) ? file
            : throw new InputException(path, $"no design file is at '{file}'; allowed: a path from the scenario's folder, or a name of catalog/designs ({string.Join(", ", DesignReader.In(_catalog).All.Select(d => d.Name))})");
    }
}

using Fleetwright.Catalog.Chips;
using Fleetwright.Catalog.Devices;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Links;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Catalog;

/// <summary>The facts that plans rest on, read from a <c>catalog/</c> folder on first use.</summary>
public sealed class FleetCatalog
{
    /// <summary>The catalogue in <paramref name="root"/>.</summary>
    /// <param name="root">A folder with <c>chips/</c>, <c>models/</c> and the other kinds.</param>
    /// <exception cref="InputException">There is no such folder.</exception>
    public FleetCatalog(string root)
    {
        if (!Directory.Exists(root))
        {
            throw new InputException(root, "there is no catalogue folder here");
        }

        Root = root;
        Chips = new(Path.Combine(root, "chips"), "chip", ChipReader.Read, c => [c.Name, .. c.Aliases]);
        Calibration = new(Path.Combine(root, "calibration"), "calibration", ChipCoefficientsReader.Read, c => [c.Name]);
        Models = new(Path.Combine(root, "models"), "model", ModelReader.Read, m => [m.Name, .. m.Aliases]);
        Memories = new(Path.Combine(root, "memories"), "memory", MemoryReader.Read, m => [m.Name, .. m.Aliases]);
        Links = new(Path.Combine(root, "links"), "link", LinkReader.Read, l => [l.Name, .. l.Aliases]);
        Nodes = new(Path.Combine(root, "nodes"), "node", ProcessNodeReader.Read, n => [n.Name, .. n.Aliases]);
        Packages = new(Path.Combine(root, "packages"), "package", PackageKindReader.Read, p => [p.Name, .. p.Aliases]);
        Manufacturing = new(Path.Combine(root, "manufacturing"), "set of manufacturing assumptions", ManufacturingDefaultsReader.Read, m => [m.Name]);
        Sites = new(Path.Combine(root, "sites"), "site", SiteReader.Read, s => [s.Name, .. s.Aliases]);
        Socs = new(Path.Combine(root, "socs"), "system-on-chip", SocReader.Read, s => [s.Name, s.Title, .. s.Aliases]);
        Devices = new(Path.Combine(root, "devices"), "device", f => DeviceReader.Read(f, Socs), d => [d.Name, .. d.Aliases]);
        DeviceEngines = new(Path.Combine(root, "device-engines"), "device engine", DeviceEngineReader.Read, e => [e.Name, .. e.Aliases]);
        DeviceCalibration = new(Path.Combine(root, "device-calibration"), "device calibration", DeviceCalibrationReader.Read, c => [c.Name]);
        Networks = new(Path.Combine(root, "networks"), "network", NetworkProfileReader.Read, n => [n.Name, .. n.Aliases]);
        Recognisers = new(Path.Combine(root, "recognisers"), "speech recogniser", SpeechRecogniserReader.Read, r => [r.Name, .. r.Aliases]);
        VoiceProfiles = new(Path.Combine(root, "voice"), "voice profile", file => NetworkProfileReader.ReadVoice(file, Recognisers), v => [v.Name]);
    }

    /// <summary>The folder that the facts are read from.</summary>
    public string Root { get; }

    /// <summary>Data-centre chips.</summary>
    public CatalogFolder<Chip> Chips { get; }

    /// <summary>Measured coefficients by chip or architecture.</summary>
    public CatalogFolder<ChipCoefficients> Calibration { get; }

    /// <summary>Model architectures.</summary>
    public CatalogFolder<ModelSpec> Models { get; }

    /// <summary>Memory technologies.</summary>
    public CatalogFolder<Memory> Memories { get; }

    /// <summary>Link technologies.</summary>
    public CatalogFolder<Link> Links { get; }

    /// <summary>Foundry and packaging processes.</summary>
    public CatalogFolder<ProcessNode> Nodes { get; }

    /// <summary>Ways to join dies and memory to a chip.</summary>
    public CatalogFolder<PackageKind> Packages { get; }

    /// <summary>What the costing of a chip assumes where its own file says nothing; <c>defaults</c>.</summary>
    public CatalogFolder<ManufacturingDefaults> Manufacturing { get; }

    /// <summary>Fabs, packaging plants and memory makers.</summary>
    public CatalogFolder<Site> Sites { get; }

    /// <summary>Every kind of thing, for listing and checking.</summary>
    public IReadOnlyList<CatalogKind> Kinds =>
    [
        CatalogKind.Of("chips", Chips, c => c.Title),
        CatalogKind.Of("models", Models, m => m.Title),
        CatalogKind.Of("calibration", Calibration, c => $"coefficients of {c.Name}"),
        CatalogKind.Of("memories", Memories, m => m.Title),
        CatalogKind.Of("links", Links, l => l.Title),
        CatalogKind.Of("nodes", Nodes, n => n.Title),
        CatalogKind.Of("packages", Packages, p => p.Title),
        CatalogKind.Of("manufacturing", Manufacturing, m => m.Title),
        CatalogKind.Of("sites", Sites, s => s.Title),
        CatalogKind.Of("socs", Socs, s => s.Title),
        CatalogKind.Of("devices", Devices, d => d.Title),
        CatalogKind.Of("device-engines", DeviceEngines, e => e.Title),
        CatalogKind.Of("device-calibration", DeviceCalibration, c => $"measured speeds of {c.Name}"),
        CatalogKind.Of("networks", Networks, n => n.Title),
        CatalogKind.Of("recognisers", Recognisers, r => r.Title),
        CatalogKind.Of("voice", VoiceProfiles, v => v.Name),
    ];

    /// <summary>Systems-on-chip of devices.</summary>
    public CatalogFolder<Soc> Socs { get; }

    /// <summary>Phones, headsets, glasses, televisions, boards and computers.</summary>
    public CatalogFolder<Device> Devices { get; }

    /// <summary>Software that runs models on devices.</summary>
    public CatalogFolder<DeviceEngine> DeviceEngines { get; }

    /// <summary>Measured speeds by engine, written by <c>fleetwright calibrate</c>.</summary>
    public CatalogFolder<DeviceCalibration> DeviceCalibration { get; }

    /// <summary>Ways from a device to the cloud.</summary>
    public CatalogFolder<NetworkProfile> Networks { get; }

    /// <summary>Speech recognisers that run on devices.</summary>
    public CatalogFolder<SpeechRecogniser> Recognisers { get; }

    /// <summary>Stages of a voice turn besides the language model.</summary>
    public CatalogFolder<VoiceProfile> VoiceProfiles { get; }

    /// <summary>Every name in one file that no other file answers to (a chip's node and memory, a site's processes); empty when all is well.</summary>
    public IReadOnlyList<Diagnostic> BrokenReferences() => CatalogReferences.Problems(this);

    /// <summary>The coefficients of a chip: its own, or else those of its architecture, what they lack filled in from the relative that they name; null when neither is measured.</summary>
    public ChipCoefficients? CoefficientsOf(Chip chip)
    {
        ChipCoefficients? own = Calibration.Find(chip.Name) ?? Calibration.Find(chip.Architecture);
        return own?.Relative is { } name ? own.FilledFrom(Calibration.Get(name)) : own;
    }

    /// <summary>Opens the catalogue that ships with the program: <c>FLEETWRIGHT_CATALOG</c> when set, else the nearest <c>catalog/</c> at or above the program.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static FleetCatalog OpenDefault()
    {
        if (Environment.GetEnvironmentVariable("FLEETWRIGHT_CATALOG") is { Length: > 0 } named)
        {
            return new FleetCatalog(named);
        }

        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string candidate = Path.Combine(folder, "catalog");
            if (Directory.Exists(Path.Combine(candidate, "chips")))
            {
                return new FleetCatalog(candidate);
            }
        }

        throw new InputException("catalog", "no catalogue folder was found beside the program; set FLEETWRIGHT_CATALOG to one");
    }
}

using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Memories;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>
/// The bill of materials of a chip as a function of its uncertain inputs. Equations: docs/making.md, "The bill of materials".
/// </summary>
internal sealed class ChipCostModel
{
    // Critical levels of a silicon interposer in Chiplet Actuary (DAC 2022): the α of its negative binomial.
    private const double InterposerClustering = 6;

    // An even number, so that both a die and a crossing of four are tried at the centre.
    private const int InterposerOffsets = 8;

    private readonly ChipDescription _chip;
    private readonly CostOptions _options;
    private readonly ManufacturingDefaults _defaults;
    private readonly int _memoryPrice = -1, _packagePrice, _interposerDensity = -1, _bond = -1, _attach, _test, _designShare;
    private readonly int[] _masks, _designs;
    private readonly double _designedArea;
    private readonly int _placed;
    private readonly double _interposersRatio;

    public ChipCostModel(FleetCatalog catalog, ChipDescription chip, CostOptions options, UncertainSet set)
    {
        (_chip, _options, _defaults) = (chip, options, catalog.Manufacturing.Get("defaults"));
        Dies = [.. chip.Dies.Select(d =>
        {
            ProcessNode node = CostInputs.NodeOf(catalog, chip, d, options);
            return new DieCostModel(chip, d, node, CostInputs.DesignedFor(catalog, d, node, options), _defaults, options, set);
        })];
        foreach (DieCostModel die in Dies)
        {
            CostInputs.CheckReticle(chip, die.Die, die.Node, die.Area(set.Central), die.Node.Name != die.Die.Node);
        }

        _placed = chip.Dies.Where(d => !d.Stacked).Sum(d => d.Count);
        _designedArea = chip.Dies.Where(d => !d.Stacked).Sum(d => d.Area.Value * d.Count);
        if (chip.Memory is { } memory)
        {
            _memoryPrice = set.Add($"memory-price:{memory.Name}", $"price of {memory.Title}, $/GB", PriceOf(memory), scale: 1e9);
        }

        PackageKind package = chip.Package;
        ProcessNode? process = package.Process is { } name ? catalog.Nodes.Get(name) : null;
        _packagePrice = set.Add($"package-price:{package.Name}", $"price of a {package.Name} package, $", package.Price ?? process?.PackagePrice ?? throw NoPrice(package));
        _interposerDensity = process?.DefectDensity is { } density ? set.Add($"interposer-defects:{process.Name}", $"defect density of {process.Name} interposers, /cm2", density, scale: 100) : -1;
        _bond = package.BondYield is { } bond ? set.Add($"bond-yield:{package.Name}", $"yield of a bond in {package.Name}", bond, most: 1) : -1;
        _interposersRatio = package.PricedInterposer is { } priced ? Interposers(priced) / Interposers(InterposerArea(set.Central)) : 1;
        _attach = set.Add($"attach-yield:{package.Name}", $"yield of attaching {package.Name}", package.AttachYield, most: 1);
        _test = set.Add($"test:{package.Name}", $"assembly and test of {package.Name}, $", package.Test);

        ProcessNode[] nodes = [.. Dies.Select(d => d.Node).DistinctBy(n => n.Name)];
        HasOneTime = nodes.All(n => n.MaskSet is not null && n.DesignCost is not null);
        _masks = HasOneTime ? [.. Dies.Select(d => set.Add($"mask-set:{d.Node.Name}", $"mask set of {d.Node.Name}, $ M", d.Node.MaskSet!.Value, scale: 1e-6))] : [];
        _designs = HasOneTime ? [.. nodes.Select(n => set.Add($"design-cost:{n.Name}", $"published design cost of {n.Name}, $ M", n.DesignCost!.Value, scale: 1e-6))] : [];
        _designShare = set.Add("design-share", "share of the published design cost", _defaults.DesignShare, most: 1);
        LineCount = Dies.Length + 4 + (options.Volume is null ? 0 : 1);
    }

    public DieCostModel[] Dies { get; }

    /// <summary>Lines of the bill.</summary>
    public int LineCount { get; }

    /// <summary>Whether the catalogue states masks and design of every node.</summary>
    public bool HasOneTime { get; }

    /// <summary>The lines in the order that <see cref="Evaluate"/> fills them, in words.</summary>
    public (string Item, string Detail)[] Items(double[] central) =>
    [
        .. Dies.Select(Line),
        MemoryLine(),
        PackageLine(central),
        ("lost in assembly", FormattableString.Invariant($"{AssemblyYield(central):0.0 %} of assemblies succeed")),
        ("assembly and test", "with auxiliary parts"),
        .. _options.Volume is { } volume ? [("masks and design", FormattableString.Invariant($"over {volume:#,0} units"))] : Array.Empty<(string, string)>(),
    ];

    /// <summary>Fills the lines and returns their sum.</summary>
    public double Evaluate(ReadOnlySpan<double> values, Span<double> lines)
    {
        int at = 0;
        double placed = 0;
        foreach (DieCostModel die in Dies)
        {
            double dollars = die.KnownGood(values) * die.Die.Count;
            lines[at++] = dollars;
            placed += dollars;
        }

        double memory = _memoryPrice < 0 ? 0 : values[_memoryPrice] * _chip.MemoryBytes;
        double package = PackageDollars(values);
        lines[at++] = memory;
        lines[at++] = package;
        double risked = placed + package + (MemoryInPackage ? memory : 0);
        lines[at++] = risked * ((1 / AssemblyYield(values)) - 1);
        lines[at++] = values[_test];
        if (_options.Volume is { } volume)
        {
            lines[at++] = OneTime(values) / volume;
        }

        double sum = 0;
        for (int i = 0; i < at; i++)
        {
            sum += lines[i];
        }

        return sum;
    }

    /// <summary>Masks of every kind of die, and the design once a node.</summary>
    public double OneTime(ReadOnlySpan<double> values)
    {
        double sum = 0;
        foreach (int mask in _masks)
        {
            sum += values[mask];
        }

        foreach (int design in _designs)
        {
            sum += values[design] * values[_designShare];
        }

        return sum;
    }

    /// <summary>Share of assemblies that succeed: every die and stack on the interposer is a bond, and the whole is attached once.</summary>
    public double AssemblyYield(ReadOnlySpan<double> values) =>
        _bond < 0 ? Math.Pow(values[_attach], _placed) : Math.Pow(values[_bond], _placed + (MemoryInPackage ? _chip.MemoryUnits : 0)) * values[_attach];

    /// <summary>Area of the interposer in mm²; 0 without one.</summary>
    public double InterposerArea(ReadOnlySpan<double> values)
    {
        if (_chip.Package.PricedInterposer is null)
        {
            return 0;
        }

        double dies = 0;
        foreach (DieCostModel die in Dies)
        {
            dies += die.Die.Stacked ? 0 : die.Area(values) * die.Die.Count;
        }

        return _chip.InterposerArea is { } stated
            ? stated + (_defaults.InterposerMargin * (dies - _designedArea))
            : _defaults.InterposerMargin * (dies + (MemoryInPackage ? _chip.MemoryUnits * _defaults.FootprintPerStack : 0));
    }

    private bool MemoryInPackage => _chip.Memory?.Unit == "stack";

    // A published price is for one size of interposer; another size costs as much more as fewer good ones come from a wafer.
    private double PackageDollars(ReadOnlySpan<double> values)
    {
        double price = values[_packagePrice];
        if (_chip.Package.PricedInterposer is not { } priced)
        {
            return price;
        }

        double density = _interposerDensity < 0 ? 0 : values[_interposerDensity];
        var rule = new YieldRule(YieldModel.NegativeBinomial, InterposerClustering);
        return price * _interposersRatio * rule.Of(priced * density) / rule.Of(InterposerArea(values) * density);
    }

    // So few come from a wafer that they are counted: the formula for many dies would lose a fifth of them.
    private double Interposers(double area)
    {
        double side = Math.Sqrt(area);
        return _options.Wafer.CountOnGrid(side, side, InterposerOffsets) is > 0 and var count ? count
            : throw new InputException(_chip.Name, FormattableString.Invariant($"its interposer would be {area:#,0} mm2; a wafer holds none so large"));
    }

    private Fact PriceOf(Memory memory)
    {
        if (memory.Price is not { } prices)
        {
            throw new InputException(_chip.Name, $"its memory {memory.Name} has no price in the catalogue, so it cannot be costed; add 'prices' to catalog/memories/{memory.Name}.yaml");
        }

        return _options.Quarter is { } quarter ? prices.At(quarter) : prices.Points[^1].Fact;
    }

    private static InputException NoPrice(PackageKind package) =>
        new(package.Name, $"{package.Title} has no package_price in the catalogue, so a chip in it cannot be costed");

    private (string, string) Line(DieCostModel die) =>
        (die.Die.Count == 1 ? die.Die.Name : FormattableString.Invariant($"{die.Die.Count} × {die.Die.Name}"), $"known good, {die.Node.Name}");

    private (string, string) MemoryLine() => _chip.Memory is not { } memory ? ("memory", "none beside the die")
        : ("memory", FormattableString.Invariant($"{_chip.MemoryBytes / 1e9:0.#} GB {memory.Title} in {_chip.MemoryUnits} {memory.Unit}{(_chip.MemoryUnits == 1 ? "" : "s")}"));

    private (string, string) PackageLine(double[] central) =>
        ("package", InterposerArea(central) is > 0 and var area ? FormattableString.Invariant($"{_chip.Package.Name}, interposer of {area:#,0} mm2, with substrate") : $"{_chip.Package.Name} substrate");
}

using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>One kind of die with the places of its inputs in a draw.</summary>
internal sealed class DieCostModel
{
    private readonly CostOptions _options;
    private readonly int _area, _wafer, _clustering, _coreShare, _repairable, _sort;
    private readonly int _logicFrom, _logicTo, _sramFrom, _sramTo, _sramShare, _phyShare, _exponent;
    private readonly bool _resized;
    private readonly double _gridFactor = 1;

    public DieCostModel(ChipDescription chip, DieDescription die, ProcessNode node, ProcessNode? designedFor, ManufacturingDefaults defaults, CostOptions options, UncertainSet set)
    {
        (Die, Node, _options) = (die, node, options);
        string own = $"{chip.Name}/{die.Name}";
        _area = set.AddExact($"die-area:{own}", $"area of {die.Name}, mm2", die.Area);
        _wafer = set.Add($"wafer-price:{node.Name}", $"wafer price of {node.Name}, $", node.WaferPrice!.Value, $"wafer-price:{node.Foundry}");
        Density = set.Add($"defect-density:{node.Name}", $"defect density of {node.Name}, /cm2", node.DefectDensity!.Value, $"defect-density:{node.Foundry}", scale: 100);
        _clustering = set.AddExact("clustering", "clustering of defects, alpha", defaults.Clustering);
        _coreShare = die.CoreShare is { } core ? set.Add($"core-area:{own}", $"share of cores in {die.Name}", core, most: 1) : set.Add("core-area", "share of cores in a die", defaults.CoreShare, most: 1);
        _repairable = die.RepairableUncore is { } mended ? set.Add($"repairable:{own}", $"repairable share of the rest of {die.Name}", mended, most: 1) : set.Add("repairable", "repairable share outside the cores", defaults.RepairableUncore, most: 1);
        _sort = set.Add("sort", "probing a die, $", defaults.SortPerDie);
        _sramShare = set.AddExact($"sram-share:{own}", $"share of SRAM in {die.Name}", die.SramShare ?? Fact.Of(0, "none known"));
        _phyShare = die.PhyShare is { } phy ? set.AddExact($"phy-share:{own}", $"share of PHY in {die.Name}", phy) : set.Add("phy-share", "share of PHY in a die", defaults.PhyShare, most: 1);
        _resized = designedFor is not null && designedFor.Name != node.Name && !options.SameArea;
        if (_resized)
        {
            // The high end of a density is its claim, which the old and the new node share in part: the ratio of central values with each node's own range.
            _logicFrom = set.Add($"logic-density:{designedFor!.Name}", $"logic density of {designedFor.Name}, MTr/mm2", designedFor.LogicDensity!.Value, scale: 1e-6);
            _logicTo = set.Add($"logic-density:{node.Name}", $"logic density of {node.Name}, MTr/mm2", node.LogicDensity!.Value, scale: 1e-6);
            _sramFrom = set.Add($"sram-cell:{designedFor.Name}", $"SRAM cell of {designedFor.Name}, um2", designedFor.SramCellArea!.Value, scale: 1e6);
            _sramTo = set.Add($"sram-cell:{node.Name}", $"SRAM cell of {node.Name}, um2", node.SramCellArea!.Value, scale: 1e6);
            _exponent = set.AddExact("analogue-exponent", "scaling of PHY area", defaults.AnalogueExponent);
        }

        if (options.CountGrid && Area(set.Central) is var area && area <= WaferGeometry.ReticleArea)
        {
            // Counted once, at the central area: a count jumps with the area, which a distribution of costs should not.
            (double width, double height) = Outline(area);
            _gridFactor = Math.Max(1, options.Wafer.CountOnGrid(width, height)) / Gross(area);
        }
    }

    public DieDescription Die { get; }

    public ProcessNode Node { get; }

    /// <summary>The place of the defect density, for break-evens.</summary>
    public int Density { get; }

    /// <summary>Area of one die on its node in mm².</summary>
    public double Area(ReadOnlySpan<double> values)
    {
        (double logic, double sram, double phy) = Parts(values);
        return logic + sram + phy;
    }

    /// <summary>Dollars of a die that is known to be good: (wafer / gross + probing) / yield.</summary>
    public double KnownGood(ReadOnlySpan<double> values)
    {
        double area = Area(values);
        return ((values[_wafer] / Gross(area)) + values[_sort]) / Yield(values, area, spares: true);
    }

    public DieCost Describe(ReadOnlySpan<double> values)
    {
        (double logic, double sram, double phy) = Parts(values);
        double area = logic + sram + phy, gross = Gross(area);
        return new DieCost(
            Die.Name, Node.Name, Die.Count, area, logic / area, sram / area, phy / area, values[_wafer], values[Density] * 100,
            gross, Yield(values, area, spares: false), Yield(values, area, spares: true), values[_wafer] / gross, KnownGood(values));
    }

    // Logic by density, SRAM by cell, PHY by a small power of logic density; docs/making.md, "The same design on another node".
    private (double Logic, double Sram, double Phy) Parts(ReadOnlySpan<double> values)
    {
        double area = values[_area], sramShare = values[_sramShare], phyShare = Math.Min(values[_phyShare], 1 - sramShare);
        double logic = area * (1 - sramShare - phyShare), sram = area * sramShare, phy = area * phyShare;
        if (_resized)
        {
            double ratio = values[_logicFrom] / values[_logicTo];
            logic *= ratio;
            sram *= values[_sramTo] / values[_sramFrom];
            phy *= Math.Pow(ratio, values[_exponent]);
        }

        return (logic, sram, phy);
    }

    private double Gross(double area)
    {
        (double width, double height) = Outline(area);
        return Math.Max(_options.Wafer.GrossDies(width, height), 1e-3) * _gridFactor;
    }

    // The outline scales with the die, so that its aspect ratio stays.
    private (double Width, double Height) Outline(double area)
    {
        double aspect = Die is { Width: { } width, Height: { } height } ? width / height : 1;
        return (Math.Sqrt(area * aspect), Math.Sqrt(area / aspect));
    }

    /// <summary>What a reader of the cost should know of this die.</summary>
    public IEnumerable<string> Notes()
    {
        if (Die.Cores > 0 && Die.CoresNeeded == Die.Cores)
        {
            yield return $"{Die.Name}: no spare core is known of, so all {Die.Cores} must work";
        }

        if (Node.WaferPrice is { Confidence: Confidence.Assumed })
        {
            yield return $"the wafer price of {Node.Name} is our assumption";
        }

        if (Node.DefectDensity is { Confidence: >= Confidence.Low } density)
        {
            yield return $"the defect density of {Node.Name} is of low confidence: {density.Source}";
        }

        if (_resized)
        {
            yield return $"{Die.Name} is resized for {Node.Name} by densities; a port also changes clock and power, which a cost of making does not show";
        }
    }

    private double Yield(ReadOnlySpan<double> values, double area, bool spares)
    {
        double parameter = _options.YieldParameter ?? (_options.Model == YieldModel.BoseEinstein ? 10 : values[_clustering]);
        // A die whose cores are not told apart still has circuits that must all work: one core that takes their share.
        int cores = Math.Max(1, Die.Cores), needed = Die.Cores > 0 && spares ? Die.CoresNeeded : cores;
        var regions = new DieRegions(area, cores, needed, values[_coreShare], values[_repairable]);
        return Math.Max(DieYield.Of(new YieldRule(_options.Model, parameter), regions, values[Density], _options.Sharing), 1e-9);
    }
}

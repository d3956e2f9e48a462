using Fleetwright.Catalog;
using Fleetwright.Catalog.Foundry;
using Fleetwright.Catalog.Reading;
using Fleetwright.Catalog.Units;
using Fleetwright.Hardware.Designs;
using Fleetwright.Hardware.Manufacturing;

namespace Fleetwright.Hardware.Exploration;

/// <summary>Works out a design in full: area, power, cost, the mix, limits and targets. Equations: docs/exploring.md.</summary>
internal sealed class PointPricer
{
    private readonly FleetCatalog _catalog;
    private readonly ExplorationSpec _spec;
    private readonly PreparedWork[] _work;
    private readonly double[] _baseSeconds;
    private readonly CostOptions _costing;
    private readonly Dictionary<string, PackageKind> _packages;

    public PointPricer(FleetCatalog catalog, ExplorationSpec spec)
    {
        (_catalog, _spec) = (catalog, spec);
        _work = [.. spec.Mix.Select(m => new PreparedWork(m))];
        _costing = new CostOptions { Volume = spec.Volume, Quarter = spec.Quarter };
        _packages = spec.Memories.Select(m => m.Kind).Append(spec.Base.MemoryKind).Distinct().ToDictionary(
            kind => kind, kind => DesignDescription.PackageFor(catalog, spec.Base, catalog.Memories.Get(kind)) ?? throw new InputException(spec.Base.Name, DesignDescription.NoPackage(catalog, spec.Base)));
        DesignTechnology technology = DesignTechnology.For(catalog, spec.Base);
        DesignedChip chip = Build(spec.Base, technology);
        _baseSeconds = [.. _work.Select(w => w.Price(chip.Model).Seconds)];
        Base = Price(-1, chip);
    }

    /// <summary>The base design, judged as the points are.</summary>
    public ExploredPoint Base { get; }

    /// <summary>Tokens (or samples) a second of the mix on the base design.</summary>
    public double BaseRate(bool language)
    {
        double rate = 0;
        for (int i = 0; i < _work.Length; i++)
        {
            rate += _work[i].Item.IsLanguage == language ? _work[i].Item.Share * _work[i].Rate(_baseSeconds[i]) : 0;
        }

        return rate;
    }

    /// <summary>Bytes that each work needs on one chip.</summary>
    public IEnumerable<double> WorkBytes => _work.Select(w => w.Bytes);

    /// <summary>Seconds of the base design's steps.</summary>
    public IReadOnlyList<double> BaseSeconds => _baseSeconds;

    /// <summary>The design with a package that cools everything busy at once, so that no format loses clock.</summary>
    public static DesignedChip Build(ChipDesign design, DesignTechnology technology)
    {
        ChipDesign open = design with { PackagePower = double.MaxValue };
        DesignPower power = DesignPower.Of(open, technology, DesignArea.Of(open, technology));
        double watts = 0;
        foreach ((Dtype dtype, _) in design.Matrix)
        {
            watts = Math.Max(watts, power.Peak(dtype));
        }

        return new DesignedChip(design with { PackagePower = watts }, technology);
    }

    public ExploredPoint Price(long index, DesignedChip chip)
    {
        double area = chip.Area.Die, watts = chip.Design.PackagePower, memory = chip.Chip.MemoryCapacity, dollars = Dollars(chip);
        var verdict = new Verdict();
        verdict.AtMost(Exclusion.Reticle, area, DesignArea.Reticle);
        verdict.AtMost(Exclusion.DieArea, area, _spec.Limits.DieArea);
        verdict.AtMost(Exclusion.PackagePower, watts, _spec.Limits.PackagePower);
        verdict.AtMost(Exclusion.UnitCost, dollars, _spec.Limits.UnitCost);
        verdict.AtLeast(Exclusion.MemoryCapacity, memory, _spec.Limits.MemoryCapacity);
        if (double.IsNaN(dollars))
        {
            // Its cost, were it known, might break a limit too: such a design must not pass for nearer than one that can be made.
            verdict.Refuse(area > DesignArea.Reticle ? Exclusion.Reticle : Exclusion.Cost);
        }

        double[] seconds = new double[_work.Length];
        double time = 0, latency = 0, joules = 0, longest = 0;
        (int work, StepPrice why) = (0, default);
        for (int i = 0; i < _work.Length; i++)
        {
            MixItem item = _work[i].Item;
            StepPrice step = _work[i].Price(chip.Model);
            seconds[i] = step.Seconds;

            // Steps of this work in the base design's second times their length here.
            double steps = item.Share / _baseSeconds[i];
            time += steps * step.Seconds;
            joules += steps * step.Joules;
            latency = Math.Max(latency, step.Seconds / (item.Latency ?? _baseSeconds[i]));
            verdict.AtMost(Exclusion.Latency, step.Seconds, item.Latency);
            verdict.AtLeast(Exclusion.WorkFits, memory, _work[i].Bytes);
            if (steps * step.LongestSeconds > longest)
            {
                (longest, work, why) = (steps * step.LongestSeconds, i, step);
            }
        }

        return new ExploredPoint
        {
            Index = index,
            Excluded = verdict.Excluded,
            Violation = verdict.Violation,
            DieArea = area,
            Watts = watts,
            Dollars = dollars,
            MemoryBytes = memory,
            Speed = 1 / time,
            Latency = latency,
            Joules = joules,
            StepSeconds = seconds,
            LongestWork = work,
            LongestOperator = why.Longest,
            Bound = why.Bound,
            LargestBlock = Largest(chip.Area),
        };
    }

    private double Dollars(DesignedChip chip)
    {
        if (chip.Area.Die > DesignArea.Reticle)
        {
            return double.NaN;
        }

        try
        {
            return ChipCosting.CentralDollars(_catalog, DesignDescription.Of(chip, _packages[chip.Design.MemoryKind]), _costing);
        }
        catch (InputException)
        {
            // What the catalogue lacks is refused when the file is read; what is left is an interposer larger than a wafer or a companion die over the reticle.
            return double.NaN;
        }
    }

    private static DesignBlock Largest(DesignArea area)
    {
        ReadOnlySpan<double> blocks = [area.Cores, area.SharedMemory, area.Fabric, area.MemoryInterface, area.Links, area.Other];
        int most = 0;
        for (int i = 1; i < blocks.Length; i++)
        {
            most = blocks[i] > blocks[most] ? i : most;
        }

        return (DesignBlock)most;
    }

    private struct Verdict
    {
        public Exclusion Excluded { get; private set; }

        public double Violation { get; private set; }

        public void AtMost(Exclusion reason, double found, double? most)
        {
            if (most is { } limit && found > limit)
            {
                (Excluded, Violation) = (Excluded | reason, Violation + (found / limit) - 1);
            }
        }

        public void AtLeast(Exclusion reason, double found, double? least)
        {
            if (least is { } limit && found < limit)
            {
                (Excluded, Violation) = (Excluded | reason, Violation + 1 - (found / limit));
            }
        }

        public void Refuse(Exclusion reason) => (Excluded, Violation) = (Excluded | reason, Violation + 1);
    }
}

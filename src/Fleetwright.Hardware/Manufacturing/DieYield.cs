namespace Fleetwright.Hardware.Manufacturing;

/// <summary>Whether the parts of a die share the luck of their place on the wafer.</summary>
public enum DefectSharing
{
    /// <summary>A die's cores and the rest of it see the same defect density, as clustering means it.</summary>
    Shared,

    /// <summary>Each region draws a density of its own, so that the yields of regions multiply; what public calculators do.</summary>
    Separate,
}

/// <summary>A die by what defects do to it. Areas in mm².</summary>
/// <param name="Area">The whole die.</param>
/// <param name="Cores">Identical cores, spares included; 0 when none may fail.</param>
/// <param name="CoresNeeded">Cores that must work.</param>
/// <param name="CoreShare">Share of the area that the cores take.</param>
/// <param name="RepairableUncore">Share of the rest whose defects can be mended (spare rows of SRAM, spare lanes).</param>
public readonly record struct DieRegions(double Area, int Cores = 0, int CoresNeeded = 0, double CoreShare = 0, double RepairableUncore = 0);

/// <summary>Share of dies that can be sold. Equations: docs/making.md, "Yield with spare cores".</summary>
public static class DieYield
{
    /// <summary>Share of dies on which at least the needed cores and all that cannot be mended work.</summary>
    /// <param name="rule">The yield model.</param>
    /// <param name="die">The die.</param>
    /// <param name="density">Defects per mm².</param>
    /// <param name="sharing">Whether cores and the rest see one density.</param>
    /// <exception cref="ArgumentException">A share, count or density is outside its range.</exception>
    public static double Of(YieldRule rule, in DieRegions die, double density, DefectSharing sharing = DefectSharing.Shared)
    {
        Check(die, density);
        double core = die.Cores > 0 ? die.Area * die.CoreShare * density / die.Cores : 0;
        double coresArea = die.Cores > 0 ? die.CoreShare : 0;
        double rest = die.Area * (1 - coresArea) * (1 - die.RepairableUncore) * density;
        int spares = die.Cores - die.CoresNeeded;
        if (die.Cores == 0 || spares == die.Cores)
        {
            return rule.Of(rest);
        }

        if (sharing == DefectSharing.Separate)
        {
            return rule.Of(rest) * AtMostBad(die.Cores, spares, -Math.Log(rule.Of(core)));
        }

        return spares == 0 ? rule.Of(rest + (core * die.Cores)) : DefectMixture.Of(rule).Average(rest, core, die.Cores, spares);
    }

    /// <summary>The same without use for dies that have a bad core.</summary>
    public static double WithoutSpares(YieldRule rule, in DieRegions die, double density, DefectSharing sharing = DefectSharing.Shared) =>
        Of(rule, die with { CoresNeeded = die.Cores }, density, sharing);

    /// <summary>P(at most <paramref name="spares"/> of <paramref name="cores"/> are bad) when a core is good with probability e^−<paramref name="defects"/>.</summary>
    internal static double AtMostBad(int cores, int spares, double defects)
    {
        if (spares >= cores || defects == 0)
        {
            return 1;
        }

        double bad = defects < 1e-5 ? defects * (1 - (defects / 2)) : 1 - Math.Exp(-defects);
        double allGood = -cores * defects;
        if (allGood > -600)
        {
            double odds = bad * Math.Exp(defects), term = Math.Exp(allGood), sum = term;
            for (int j = 0; j < spares; j++)
            {
                term *= odds * (cores - j) / (j + 1);
                sum += term;
            }

            return Math.Min(1, sum);
        }

        // So many cores that the first term underflows: the same sum in logarithms.
        double logOdds = Math.Log(bad) + defects, log = allGood, total = 0;
        for (int j = 0; j <= spares; j++)
        {
            total += Math.Exp(log);
            log += logOdds + Math.Log((cores - j) / (j + 1.0));
        }

        return Math.Min(1, total);
    }

    private static void Check(in DieRegions die, double density)
    {
        if (!(die.Area > 0 && double.IsFinite(die.Area)))
        {
            throw new ArgumentOutOfRangeException(nameof(die), die.Area, "The area must be above zero.");
        }

        if (!(density >= 0 && double.IsFinite(density)))
        {
            throw new ArgumentOutOfRangeException(nameof(density), density, "The defect density must not be negative.");
        }

        if (!(die.CoreShare is >= 0 and <= 1 && die.RepairableUncore is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(die), die.CoreShare, "Shares of a die lie from 0 to 1.");
        }

        if (die.Cores < 0 || die.CoresNeeded < 0 || die.CoresNeeded > die.Cores)
        {
            throw new ArgumentOutOfRangeException(nameof(die), die.CoresNeeded, $"Of {die.Cores} cores, 0 to {die.Cores} can be needed.");
        }
    }
}

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>The defect density at which a variant costs what the reference costs, in defects per cm².</summary>
/// <param name="Central">With every other input at its central value; null when there is none.</param>
/// <param name="P10">One draw in ten has a lower one, of the draws that have one; null when none has.</param>
/// <param name="P50">Half of those draws have a lower one.</param>
/// <param name="P90">One of those draws in ten has a higher one.</param>
/// <param name="Share">Share of the draws that have one.</param>
/// <param name="Reason">Why there is none, or null.</param>
public sealed record BreakEvenDensity(double? Central, double? P10, double? P50, double? P90, double Share, string? Reason);

/// <summary>One of the chips compared.</summary>
/// <param name="Cost">What it costs; null when it cannot be made.</param>
/// <param name="Problem">Why it cannot be made, or null.</param>
/// <param name="ProbabilityCheaper">Share of the draws in which a unit costs less than one of the first variant; null for the first.</param>
/// <param name="BreakEven">The defect density of its node at which it costs what the first costs; null for the first.</param>
/// <param name="Difference">Dollars a unit above the first, below zero when cheaper; null for the first.</param>
/// <param name="Deciding">What moves that difference, most first; its dollars are differences.</param>
public sealed record ComparedChip(
    ChipCost? Cost, string? Problem, double? ProbabilityCheaper = null, BreakEvenDensity? BreakEven = null, CostRange? Difference = null, IReadOnlyList<CostSensitivity>? Deciding = null);

/// <summary>Chips costed on the same draws.</summary>
/// <param name="Variants">In the order asked; the first is the reference.</param>
/// <param name="Draws">Monte Carlo draws.</param>
public sealed record ChipComparison(IReadOnlyList<ComparedChip> Variants, int Draws);

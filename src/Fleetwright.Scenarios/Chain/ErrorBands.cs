using Fleetwright.Catalog.Chips;
using Fleetwright.Scenarios.Results;

namespace Fleetwright.Scenarios.Chain;

/// <summary>What is known of the models' errors, for the end of the report.</summary>
internal static class ErrorBands
{
    public static IReadOnlyList<ErrorBand> Of(ChainContext context, OfferedChips offered) =>
        [.. offered.Chips.Select(c =>
        {
            ChipCoefficients k = c.Model.Coefficients;
            string basis = context.Chips.Designed(c.Name) is not null ? "no chip to measure: what follows from its structure (docs/designs.md)" : k.Name == c.Name ? "measured on this chip" : k.Name == c.Model.Chip.Architecture ? $"coefficients of its architecture ({k.Name})" : "no measured relative: generic coefficients";
            return new ErrorBand($"operator times on {c.Model.Chip.Title}", k.Error.Value, k.Rows, $"{basis}; {k.Error.Source}");
        })];
}

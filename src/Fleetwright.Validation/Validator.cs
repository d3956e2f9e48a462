using Fleetwright.Catalog;
using Fleetwright.Catalog.Reading;
using Fleetwright.Validation.Sections.Chips;
using Fleetwright.Validation.Sections.Kernels;
using Fleetwright.Validation.Sections.Stages;

namespace Fleetwright.Validation;

/// <summary>Scores every model of the program against the public tables that it finds. The same tables give the same report on every machine.</summary>
public static class Validator
{
    /// <summary>The sections in the order of the page. A new one is a file and a line here.</summary>
    private static readonly IReadOnlyList<IValidationSection> Registry =
    [
        new CatalogSection(),
        new ModelsSection(),
        new HeldOutKernelsSection(),
        new ChipLeftOutSection(),
        new RefinedKernelsSection(),
        new PricedKernelsSection(),
        new LlmCompassSection(),
        new SplitwiseSection(),
        new SystolicSection(),
        new KernelPowerSection(),
        new MtiaSection(),
        new MakingSection(),
        new SpeedSection(),
        new ServingSection(),
        new TrainingSection(),
        new DevicesSection(),
        new SupplySection(),
    ];

    /// <summary>Names of the sections.</summary>
    public static IReadOnlyList<string> Sections { get; } = [.. Registry.Select(s => s.Id)];

    /// <summary>Scores.</summary>
    /// <param name="catalog">Facts.</param>
    /// <param name="data">The folder of public measurements (<c>shared/data</c>); null when there is none: what needs it is then said to be absent.</param>
    /// <param name="only">Names of sections; empty for all.</param>
    /// <param name="progress">Told what is being done, from several threads.</param>
    /// <param name="cancellation">Stops the run; sections finished by then are returned.</param>
    /// <exception cref="InputException">There is no section of a name, or a table is damaged.</exception>
    public static ValidationReport Run(FleetCatalog catalog, string? data, IReadOnlyList<string> only, Action<string> progress, CancellationToken cancellation)
    {
        foreach (string name in only.Where(n => !Sections.Contains(n)))
        {
            throw new InputException("--only", $"found '{name}'; allowed: {string.Join(", ", Sections)}{NearMiss.Suggestion(name, Sections)}");
        }

        var context = new ValidationContext(catalog, data, progress, cancellation);
        IValidationSection[] asked = [.. Registry.Where(s => only.Count == 0 || only.Contains(s.Id))];
        var sections = new List<SectionResult>();
        var bars = new List<Bar>();
        try
        {
            foreach (IValidationSection section in asked)
            {
                cancellation.ThrowIfCancellationRequested();
                progress(section.Id);
                var builder = new SectionBuilder(section, context);
                section.Score(builder);
                sections.Add(builder.Result());
                bars.AddRange(builder.Bars());
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What is finished is kept.
        }

        return new ValidationReport(sections, bars, [.. Registry.Except(asked).Select(s => s.Id)], [.. asked.Skip(sections.Count).Select(s => s.Id)]);
    }
}

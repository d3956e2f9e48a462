namespace Fleetwright.Validation;

/// <summary>Scores one subject against public tables. A new subject is one file and one line of <see cref="Validator"/>.</summary>
internal interface IValidationSection
{
    /// <summary>Its name on the command line.</summary>
    string Id { get; }

    /// <summary>Its heading.</summary>
    string Title { get; }

    /// <summary>The bars that it judges; those that it does not come to are reported as not scored.</summary>
    IReadOnlyList<BarDefinition> Bars { get; }

    /// <summary>Scores and writes.</summary>
    /// <param name="to">Gives facts and data, takes what was found.</param>
    /// <exception cref="Catalog.Reading.InputException">A table is damaged.</exception>
    void Score(SectionBuilder to);
}

using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Edge.Turns;

namespace Fleetwright.Edge.Placement;

/// <summary>Refuses a question that cannot be answered, with everything that is wrong with it.</summary>
internal static class PlacementCheck
{
    /// <summary>Paths are bits of a set.</summary>
    private const int MostPaths = 63;

    public static void ThrowIfWrong(PlacementQuestion question)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        var problems = new List<Diagnostic>();
        double shares = question.Classes.Sum(c => c.Share);
        if (Math.Abs(shares - 1) > 1e-6)
        {
            Add(question.Product, string.Create(culture, $"the shares of its classes add up to {shares:0.####}; they must add up to 1"));
        }

        UserDay day = question.Day;
        if (day.TurnsByHour.Count != 24 || day.UseSecondsByHour.Count != 24 || day.TurnsByHour.Any(t => !(t >= 0)) || day.UseSecondsByHour.Any(u => !(u is >= 0 and <= 3600)))
        {
            Add(question.Product, "a day needs 24 numbers of turns, none negative, and 24 of seconds of use, from 0 to 3600");
        }

        IReadOnlyList<DaySegment> segments = day.Segments;
        if (segments.Count == 0 || segments[0].FromHour != 0 || segments[^1].ToHour != 24 || segments.Any(s => s.ToHour <= s.FromHour)
            || segments.Zip(segments.Skip(1)).Any(p => p.First.ToHour != p.Second.FromHour))
        {
            Add(question.Product, "the parts of its day must follow each other from hour 0 to hour 24");
        }

        foreach (DaySegment segment in segments)
        {
            if (segment.Paths.Count != question.Classes.Count || segment.Paths.Any(p => p.Count is 0 or > MostPaths || !p.Select(Key).SequenceEqual(segments[0].Paths[0].Select(Key))))
            {
                Add(question.Product, string.Create(culture, $"{segment.Place}: every class and part of the day needs the same paths in the same order, 1 to {MostPaths}"));
                break;
            }
        }

        foreach (PlacementClass turns in question.Classes.Where(c => problems.Count == 0 && !segments[0].Paths[0].Any(p => c.Allowed.HasFlag(p.Tier))))
        {
            string offered = string.Join(", ", segments[0].Paths[0].Select(p => TierNames.Of(p.Tier)).Distinct());
            problems.Add(turns.Stated is { } at
                ? at with { Message = Forbidden(turns, offered) }
                : new Diagnostic(question.Product, 0, 0, turns.Name, Forbidden(turns, offered)));
        }

        if (problems.Count > 0)
        {
            throw new InputException(problems);
        }

        void Add(string subject, string message) => problems.Add(new Diagnostic(subject, 0, 0, "", message));

        static (Tiers, string?) Key(AnswerPath path) => (path.Tier, path.Model);
    }

    private static string Forbidden(PlacementClass turns, string offered) =>
        turns.Allowed == Tiers.None
            ? $"{turns.Name} turns may run nowhere; allow at least one of {offered}"
            : $"{turns.Name} turns may run on {TierNames.OfSet(turns.Allowed)} only, and nothing is offered there; offered: {offered}. Offer a model there or let the data go further";
}

using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Models;

namespace Fleetwright.Cli.Commands;

/// <summary><c>--expert-skew</c>: how unevenly tokens choose the experts of a mixture.</summary>
internal sealed class ExpertOptions
{
    private readonly Option<string?> _skew = new("--expert-skew") { Description = "How unevenly tokens fall on experts: zipf:S (popularity i^-S; 0 is random but equally likely) or a measured ratio of the busiest chip to the mean one, such as 1.3. When left out, chips are equally loaded and as many experts touched as popularities of zipf:0.7 do." };

    private readonly Option<string?> _redundant = new("--redundant-experts") { HelpName = "number", Description = "Copies of popular experts, of all chips together, and experts laid out so that chips are balanced (as EPLB); with --expert-skew zipf:S. 0 balances without copies." };

    /// <summary>All of them.</summary>
    public IEnumerable<Option> All => [_skew, _redundant];

    public void AddTo(Command command)
    {
        command.Options.Add(_skew);
        command.Options.Add(_redundant);
    }

    /// <summary>Reads it; null for an even load.</summary>
    /// <exception cref="InputException">It is neither, or the model has no experts.</exception>
    public ExpertSkew? Read(ParseResult parsed, ModelSpec model)
    {
        string? redundant = parsed.GetValue(_redundant);
        if (parsed.GetValue(_skew) is not { } text)
        {
            return redundant is null ? null : throw new InputException(_redundant.Name, $"found without {_skew.Name}; allowed: with {_skew.Name} zipf:S");
        }

        if (!model.Layers.Any(l => l.FeedForward is MixtureOfExperts))
        {
            throw new InputException(_skew.Name, $"found for {model.Name}, which has no experts; allowed: with a mixture of experts");
        }

        bool zipf = text.StartsWith("zipf:", StringComparison.Ordinal);
        bool known = double.TryParse(zipf ? text[5..] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        return known && zipf && value is >= 0 and <= 3 ? redundant is null ? ExpertSkew.Zipf(value) : ExpertSkew.Zipf(value).Balanced(Copies(redundant, model))
            : known && !zipf && value is >= 1 and <= 1024 ? redundant is null ? ExpertSkew.Measured(value) : throw new InputException(_redundant.Name, $"found with a measured ratio, which is that of the layout; allowed: with {_skew.Name} zipf:S")
            : throw new InputException(_skew.Name, $"found '{text}'; allowed: zipf:S with S from 0 to 3, or the rows of the busiest chip ÷ those of the mean one, at least 1");
    }

    /// <summary>The layouts over whose chips experts and copies can be spread evenly.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public IReadOnlyList<Sharding> Layouts(ExpertSkew? skew, ModelSpec model, IReadOnlyList<Sharding> layouts)
    {
        int copies = skew?.Redundant ?? 0;
        int[] experts = [.. model.Layers.Select(l => l.FeedForward).OfType<MixtureOfExperts>().Select(m => m.Experts)];
        IReadOnlyList<Sharding> even = [.. layouts.Where(l => experts.All(e => (e + copies) % l.ExpertParallel == 0))];
        return even.Count > 0 ? even
            : throw new InputException(_redundant.Name, FormattableString.Invariant($"found {copies}: {experts[0]} experts and {copies} copies do not divide by EP {layouts[0].ExpertParallel}; allowed: multiples of {layouts[0].ExpertParallel}"));
    }

    private int Copies(string text, ModelSpec model)
    {
        int experts = model.Layers.Select(l => l.FeedForward).OfType<MixtureOfExperts>().Max(m => m.Experts);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int copies) && copies <= 8 * experts ? copies
            : throw new InputException(_redundant.Name, string.Create(CultureInfo.InvariantCulture, $"found '{text}'; allowed: a whole number from 0 to {8 * experts:#,0}"));
    }
}

using System.CommandLine;
using System.Globalization;
using Fleetwright.Catalog.Models;
using Fleetwright.Catalog.Reading;
using Fleetwright.Models;

namespace Fleetwright.Cli.Commands;

/// <summary><c>--expert-skew</c>: how unevenly tokens choose the experts of a mixture.</summary>
internal sealed class ExpertOptions
{
    private readonly Option<string?> _skew = new("--expert-skew") { Description = "How unevenly tokens fall on experts: zipf:S (popularity i^-S; 0 is random but equally likely) or a measured ratio of the busiest chip to the mean one, such as 1.3. Even when left out." };

    public void AddTo(Command command) => command.Options.Add(_skew);

    /// <summary>Stops where the option was given but means nothing.</summary>
    public void Refuse(ParseResult parsed, string with)
    {
        if (parsed.GetValue(_skew) is not null)
        {
            throw new InputException(_skew.Name, $"found with {with}; allowed: one of the two");
        }
    }

    /// <summary>Reads it; null for an even load.</summary>
    /// <exception cref="InputException">It is neither, or the model has no experts.</exception>
    public ExpertSkew? Read(ParseResult parsed, ModelSpec model)
    {
        if (parsed.GetValue(_skew) is not { } text)
        {
            return null;
        }

        if (!model.Layers.Any(l => l.FeedForward is MixtureOfExperts))
        {
            throw new InputException(_skew.Name, $"found for {model.Name}; allowed: with a mixture of experts");
        }

        bool zipf = text.StartsWith("zipf:", StringComparison.Ordinal);
        bool known = double.TryParse(zipf ? text[5..] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value);
        return known && zipf && value is >= 0 and <= 3 ? ExpertSkew.Zipf(value)
            : known && !zipf && value is >= 1 and <= 1024 ? ExpertSkew.Measured(value)
            : throw new InputException(_skew.Name, $"found '{text}'; allowed: zipf:S with S from 0 to 3, or the rows of the busiest chip ÷ those of the mean one, at least 1");
    }
}

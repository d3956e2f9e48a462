using System.Globalization;
using Fleetwright.Catalog.Reading;

namespace Fleetwright.Serving.Simulation.Traffic.Arrivals;

/// <summary>Reads the arrivals of the command line.</summary>
public static class ArrivalText
{
    private const string Allowed = "poisson, constant, gamma:CV, weibull:CV (or shape=K for CV), onoff:ON_SECONDS,OFF_SECONDS[,OFF_RATE/ON_RATE], hours: and 24 shares; one of the last two can follow one of the others after a +";

    /// <summary>
    /// A model from text: how regular gaps are (see <see cref="GapModel.Parse"/>), how the rate changes (<c>onoff:10,50</c>, <c>hours:1,1,…</c>), or both
    /// joined by a plus sign, such as <c>gamma:2+hours:…</c>.
    /// </summary>
    /// <param name="option">The option that the text was given for, named in errors.</param>
    /// <param name="text">The text.</param>
    /// <param name="meanPerSecond">Mean requests per second.</param>
    /// <exception cref="InputException">The text is none of these, or a number is out of range.</exception>
    public static ArrivalModel Parse(string option, string text, double meanPerSecond)
    {
        GapModel? gaps = null;
        RateModel? rate = null;
        foreach (string part in text.Split('+', StringSplitOptions.TrimEntries))
        {
            bool isRate = part.StartsWith("onoff:", StringComparison.Ordinal) || part.StartsWith("hours:", StringComparison.Ordinal);
            if (isRate ? rate is not null : gaps is not null)
            {
                throw new InputException(option, $"found '{text}'; allowed: {Allowed}");
            }

            if (isRate)
            {
                rate = Rate(option, part, meanPerSecond);
            }
            else
            {
                gaps = GapModel.Parse(option, part);
            }
        }

        var model = new ArrivalModel(rate ?? new ConstantRate(meanPerSecond), gaps ?? GapModel.Poisson);
        return Named(option, () =>
        {
            // Values out of range are told now, not when the first request is drawn.
            _ = model.Rate.Path(0, "");
            return model;
        });
    }

    /// <summary>What <paramref name="make"/> makes; its errors name the option.</summary>
    internal static T Named<T>(string option, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (InputException e)
        {
            throw new InputException([.. e.Diagnostics.Select(d => d with { File = option })]);
        }
    }

    private static RateModel Rate(string option, string text, double meanPerSecond)
    {
        double[] values = [.. text[6..].Split(',').Select(w => double.TryParse(w, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        if (text[0] == 'h')
        {
            return Named(option, () => RateCurve.OfHours(values, meanPerSecond));
        }

        return values is [> 0, > 0] or [> 0, > 0, >= 0] ? OnOffRate.OfMean(meanPerSecond, values[0], values[1], values.Length > 2 ? values[2] : 0)
            : throw new InputException(option, $"found '{text}'; allowed: onoff:ON_SECONDS,OFF_SECONDS[,OFF_RATE/ON_RATE], seconds above 0");
    }
}

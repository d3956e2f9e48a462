using System.Globalization;
using Fleetwright.Catalog.Reading;
using Fleetwright.Serving.Simulation.Traffic.Arrivals;

namespace Fleetwright.Serving.Simulation.Traffic.Lengths;

/// <summary>Reads the lengths of the command line.</summary>
public static class LengthText
{
    private const string Allowed = "TOKENS, constant:TOKENS, lognormal:MEAN,CV, lognormal:median=TOKENS,sigma=S or uniform:LEAST,MOST, with cap=TOKENS last if wanted";

    /// <summary>
    /// A model from text: <c>512</c>, <c>lognormal:1024,0.8</c> (mean and standard deviation ÷ mean), <c>lognormal:median=800,sigma=1.1</c>,
    /// <c>uniform:10,200</c>; <c>,cap=8192</c> cuts longer ones.
    /// </summary>
    /// <param name="option">The option that the text was given for, named in errors.</param>
    /// <param name="text">The text.</param>
    /// <exception cref="InputException">The text is none of these, or a number is out of range.</exception>
    public static LengthModel Parse(string option, string text)
    {
        string[] halves = text.Split(':', 2, StringSplitOptions.TrimEntries);
        string kind = halves.Length == 1 ? "constant" : halves[0].ToLowerInvariant();
        List<string> words = [.. halves[^1].Split(',', StringSplitOptions.TrimEntries)];
        int cap = 1 << 30;
        if (words.Count > 1 && words[^1].StartsWith("cap=", StringComparison.Ordinal))
        {
            cap = Whole(option, words[^1][4..]);
            words.RemoveAt(words.Count - 1);
        }

        LengthModel model = (kind, words.Count) switch
        {
            ("constant", 1) => new ConstantLength(Whole(option, words[0])),
            ("lognormal", 2) when words[0].StartsWith("median=", StringComparison.Ordinal) && words[1].StartsWith("sigma=", StringComparison.Ordinal) =>
                LognormalLength.OfMedian(Number(option, words[0][7..]), Number(option, words[1][6..])),
            ("lognormal", 2) => new LognormalLength(Number(option, words[0]), Number(option, words[1])),
            ("uniform", 2) => new UniformLength(Whole(option, words[0]), Whole(option, words[1])),
            _ => throw new InputException(option, $"found '{text}'; allowed: {Allowed}{NearMiss.Suggestion(kind, ["constant", "lognormal", "uniform"])}"),
        };
        model = model with { Cap = cap };
        return ArrivalText.Named(option, () =>
        {
            // Values out of range are told now, not when the first request is drawn.
            _ = model.Draw();
            return model;
        });
    }

    private static double Number(string option, string word) =>
        double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value
        : throw new InputException(option, $"found '{word}'; allowed: a number, in {Allowed}");

    private static int Whole(string option, string word) =>
        int.TryParse(word, NumberStyles.AllowThousands | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) ? value
        : throw new InputException(option, $"found '{word}'; allowed: a whole number of tokens, in {Allowed}");
}

using Fleetwright.Hardware.Calibration;

namespace Fleetwright.Validation;

/// <summary>How numbers are written on the page: rounded, so that other machines write the same.</summary>
internal static class Show
{
    /// <summary>An error such as <c>12.8 %</c>; a dash for none.</summary>
    public static string Percent(double share) => double.IsFinite(share) ? FormattableString.Invariant($"{share * 100:0.0} %") : "–";

    /// <summary>An error with its sign.</summary>
    public static string Signed(double share) => double.IsFinite(share) ? FormattableString.Invariant($"{share * 100:+0.0;−0.0;0.0} %") : "–";

    /// <summary>A small error with its sign and two digits.</summary>
    public static string Fine(double share) => double.IsFinite(share) ? FormattableString.Invariant($"{share * 100:+0.00;−0.00;0.00} %") : "–";

    /// <summary>A count.</summary>
    public static string Count(long count) => FormattableString.Invariant($"{count:#,0}");

    /// <summary>A number of three or four digits.</summary>
    public static string Number(double value) => double.IsPositiveInfinity(value) ? "∞" : FormattableString.Invariant($"{value:G4}");

    /// <summary>Heads of <see cref="Errors"/>.</summary>
    public static IReadOnlyList<string> ErrorHeads { get; } = ["n>", "MAPE>", "median>", "p90>", "bias>"];

    /// <summary>n, MAPE, median, p90, bias.</summary>
    public static IEnumerable<string> Errors(ErrorScore score) => [Count(score.Rows), Percent(score.Mape), Percent(score.Median), Percent(score.P90), Signed(score.Bias)];

    /// <summary>Whether a bar is met, in a word.</summary>
    public static string Met(bool isMet) => isMet ? "met" : "**missed**";
}

namespace Fleetwright.Hardware.Statistics;

/// <summary>The standard normal distribution.</summary>
public static class Normal
{
    /// <summary>P(Z ≤ z), to 1e-7 (Abramowitz and Stegun 26.2.17 has 7.5e-8).</summary>
    public static double Cumulative(double z)
    {
        if (double.IsInfinity(z))
        {
            return z > 0 ? 1 : 0;
        }

        double t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        double tail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI)
            * t * (0.319381530 + (t * (-0.356563782 + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        return z >= 0 ? 1 - tail : tail;
    }

    /// <summary>The z with P(Z ≤ z) = <paramref name="p"/>, to 1.2e-9 relative (P. J. Acklam's rational approximation).</summary>
    public static double Quantile(double p)
    {
        if (p <= 0 || p >= 1)
        {
            return p <= 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (p is < 0.02425 or > 1 - 0.02425)
        {
            double q = Math.Sqrt(-2 * Math.Log(Math.Min(p, 1 - p)));
            double z = ((((((((((-7.784894002430293e-03 * q) - 3.223964580411365e-01) * q) - 2.400758277161838) * q) - 2.549732539343734) * q) + 4.374664141464968) * q) + 2.938163982698783)
                / ((((((((7.784695709041462e-03 * q) + 3.224671290700398e-01) * q) + 2.445134137142996) * q) + 3.754408661907416) * q) + 1);
            return p < 0.5 ? z : -z;
        }

        double c = p - 0.5;
        double r = c * c;
        return ((((((((((-3.969683028665376e+01 * r) + 2.209460984245205e+02) * r) - 2.759285104469687e+02) * r) + 1.383577518672690e+02) * r) - 3.066479806614716e+01) * r) + 2.506628277459239) * c
            / ((((((((((-5.447609879822406e+01 * r) + 1.615858368580409e+02) * r) - 1.556989798598866e+02) * r) + 6.680131188771972e+01) * r) - 1.328068155288572e+01) * r) + 1);
    }
}

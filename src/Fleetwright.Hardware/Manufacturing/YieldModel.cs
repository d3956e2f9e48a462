namespace Fleetwright.Hardware.Manufacturing;

/// <summary>How defects are spread over dies. Each is a Poisson law whose density varies from die to die by its own law.</summary>
public enum YieldModel
{
    /// <summary>The same density everywhere: e^−x.</summary>
    Poisson,

    /// <summary>A triangular density (Murphy 1964): ((1 − e^−x) / x)².</summary>
    Murphy,

    /// <summary>An exponential density (Seeds 1967): 1 / (1 + x).</summary>
    Seeds,

    /// <summary>A gamma density (Stapper 1973): (1 + x/α)^−α.</summary>
    NegativeBinomial,

    /// <summary>N critical layers, each with an exponential density of its own (Price 1970): (1 + x/N)^−N.</summary>
    BoseEinstein,
}

/// <summary>A yield model with its parameter.</summary>
/// <param name="Model">The law.</param>
/// <param name="Parameter">α of the negative binomial or N of Bose–Einstein; not read by the others.</param>
public readonly record struct YieldRule(YieldModel Model, double Parameter)
{
    /// <summary>Share of dies without a defect.</summary>
    /// <param name="defects">x: mean defects of a die, area × defect density.</param>
    /// <exception cref="ArgumentOutOfRangeException">The mean is negative or not finite, or the parameter is not above zero.</exception>
    public double Of(double defects)
    {
        Check(defects);
        return defects == 0 ? 1 : Model switch
        {
            YieldModel.Poisson => Math.Exp(-defects),
            YieldModel.Murphy => Square(defects < 1e-6 ? 1 - (defects / 2) : (1 - Math.Exp(-defects)) / defects),
            YieldModel.Seeds => 1 / (1 + defects),
            _ => Math.Pow(1 + (defects / Parameter), -Parameter),
        };
    }

    /// <summary>Bose–Einstein with the density of one layer: (1 + x)^−N.</summary>
    /// <param name="defectsPerLayer">x: die area × defect density of a layer.</param>
    /// <param name="layers">N: critical layers.</param>
    public static double BoseEinstein(double defectsPerLayer, int layers) => new YieldRule(YieldModel.BoseEinstein, layers).Of(defectsPerLayer * layers);

    private static double Square(double value) => value * value;

    internal void Check(double defects)
    {
        if (!(defects >= 0 && double.IsFinite(defects)))
        {
            throw new ArgumentOutOfRangeException(nameof(defects), defects, "The mean number of defects must not be negative.");
        }

        if (Model is YieldModel.NegativeBinomial or YieldModel.BoseEinstein && !(Parameter is >= 0.25 and <= 1e6))
        {
            throw new ArgumentOutOfRangeException(nameof(defects), Parameter, $"The parameter of {Model} must lie from 0.25 to 1,000,000.");
        }
    }
}

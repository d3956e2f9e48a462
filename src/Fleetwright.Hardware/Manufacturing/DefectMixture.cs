namespace Fleetwright.Hardware.Manufacturing;

/// <summary>
/// The law by which the defect density of a place differs from the mean, as points and weights to average over: every yield model is
/// E[e^(−g·x)] for some law of g with mean 1. With it the yield of a die whose regions share their density is E[rest(g) · cores(g)].
/// </summary>
/// <remarks>g is a power of the variable of integration so that laws with mass near zero (Seeds, α below 1) stay smooth; 4 panels of 16-point Gauss–Legendre.</remarks>
internal readonly struct DefectMixture
{
    private const int Panels = 4;
    private static readonly double[] s_nodes =
    [
        0.0950125098376374, 0.2816035507792589, 0.4580167776572274, 0.6178762444026438,
        0.7554044083550030, 0.8656312023878318, 0.9445750230732326, 0.9894009349916499,
    ];

    private static readonly double[] s_weights =
    [
        0.1894506104550685, 0.1826034150449236, 0.1691565193950025, 0.1495959888165767,
        0.1246289712555339, 0.0951585116824928, 0.0622535239386479, 0.0271524594117541,
    ];

    private readonly YieldModel _model;
    private readonly double _shape;
    private readonly double _power;
    private readonly double _bottom;
    private readonly double _top;

    private DefectMixture(YieldModel model, double shape, double power, double bottom, double top) =>
        (_model, _shape, _power, _bottom, _top) = (model, shape, power, Math.Pow(bottom, 1 / power), Math.Pow(top, 1 / power));

    public static DefectMixture Of(YieldRule rule)
    {
        rule.Check(0);
        double shape = rule.Model switch { YieldModel.Seeds => 1, YieldModel.Poisson or YieldModel.Murphy => 0, _ => rule.Parameter };
        if (shape > 5000)
        {
            // A gamma law this narrow is a point.
            return new DefectMixture(YieldModel.Poisson, 0, 1, 0, 0);
        }

        // Nine standard deviations each way, and the gamma law's longer tail above.
        bool gamma = rule.Model is not (YieldModel.Poisson or YieldModel.Murphy);
        double deviation = gamma ? 1 / Math.Sqrt(shape) : 0, power = !gamma || shape >= 8 ? 1 : shape >= 2 ? 2 : 4;
        return new DefectMixture(rule.Model, shape, power, gamma ? Math.Max(0, 1 - (9 * deviation)) : 0, gamma ? 1 + (9 * deviation) + (30 / shape) : 2);
    }

    /// <summary>E[e^(−g·rest) · P(at most spares bad | core defects g·core)].</summary>
    public double Average(double rest, double core, int cores, int spares)
    {
        if (_model == YieldModel.Poisson)
        {
            return Math.Exp(-rest) * DieYield.AtMostBad(cores, spares, core);
        }

        double sum = 0, mass = 0, width = (_top - _bottom) / Panels;
        for (int panel = 0; panel < Panels; panel++)
        {
            double middle = _bottom + ((panel + 0.5) * width);
            for (int i = 0; i < 16; i++)
            {
                double u = middle + ((i < 8 ? s_nodes[i] : -s_nodes[i - 8]) * width / 2);
                double g = _power == 1 ? u : Math.Pow(u, _power);
                double weight = s_weights[i & 7] * Density(u, g);
                mass += weight;
                if (weight > 0)
                {
                    sum += weight * Math.Exp(-g * rest) * DieYield.AtMostBad(cores, spares, g * core);
                }
            }
        }

        return sum / mass;
    }

    // Up to a factor, which the sum of weights takes out again.
    private double Density(double u, double g) => _model == YieldModel.Murphy
        ? 1 - Math.Abs(1 - g)
        : Math.Exp((_shape * (1 - g)) + ((_shape - 1) * Math.Log(g)) + ((_power - 1) * Math.Log(u)));
}

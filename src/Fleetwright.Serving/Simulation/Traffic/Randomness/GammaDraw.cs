namespace Fleetwright.Serving.Simulation.Traffic.Randomness;

/// <summary>Numbers of the gamma distribution with scale 1, by Marsaglia and Tsang (ACM TOMS 26(3), 2000).</summary>
internal readonly struct GammaDraw
{
    private readonly double _d;
    private readonly double _c;
    private readonly double _inverseShape;

    /// <param name="shape">Above 0; the mean of the numbers.</param>
    public GammaDraw(double shape)
    {
        // Below 1 the method draws with shape + 1 and brings the number down by a power of a uniform one.
        _inverseShape = shape < 1 ? 1 / shape : 0;
        _d = (shape < 1 ? shape + 1 : shape) - (1.0 / 3);
        _c = 1 / Math.Sqrt(9 * _d);
    }

    public double Next(ref RandomStream random)
    {
        while (true)
        {
            double x = Ziggurat.Normal(ref random);
            double v = 1 + (_c * x);
            if (v <= 0)
            {
                continue;
            }

            v = v * v * v;
            double u = random.NextPositiveUnit();
            double square = x * x;
            if (u < 1 - (0.0331 * square * square) || Math.Log(u) < (0.5 * square) + (_d * (1 - v + Math.Log(v))))
            {
                return _inverseShape == 0 ? _d * v : _d * v * Math.Pow(random.NextPositiveUnit(), _inverseShape);
            }
        }
    }
}

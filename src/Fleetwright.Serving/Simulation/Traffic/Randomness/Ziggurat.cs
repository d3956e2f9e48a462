using System.Runtime.CompilerServices;

namespace Fleetwright.Serving.Simulation.Traffic.Randomness;

/// <summary>
/// Normal and exponential numbers by the ziggurat of Marsaglia and Tsang (J. Stat. Software 5(8), 2000), 256 layers, in the form of
/// Doornik (2005): the layer and the place in it come from different bits. Nearly all draws take one number, a product and a comparison.
/// </summary>
internal static class Ziggurat
{
    private const int Layers = 256;

    // Where the tail begins and the area of each layer, for 256 layers.
    private const double NormalTail = 3.6541528853610088;
    private const double NormalArea = 0.004928673233974658;
    private const double ExponentialTail = 7.69711747013104972;
    private const double ExponentialArea = 0.0039496598225815571993;

    private static readonly double[] NormalEdges = Edges(NormalTail, NormalArea, x => Math.Exp(-0.5 * x * x), y => Math.Sqrt(-2 * Math.Log(y)));
    private static readonly double[] ExponentialEdges = Edges(ExponentialTail, ExponentialArea, x => Math.Exp(-x), y => -Math.Log(y));

    /// <summary>A number of mean 0 and deviation 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Normal(ref RandomStream random)
    {
        ulong bits = random.Next();
        double u = ((long)bits >> 11) * (1.0 / (1L << 52));
        ref double edge = ref NormalEdges[(int)(bits & (Layers - 1))];
        double x = u * edge;
        return Math.Abs(x) < Unsafe.Add(ref edge, 1) ? x : NormalEdge(ref random, (int)(bits & (Layers - 1)), x);
    }

    /// <summary>A number of mean 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Exponential(ref RandomStream random)
    {
        ulong bits = random.Next();
        double u = (bits >> 11) * (1.0 / (1UL << 53));
        ref double edge = ref ExponentialEdges[(int)(bits & (Layers - 1))];
        double x = u * edge;
        return x < Unsafe.Add(ref edge, 1) ? x : ExponentialEdge(ref random, (int)(bits & (Layers - 1)), x);
    }

    // One draw in about 80 falls between a layer and the curve.
    private static double NormalEdge(ref RandomStream random, int layer, double x)
    {
        if (layer == 0)
        {
            double far, height;
            do
            {
                far = Math.Log(random.NextPositiveUnit()) / NormalTail;
                height = Math.Log(random.NextPositiveUnit());
            }
            while (-2 * height < far * far);
            return x < 0 ? far - NormalTail : NormalTail - far;
        }

        double low = Math.Exp(-0.5 * NormalEdges[layer] * NormalEdges[layer]);
        double high = Math.Exp(-0.5 * NormalEdges[layer + 1] * NormalEdges[layer + 1]);
        return low + (random.NextUnit() * (high - low)) < Math.Exp(-0.5 * x * x) ? x : Normal(ref random);
    }

    private static double ExponentialEdge(ref RandomStream random, int layer, double x)
    {
        if (layer == 0)
        {
            return ExponentialTail - Math.Log(random.NextPositiveUnit());
        }

        double low = Math.Exp(-ExponentialEdges[layer]);
        double high = Math.Exp(-ExponentialEdges[layer + 1]);
        return low + (random.NextUnit() * (high - low)) < Math.Exp(-x) ? x : Exponential(ref random);
    }

    // Right edges from the lowest layer, whose width takes the tail in, to the top of the curve at 0.
    private static double[] Edges(double tail, double area, Func<double, double> curve, Func<double, double> inverse)
    {
        double[] edges = new double[Layers + 1];
        edges[0] = area / curve(tail);
        edges[1] = tail;
        for (int i = 2; i < Layers; i++)
        {
            edges[i] = inverse((area / edges[i - 1]) + curve(edges[i - 1]));
        }

        return edges;
    }
}

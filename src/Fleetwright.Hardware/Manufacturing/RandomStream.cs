using System.Text;

namespace Fleetwright.Hardware.Manufacturing;

/// <summary>A named stream of random numbers read at any place: number i of a name and seed is the same whoever asks for it, in whatever order.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014), whose i-th output is a mix of seed + i·γ; seeded by the FNV-1a hash of the name.</remarks>
internal readonly struct RandomStream
{
    private readonly ulong _start;

    public RandomStream(ulong seed, string name)
    {
        ulong hash = 14695981039346656037UL ^ seed;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        _start = hash;
    }

    /// <summary>Number <paramref name="index"/>, above 0 and below 1.</summary>
    public double Unit(long index) => ((Mix(_start + ((ulong)(index + 1) * 0x9E3779B97F4A7C15UL)) >> 11) + 0.5) * (1.0 / (1UL << 53));

    /// <summary>Normal number <paramref name="index"/> (Box and Muller 1958), from two of the uniform ones.</summary>
    public double Normal(long index) => Math.Sqrt(-2 * Math.Log(Unit(2 * index))) * Math.Cos(2 * Math.PI * Unit((2 * index) + 1));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}

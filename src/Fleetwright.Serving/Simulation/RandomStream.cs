using System.Text;

namespace Fleetwright.Serving.Simulation;

/// <summary>A named stream of random numbers: the same run seed and name give the same numbers, and a new name never shifts another's.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014), seeded by the FNV-1a hash of the name.</remarks>
internal struct RandomStream
{
    private ulong _state;

    public RandomStream(ulong seed, string name)
    {
        ulong hash = 14695981039346656037UL ^ seed;
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        _state = hash;
    }

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number from 0 to below <paramref name="count"/>.</summary>
    public int Below(int count) => (int)(((UInt128)Next() * (ulong)count) >> 64);

    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fleetwright.Hardware.Statistics;

/// <summary>
/// A named stream of random numbers. The run's seed, the entity and the purpose give its start, so the same three give the same numbers and
/// a new entity or purpose never shifts another's.
/// </summary>
/// <remarks>
/// xoshiro256++ (Blackman and Vigna, ACM TOMS 47, 2021), started by SplitMix64 (Steele, Lea and Flood 2014) from the FNV-1a hash of the names.
/// Its period of 2²⁵⁶ − 1 is why it is not SplitMix64 itself: a fleet has some 10⁵ streams, and on a period of 2⁶⁴ two of them could overlap.
/// </remarks>
public struct RandomStream
{
    private const double Unit = 1.0 / (1UL << 53);
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;

    /// <summary>The stream of an entity for a purpose.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="entity">Whose numbers these are.</param>
    /// <param name="purpose">What they decide.</param>
    public RandomStream(ulong seed, string entity, string purpose)
        : this(Named(Named(Mixed(seed), entity), purpose))
    {
    }

    /// <summary>The stream of a name.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="name">Whose numbers these are.</param>
    public RandomStream(ulong seed, string name)
        : this(Named(Mixed(seed), name))
    {
    }

    private RandomStream(ulong hash)
    {
        _s0 = SplitMix(ref hash);
        _s1 = SplitMix(ref hash);
        _s2 = SplitMix(ref hash);
        _s3 = SplitMix(ref hash);
    }

    /// <summary>The stream of one of many entities, told apart by its number below the seed that <see cref="SeedOf"/> gave; allocates nothing.</summary>
    public static RandomStream Numbered(ulong seed, long number) => new(Mixed(seed + Mixed((ulong)number)));

    /// <summary>A seed for the numbered streams of an entity and purpose.</summary>
    public static ulong SeedOf(ulong seed, string entity, string purpose) => Named(Named(Mixed(seed), entity), purpose);

    /// <summary>64 random bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_s0 + _s3, 23) + _s0;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number from 0 (included) to 1 (excluded).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextUnit() => (Next() >> 11) * Unit;

    /// <summary>A number from 0 (excluded) to 1 (included): one whose logarithm is finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double NextPositiveUnit() => ((Next() >> 11) + 1) * Unit;

    /// <summary>A whole number from 0 to <paramref name="count"/> − 1, by the multiplication of Lemire (2019) without its rejection: the bias is below count ÷ 2⁶⁴.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Below(int count) => (int)Math.BigMul(Next(), (ulong)count, out _);

    private static ulong SplitMix(ref ulong state) => Mix(state += 0x9E3779B97F4A7C15UL);

    private static ulong Mixed(ulong value) => Mix(value + 0x9E3779B97F4A7C15UL);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    // The length closes a name, so that ("ab", "c") and ("a", "bc") differ.
    private static ulong Named(ulong hash, string name)
    {
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash ^ b) * 1099511628211UL;
        }

        return Mixed(hash ^ ((ulong)name.Length << 32));
    }
}

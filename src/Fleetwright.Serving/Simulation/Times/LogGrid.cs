using System.Numerics;

namespace Fleetwright.Serving.Simulation.Times;

/// <summary>Nodes for whole numbers from 0: every number up to 2^bits, then 2^bits to an octave. Between nodes one interpolates.</summary>
/// <param name="Bits">Logarithm of the nodes of an octave.</param>
internal readonly record struct LogGrid(int Bits)
{
    /// <summary>The last node at or below <paramref name="value"/>.</summary>
    public int Below(long value)
    {
        if (value < 1L << Bits)
        {
            return (int)value;
        }

        int octave = BitOperations.Log2((ulong)value) - Bits;
        return (octave << Bits) + (int)(value >> octave);
    }

    /// <summary>The value at a node.</summary>
    public long Value(int node)
    {
        if (node < 2 << Bits)
        {
            return node;
        }

        int octave = (node >> Bits) - 1;
        return (long)(node - (octave << Bits)) << octave;
    }
}

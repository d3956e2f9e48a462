using System.Numerics;

namespace Fleetwright.Serving.Simulation;

/// <summary>
/// Tokens of a block of the cache, and divisions by them. Blocks are nearly always a power of two, and several divisions an event by a number that the
/// compiler does not know cost more than what they are for: those are shifts.
/// </summary>
internal readonly struct BlockSize
{
    private readonly int _shift;

    public BlockSize(int tokens) => (Tokens, _shift) = (tokens, BitOperations.IsPow2(tokens) ? BitOperations.Log2((uint)tokens) : -1);

    public int Tokens { get; }

    /// <summary>Whole blocks in some tokens.</summary>
    public long Whole(long tokens) => _shift >= 0 ? tokens >> _shift : tokens / Tokens;

    /// <summary>Blocks that some tokens need.</summary>
    public long For(long tokens) => Whole(tokens + Tokens - 1);

    /// <summary>Tokens beyond whole blocks, from 0 on, also where <paramref name="tokens"/> is below 0.</summary>
    public int Rest(long tokens)
    {
        if (_shift >= 0)
        {
            return (int)tokens & (Tokens - 1);
        }

        int rest = (int)(tokens % Tokens);
        return rest < 0 ? rest + Tokens : rest;
    }
}

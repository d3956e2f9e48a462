namespace Fleetwright.Serving.Replicas;

/// <summary>What fills the memory of the fullest chip of a replica, in bytes.</summary>
/// <param name="Capacity">Memory of the chip.</param>
/// <param name="Weights">Weights.</param>
/// <param name="KvCache">Keys, values and recurrent state of the sequences in flight.</param>
/// <param name="Activations">The largest live buffers of a full step.</param>
/// <param name="Reserve">What the engine leaves free or uses itself.</param>
public readonly record struct MemoryPlan(double Capacity, double Weights, double KvCache, double Activations, double Reserve)
{
    /// <summary>All parts but what is left free.</summary>
    public double Used => Weights + KvCache + Activations + Reserve;

    /// <summary>Bytes that are missing; negative when that much is left.</summary>
    public double Shortfall => Used - Capacity;

    /// <summary>Whether everything fits.</summary>
    public bool Fits => Shortfall <= 0;
}

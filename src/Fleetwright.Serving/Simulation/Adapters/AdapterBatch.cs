namespace Fleetwright.Serving.Simulation.Adapters;

/// <summary>The part of an iteration that passes through adapters.</summary>
/// <param name="Tokens">Tokens that are computed with an adapter.</param>
/// <param name="Adapters">Different adapters among them.</param>
public readonly record struct AdapterBatch(int Tokens, int Adapters);

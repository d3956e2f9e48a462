using Fleetwright.Serving.Simulation.Traffic.Arrivals;
using Fleetwright.Serving.Simulation.Traffic.Lengths;

namespace Fleetwright.Serving.Simulation.Traffic.Generated;

/// <summary>Requests of one kind.</summary>
/// <param name="Name">Names its streams of random numbers: the same name and seed give the same requests, whatever other classes there are.</param>
/// <param name="Arrivals">When they come.</param>
/// <param name="Lengths">How long they are.</param>
/// <param name="Class">The class that they are counted in, from 0.</param>
public sealed record TrafficClass(string Name, ArrivalModel Arrivals, RequestLengths Lengths, int Class = 0)
{
    /// <summary>The class with a share of its rate, for mixes: two classes of shares 0.7 and 0.3 of one rate add up to it.</summary>
    public TrafficClass WithShare(double share) => this with { Arrivals = Arrivals with { Rate = Arrivals.Rate.Times(share) } };
}

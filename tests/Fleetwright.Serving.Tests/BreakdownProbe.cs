using Fleetwright.Hardware.Chips;
using Fleetwright.Models;
using Fleetwright.Models.Operators;
using Fleetwright.Catalog.Units;
using Fleetwright.Serving.Engines;
using Fleetwright.Serving.Replicas;

namespace Fleetwright.Serving.Tests;

public class BreakdownProbe
{
    [Fact]
    public void Print()
    {
        // model,chip,tp,ep,dp,dtype,kv,prefill seqs,tokens,decodes,context;...
        foreach (string spec in (Environment.GetEnvironmentVariable("SPEC") ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] a = spec.Split(',');
            var w = Enum.Parse<Dtype>(a[5], true);
            var replica = new Replica(new ModelGraph(Fixtures.Catalog.Models.Get(a[0]), Precision.For(w) with { KvCache = Enum.Parse<Dtype>(a[6], true) }, new Sharding(int.Parse(a[2], null), 1, int.Parse(a[3], null), int.Parse(a[4], null))), ChipModel.For(Fixtures.Catalog, a[1]), Fixtures.Engine);
            var shape = new StepShape(double.Parse(a[7], null), double.Parse(a[8], null), 0, double.Parse(a[9], null), double.Parse(a[10], null));
            Console.WriteLine($"== {spec} cache room {replica.CacheRoomBytes / 1e9:0.0} GB weights {replica.WeightBytes / 1e9:0.0}");
            double total = 0;
            foreach (var g in replica.Operators(shape).ToArray().Select(o => (o, c: replica.Chip.Price(o))).GroupBy(x => (x.o.Role, x.o.Kind, x.o.StorageDtype, x.o.ComputeDtype)))
            {
                double t = g.Sum(x => x.o.Count * x.c.Seconds);
                total += t;
                Console.WriteLine(FormattableString.Invariant($"  {g.Key.Role,-22} {g.Key.Kind,-16} {g.Key.StorageDtype}/{g.Key.ComputeDtype} n{g.Sum(x => x.o.Count)} {1e3 * t:0.000} ms  each {1e6 * g.First().c.Seconds:0.0} us  m{g.First().o.M:0.#} n{g.First().o.N:0} k{g.First().o.K:0} groups {g.First().o.Groups:0.#} GB/s {g.First().o.MemoryBytes / g.First().c.Seconds / 1e9:0}"));
            }
            Console.WriteLine(FormattableString.Invariant($"  total {1e3 * total:0.000} ms"));
        }
    }
}

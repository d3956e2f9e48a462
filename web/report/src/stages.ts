import type { Placement } from "./results";

/** The stages of a turn in the order in which they happen, merged over tiers that skip some of them. */
export function stageOrder(placement: Placement[]): string[] {
  const runs = placement.flatMap((p) => p.latency.map((l) => l.stages.map((s) => s.stage)));
  const before = new Map<string, Set<string>>();
  for (const run of runs) {
    run.forEach((stage, i) => {
      const earlier = before.get(stage) ?? new Set<string>();
      run.slice(0, i).forEach((s) => { if (s !== stage) earlier.add(s); });
      before.set(stage, earlier);
    });
  }
  const order: string[] = [];
  while (order.length < before.size) {
    const left = [...before.keys()].filter((s) => !order.includes(s));
    // Two runs may disagree; then the stage that was seen first goes first.
    order.push(left.find((s) => [...before.get(s)!].every((b) => order.includes(b))) ?? left[0]!);
  }
  return order;
}

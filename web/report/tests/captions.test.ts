import { expect, test } from "vitest";
import * as captions from "../src/captions";
import { binned } from "../src/charts/risk";
import { LIGHT, palette } from "../src/palette";
import type { Results, Supply } from "../src/results";
import { stageOrder } from "../src/stages";
import fixture from "../fixtures/results.json";

const plain = (text: string) => text.replaceAll("\u00a0", " ");
const fresh = () => structuredClone(fixture) as unknown as Results & { supply: Supply };

test("the fleet's caption states its first and last size", () => {
  const r = fresh();
  r.supply.fleet = [{ chip: "a", maker: "AMD", site: "s", chips: [100_000, 200_000] }, { chip: "b", maker: "NVIDIA", site: "s", chips: [0, 600_000] }];
  r.scenario.quarters = ["2024Q1", "2024Q2"];
  expect(plain(captions.fleet(r))).toBe("The fleet grows from 100 k to 800 k chips; 75 % of it is NVIDIA at the end.");
});

test("a fleet from one country says that nothing stands in", () => {
  const r = fresh();
  r.supply.fleet = r.supply.fleet.filter((f) => f.site !== "Samsung Korea");
  expect(captions.origin(r)).toContain("no second country");
});

test("a cheaper chip whose band overlaps the next one's is not called certain", () => {
  const w = fresh().serving[0]!;
  expect(captions.serving(w)).toContain("not certain");
  w.options[0]!.dollars_per_million_high = 0.8;
  w.options[1]!.dollars_per_million_low = 0.9;
  expect(captions.serving(w)).not.toContain("not certain");
});

test("a workload that no chip can serve says so", () => {
  const w = fresh().serving[0]!;
  w.options.forEach((o) => (o.feasible = false));
  expect(captions.serving(w)).toBe("No chip on offer meets the targets.");
});

test("a spoken product that is late on every tier is named", () => {
  const r = fresh();
  r.placement[1]!.voice_target_seconds = 0.1;
  expect(captions.voice(r.placement)).toContain("Assistant on Quest 3 misses its target on every tier");
});

test("an outage without loss says that all demand is served", () => {
  const r = fresh();
  r.supply.outages = [{ place: "Taiwan", start: "2025Q1", quarters: 2, lost_chips: 0, unserved: [{ workload: "x", share: 0 }], extra_cost: 1e8, survives_quarters: 4 }];
  expect(plain(captions.outages(r.supply, (n) => n))).toBe("All demand is still served when Taiwan stops for 2 quarters from 2025 Q1, at $100 M more.");
});

test("the frontier's caption prices the safety", () => {
  const r = fresh();
  r.supply.frontier = [{ risk_weight: 0, expected: 10e9, tail: 20e9 }, { risk_weight: 1, expected: 11e9, tail: 15e9 }];
  expect(plain(captions.frontier(r.supply))).toBe("Paying $1 B more on average takes $5 B off the mean of the worst 5 % of futures.");
});

test("no caption holds NaN, undefined or Infinity, with empty lists too", () => {
  const empty = fresh();
  empty.demand.products = [];
  empty.placement = [];
  Object.assign(empty.supply, { fleet: [], orders: [], assignment: [], power_watts: [], power_limit_watts: [], outages: [], frontier: [], future_costs: [], offers: [] });
  for (const r of [fresh(), empty]) {
    const said = [captions.fleet(r), captions.origin(r), captions.orders(r), captions.power(r), captions.tiers(r.placement, new Map()), captions.voice(r.placement), captions.frontier(r.supply), captions.futures(r.supply),
      captions.outages(r.supply, (n) => n), captions.demand(r), captions.work(r, (n) => n), captions.cost(r.supply), ...r.serving.map(captions.serving), ...r.training.map(captions.training)];
    expect(said.filter((s) => /NaN|undefined|Infinity/.test(s))).toEqual([]);
  }
});

test("the bins of the futures hold all of their probability", () => {
  const s = fresh().supply;
  const all = s.future_costs.reduce((a, f) => a + f.probability, 0);
  expect(binned(s).reduce((a, b) => a + b.probability, 0)).toBeCloseTo(all, 12);
});

test("stages stand in the order in which they happen", () => {
  expect(stageOrder(fresh().placement.filter((p) => p.voice_target_seconds !== undefined))).toEqual(["end of turn", "speech recognition", "Bluetooth link", "prefill", "network", "first token", "speech output"]);
});

test("a chip has one colour wherever it is asked for, and chips of one maker differ", () => {
  const p = palette(fresh(), LIGHT);
  expect(p.chip("h100-sxm")).toBe(p.chip("h100-sxm", "NVIDIA", "TSMC Taiwan"));
  expect(new Set([p.chip("h100-sxm"), p.chip("h200-sxm"), p.chip("mi300x"), p.chip("mtia-2i"), p.chip("mtia-2i", "Meta (Samsung)", "Samsung Korea")]).size).toBe(5);
});

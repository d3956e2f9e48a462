import { chips, count, days, display, dollars, exact, list, percent, quarter, quarters, seconds, tied, watts } from "./format";
import type { Outage, Placement, Results, Supply, Training, WorkloadServing } from "./results";

/** What each plot shows, said in a sentence from the figures themselves. */

const total = (values: number[]): number => values.reduce((a, b) => a + b, 0);
const last = (values: number[]): number => values[values.length - 1] ?? 0;

export function titles(results: Results): (name: string) => string {
  const known = new Map<string, string>();
  for (const t of results.training) known.set(t.job, t.title);
  for (const w of results.serving) known.set(w.workload, w.title);
  for (const w of results.demand.workloads) known.set(w.name, w.title);
  return (name) => known.get(name) ?? display(name);
}

/** Chips installed in each quarter, over all series. */
export function fleetTotals(supply: Supply, n: number): number[] {
  return Array.from({ length: n }, (_, i) => total(supply.fleet.map((f) => f.chips[i] ?? 0)));
}

function byKey<T>(items: T[], key: (item: T) => string, value: (item: T) => number): [string, number][] {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + value(item));
  return [...sums].sort((a, b) => b[1] - a[1]);
}

export function fleet(results: Results): string {
  const { supply, scenario } = results;
  if (!supply) return "";
  const totals = fleetTotals(supply, scenario.quarters.length);
  const first = totals[0] ?? 0, end = last(totals);
  if (Math.max(...totals) === 0) return "No chips are installed in the plan.";
  const by = byKey(supply.fleet, (f) => f.maker, (f) => last(f.chips));
  const lead = by[0];
  const move = end > first * 1.02 ? "grows" : end < first * 0.98 ? "shrinks" : "stays";
  const span = move === "stays" ? `stays near ${chips(end)} chips` : `${move} from ${chips(first)} to ${chips(end)} chips`;
  return `The fleet ${span}${lead && end > 0 ? `; ${percent(lead[1] / end)} of it is ${display(lead[0])} at the end` : ""}.`;
}

export function country(supply: Supply, site: string): string {
  if (site === "owned") return "Owned before the plan";
  return supply.offers.find((o) => o.site === site)?.country ?? site;
}

export function origin(results: Results): string {
  const { supply } = results;
  if (!supply) return "";
  const end = total(supply.fleet.map((f) => last(f.chips)));
  const bought = supply.fleet.filter((f) => f.site !== "owned");
  const boughtEnd = total(bought.map((f) => last(f.chips)));
  if (boughtEnd === 0) return "No chips are bought in the plan.";
  const by = byKey(bought, (f) => country(supply, f.site), (f) => last(f.chips)).filter(([, n]) => n > 0);
  const [place, n] = by[0]!;
  if (by.length === 1) return `Every chip bought comes from ${place}: no second country stands in when it stops.`;
  return `${percent(n / end)} of the fleet at the end comes from ${place}; ${list(by.slice(1).map(([p, m]) => `${percent(m / end)} from ${p}`))}.`;
}

export function orders(results: Results): string {
  const { supply } = results;
  if (!supply || supply.orders.length === 0) return "The plan signs no orders.";
  const sum = total(supply.orders.map((o) => o.dollars));
  const [peak, atPeak] = byKey(supply.orders, (o) => o.quarter, (o) => o.dollars)[0]!;
  return `${dollars(sum)} is signed in ${supply.orders.length} ${supply.orders.length === 1 ? "order" : "orders"}; the largest quarter is ${quarter(peak)} with ${dollars(atPeak)}.`;
}

export function power(results: Results): string {
  const { supply, scenario } = results;
  if (!supply || supply.power_watts.length === 0) return "";
  const used = supply.power_watts, limit = supply.power_limit_watts;
  const share = used.map((w, i) => w / (limit[i] || Infinity));
  const tight = share.indexOf(Math.max(...share));
  const most = Math.max(...used);
  return `The fleet draws at most ${watts(most)}; the tightest quarter is ${quarter(scenario.quarters[tight] ?? "")} at ${percent(share[tight])} of what is available.`;
}

export function serving(workload: WorkloadServing): string {
  const able = workload.options.filter((o) => o.feasible && o.dollars_per_million !== undefined);
  if (able.length === 0) return "No chip on offer meets the targets.";
  const unit = perMillion(workload);
  const [best, next] = able;
  if (!next) return `Only ${display(best!.chip)} meets the targets, at ${dollars(best!.dollars_per_million)} per ${unit}.`;
  const overlap = (best!.dollars_per_million_high ?? 0) > (next.dollars_per_million_low ?? Infinity);
  const saving = 1 - best!.dollars_per_million! / next.dollars_per_million!;
  return `${display(best!.chip)} is cheapest at ${dollars(best!.dollars_per_million)} per ${unit}, ${percent(saving)} under ${display(next.chip)}${overlap ? "; the error bands overlap, so the order of the two is not certain" : ""}.`;
}

export function perMillion(workload: WorkloadServing): string {
  return workload.unit === "sample" ? "million samples" : "million output tokens";
}

export function tiers(placement: Placement[], weights: Map<string, number>): string {
  const sum = total(placement.map((p) => weights.get(p.product) ?? 0));
  const mean = (pick: (p: Placement) => number) =>
    sum > 0 ? total(placement.map((p) => pick(p) * (weights.get(p.product) ?? 0))) / sum : total(placement.map(pick)) / Math.max(1, placement.length);
  const cloud = mean((p) => p.cloud_share), local = mean((p) => p.device_share + p.phone_share), unserved = mean((p) => p.unserved_share);
  const text = `Over all products ${percent(cloud)} of turns run in the data centre and ${percent(local)} in the user's hands`;
  return unserved > 0 ? `${text}; ${percent(unserved)} cannot be served.` : `${text}.`;
}

export function voice(placement: Placement[]): string {
  const asked = placement.filter((p) => p.voice_target_seconds !== undefined && p.latency.length > 0);
  if (asked.length === 0) return "No product of this scenario is spoken to.";
  const miss = asked.filter((p) => Math.min(...p.latency.map((l) => l.p95_seconds)) > p.voice_target_seconds!);
  const fastest = asked.flatMap((p) => p.latency.map((l) => ({ p, l }))).sort((a, b) => a.l.p95_seconds - b.l.p95_seconds)[0]!;
  const head = miss.length === 0 ? "Every spoken product meets its target at p95 on at least one tier" : `${list(miss.map((p) => p.title))} ${miss.length === 1 ? "misses its" : "miss their"} target on every tier`;
  return `${head}; the fastest is ${fastest.p.title}, ${where(fastest.l.tier)}, at ${seconds(fastest.l.p95_seconds)}.`;
}

function where(tier: string): string {
  return tier === "cloud" ? "answered from the data centre" : `answered on the ${tier}`;
}

export function tierName(tier: string): string {
  return tier === "cloud" ? "data centre" : tier;
}

export function frontier(supply: Supply): string {
  const points = supply.frontier;
  if (points.length < 2) return "One plan was computed; there is nothing to trade.";
  const cheap = points.reduce((a, b) => (b.expected < a.expected ? b : a)), safe = points.reduce((a, b) => (b.tail < a.tail ? b : a));
  const gain = cheap.tail - safe.tail, price = safe.expected - cheap.expected;
  if (gain <= 0) return "Weighing the tail more does not lower it: the cheapest plan is also the safest.";
  return `Paying ${dollars(price)} more on average takes ${dollars(gain)} off the mean of the worst ${percent(1 - supply.tail_level)} of futures.`;
}

export function futures(supply: Supply): string {
  const all = supply.future_costs;
  if (all.length === 0) return "";
  const worst = all.reduce((a, b) => (b.dollars > a.dollars ? b : a));
  return `The expected cost is ${dollars(supply.cost.expected)}; the worst of ${all.length} futures costs ${dollars(worst.dollars)} (${tied(worst.name)}, ${percent(worst.probability)}).`;
}

export function worstUnserved(outage: Outage): number {
  return Math.max(0, ...outage.unserved.map((u) => u.share));
}

export function outages(supply: Supply, title: (name: string) => string): string {
  const worst = [...supply.outages].sort((a, b) => worstUnserved(b) - worstUnserved(a) || b.extra_cost - a.extra_cost)[0];
  if (!worst) return "No stop was tried.";
  const share = worstUnserved(worst);
  const stop = `when ${display(worst.place)} stops for ${quarters(worst.quarters)} from ${quarter(worst.start)}`;
  if (share === 0) return `All demand is still served ${stop}, at ${dollars(Math.abs(worst.extra_cost))} ${worst.extra_cost < 0 ? "less" : "more"}.`;
  const hit = worst.unserved.reduce((a, b) => (b.share > a.share ? b : a));
  const survives = worst.survives_quarters === 0 ? "not even one quarter passes without loss" : `up to ${quarters(worst.survives_quarters)} passes without loss`;
  return `${stop.charAt(0).toUpperCase() + stop.slice(1)}, ${percent(share)} of ${title(hit.workload)} goes unserved and costs ${worst.extra_cost < 0 ? "fall" : "rise"} by ${dollars(Math.abs(worst.extra_cost))}; ${survives}.`;
}

export function training(job: Training): string {
  const able = job.options.filter((o) => o.feasible && o.dollars !== undefined);
  if (able.length === 0) return `No chip on offer finishes ${job.title} by ${quarter(job.deadline)}.`;
  const cheap = able.reduce((a, b) => (b.dollars! < a.dollars! ? b : a));
  const chosen = able.find((o) => o.chip === job.chosen_chip);
  if (chosen && job.finish_quarter) {
    return `The plan trains on ${exact(chosen.chips)} ${display(chosen.chip)} and finishes in ${quarter(job.finish_quarter)}: ${days(chosen.days)} of the ${days(job.deadline_days)} there are.`;
  }
  return `${exact(cheap.chips)} ${display(cheap.chip)} finish in ${days(cheap.days)} for ${dollars(cheap.dollars)}, the cheapest way to meet ${quarter(job.deadline)}.`;
}

export function demand(results: Results): string {
  const products = results.demand.products;
  if (products.length === 0) return "No product asks for anything.";
  const first = total(products.map((p) => p.peak_turns_per_second[0] ?? 0)), end = total(products.map((p) => last(p.peak_turns_per_second)));
  const lead = products.reduce((a, b) => (last(b.peak_turns_per_second) > last(a.peak_turns_per_second) ? b : a));
  return `Turns in the busiest hour go from ${count(first)}/s to ${count(end)}/s; ${percent(last(lead.peak_turns_per_second) / (end || 1))} of them come from ${lead.title}.`;
}

export function work(results: Results, title: (name: string) => string): string {
  const { supply } = results;
  if (!supply || supply.assignment.length === 0) return "";
  const peak = byKey(supply.assignment, (a) => a.workload, (a) => last(a.chips));
  const sum = total(peak.map(([, n]) => n));
  if (sum === 0) return "";
  return `At the end ${percent(peak[0]![1] / sum)} of the busy chips serve ${title(peak[0]![0])}.`;
}

export function cost(supply: Supply): string {
  const parts = costParts(supply).filter(([, v]) => v !== 0);
  const [name, value] = parts.reduce((a, b) => (b[1] > a[1] ? b : a), parts[0] ?? ["", 0]);
  return name ? `${dollars(supply.cost.expected)} expected over the plan, ${percent(value / supply.cost.expected)} of it for ${name.toLowerCase()}.` : "The plan costs nothing.";
}

export function costParts(supply: Supply): [string, number][] {
  const c = supply.cost;
  return [["Chips and clusters", c.chips], ["Operations", c.operations], ["Energy", c.energy], ["Rental", c.rental], ["Contracts and designs", c.contracts], ["Unserved demand", c.unserved]];
}

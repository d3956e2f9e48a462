import * as captions from "../captions";
import { chips, count, display, dollars, percent, quarter, watts } from "../format";
import type { Palette } from "../palette";
import type { Results, Supply } from "../results";
import type { Canvas, Option, Plot } from "./plot";
import { base, quarterAxis, tip, valueAxis } from "./plot";
import type { Series } from "./quarterly";
import { stackedByQuarter } from "./quarterly";

type Planned = Results & { supply: Supply };

/** Fleet by quarter and maker: the picture of the first screen. */
export function fleetByMaker(results: Planned): Plot {
  const { supply, scenario } = results;
  const series: Series[] = supply.fleet
    .map((f) => ({
      name: f.site === "owned" ? `${display(f.chip)}, already owned` : `${display(f.chip)} · ${nameOfMaker(f.maker)}`,
      values: f.chips,
      colour: (c: Palette) => c.chip(f.chip, f.maker, f.site),
      order: f.site === "owned" ? 0 : 1,
    }))
    .sort((a, b) => a.order - b.order);
  return stackedByQuarter({
    id: "fleet", finding: captions.fleet(results), subject: "Installed chips by quarter, chip and maker, expected over futures",
    quarters: scenario.quarters, series, format: chips, legend: "last", wide: true, height: 300,
  });
}

function nameOfMaker(maker: string): string {
  return display(maker);
}

/** Fleet by place of manufacture: how many eggs lie in one basket. */
export function fleetBySite(results: Planned): Plot {
  const { supply, scenario } = results;
  const groups = new Map<string, { values: number[]; chip: string; maker: string; site: string }>();
  for (const f of supply.fleet) {
    const place = f.site === "owned" ? "Already owned" : `${display(f.site)}${display(f.site).includes(captions.country(supply, f.site)) ? "" : `, ${captions.country(supply, f.site)}`}`;
    const group = groups.get(place) ?? { values: scenario.quarters.map(() => 0), chip: f.chip, maker: f.maker, site: f.site };
    f.chips.forEach((n, i) => (group.values[i] = (group.values[i] ?? 0) + n));
    groups.set(place, group);
  }
  const fixed = ["#486581", "#b98c14", "#bf4b78", "#1f8f94", "#7d57c1"];
  let next = 0;
  const series: Series[] = [...groups].map(([name, g]) => {
    const own = fixed[next % fixed.length]!;
    if (g.site !== "owned") next++;
    return { name, values: g.values, colour: (c) => (g.site === "owned" ? c.chip(g.chip, g.maker, "owned") : own) };
  });
  return stackedByQuarter({
    id: "sites", finding: captions.origin(results), subject: "Installed chips by the site that made their logic, expected over futures",
    quarters: scenario.quarters, series, format: chips, legend: "last",
  });
}

/** What the fleet does. */
export function fleetByWork(results: Planned): Plot {
  const title = captions.titles(results);
  const names = [...new Set(results.supply.assignment.map((a) => a.workload))];
  const series: Series[] = names.map((name) => ({
    name: title(name),
    values: results.scenario.quarters.map((_, i) => results.supply.assignment.filter((a) => a.workload === name).reduce((s, a) => s + (a.chips[i] ?? 0), 0)),
    colour: (c) => c.workload(name),
  }));
  return stackedByQuarter({
    id: "work", finding: captions.work(results, title), subject: "Busy chips by the work they do, expected over futures",
    quarters: results.scenario.quarters, series, format: chips, legend: "last",
  });
}

/** The order book: money signed by quarter and offer. */
export function orderBook(results: Planned): Plot {
  const { supply, scenario } = results;
  const keys = new Map<string, { chip: string; maker: string; site: string; values: number[]; chips: number }>();
  for (const o of supply.orders) {
    const key = `${o.chip}|${o.maker}|${o.site}`;
    const line = keys.get(key) ?? { chip: o.chip, maker: o.maker, site: o.site, values: scenario.quarters.map(() => 0), chips: 0 };
    const i = scenario.quarters.indexOf(o.quarter);
    if (i >= 0) line.values[i] = (line.values[i] ?? 0) + o.dollars;
    line.chips += o.chips;
    keys.set(key, line);
  }
  const series: Series[] = [...keys.values()].map((k) => ({ name: `${display(k.chip)} · ${nameOfMaker(k.maker)} (${chips(k.chips)} chips)`, values: k.values, colour: (c) => c.chip(k.chip, k.maker, k.site) }));
  return stackedByQuarter({
    id: "orders", finding: captions.orders(results), subject: "Orders signed by quarter, dollars of the day",
    quarters: scenario.quarters, series, format: dollars, legend: "sum",
  });
}

/** Power drawn against power available. */
export function power(results: Planned): Plot {
  const { supply, scenario } = results;
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 8, top: 14, bottom: 0, containLabel: true },
    xAxis: quarterAxis(canvas, scenario.quarters),
    yAxis: valueAxis(canvas, watts),
    tooltip: {
      ...(base(canvas) as { tooltip: object }).tooltip, trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const i = points[0]?.dataIndex ?? 0;
        return tip(quarter(scenario.quarters[i] ?? ""), [
          { name: "Available", value: watts(supply.power_limit_watts[i]) },
          { name: "Used", value: watts(supply.power_watts[i]) },
          { name: "Share", value: percent((supply.power_watts[i] ?? 0) / (supply.power_limit_watts[i] || Infinity)) },
        ]);
      },
    },
    series: [
      { type: "bar", name: "Used", data: supply.power_watts, barCategoryGap: canvas.narrow ? "22%" : "30%", itemStyle: { color: canvas.theme.accent, opacity: 0.8 }, emphasis: { disabled: true } },
      { type: "line", name: "Available", data: supply.power_limit_watts, step: "middle", symbol: "none", lineStyle: { color: canvas.theme.ink, width: 1.5, type: [5, 3] } },
    ],
  });
  return {
    id: "power", finding: captions.power(results), subject: "Power at the meter by quarter, expected over futures", height: (w) => (w < 480 ? 220 : 250), option,
    legend: [{ name: "Used", colour: (_, t) => t.accent }, { name: "Available", colour: (_, t) => t.ink, shape: "dash" }],
    table: { head: ["Quarter", "Used", "Available"], rows: scenario.quarters.map((q, i) => [quarter(q), watts(supply.power_watts[i]), watts(supply.power_limit_watts[i])]) },
  };
}

/** Who asks: turns in the busiest hour. */
export function demand(results: Results): Plot {
  const tints = ["#627d98", "#1f8f94", "#d0a52e", "#a995d6", "#bf4b78", "#8a99ad", "#486581"];
  const series: Series[] = results.demand.products.map((p, i) => ({ name: p.title, values: p.peak_turns_per_second, colour: () => tints[i % tints.length]! }));
  return stackedByQuarter({
    id: "demand", finding: captions.demand(results), subject: "Turns per second in the busiest hour, by product", quarters: results.scenario.quarters, series,
    format: (v) => `${count(v)}/s`, legend: "last",
  });
}

import * as captions from "../captions";
import { dollars, percent, significant, tied } from "../format";
import type { Results, Supply } from "../results";
import type { Canvas, Option, Plot } from "./plot";
import { base, tip, valueAxis } from "./plot";

type Planned = Results & { supply: Supply };
const tooltipOf = (canvas: Canvas) => (base(canvas) as { tooltip: object }).tooltip;

/** Enough digits that neighbouring ticks read differently. */
function ticksOf(values: number[]): (v: number) => string {
  const span = Math.max(...values) - Math.min(...values), size = Math.max(...values.map(Math.abs), 1);
  return (v) => dollars(v, span / size < 0.02 ? 5 : span / size < 0.2 ? 4 : 3);
}

/** The best plans at several weights of the tail. */
export function frontier(results: Planned): Plot {
  const { supply } = results;
  const all = supply.frontier.some((p) => Math.abs(p.risk_weight - supply.risk_weight) < 1e-9) ? supply.frontier
    : [...supply.frontier, { risk_weight: supply.risk_weight, expected: supply.cost.expected, tail: supply.cost.tail }];
  const points = [...all].sort((a, b) => a.expected - b.expected || a.risk_weight - b.risk_weight);
  const span = (pick: (p: (typeof all)[number]) => number) => Math.max(...all.map(pick)) - Math.min(...all.map(pick)) || 1;
  const near = (a: (typeof all)[number], b: (typeof all)[number]) => Math.abs(a.expected - b.expected) < 0.06 * span((p) => p.expected) && Math.abs(a.tail - b.tail) < 0.06 * span((p) => p.tail);
  // Plans that fall together share one label.
  const label = (i: number) => {
    const group = points.filter((p) => near(p, points[i]!));
    const speaker = group.find(chosen) ?? group[0]!;
    if (speaker !== points[i]) return "";
    const weights = group.map((p) => p.risk_weight).sort((a, b) => a - b);
    const range = weights.length > 1 ? `w ${significant(weights[0]!)} to ${significant(weights[weights.length - 1]!)}` : `w ${significant(weights[0]!)}`;
    return chosen(speaker) ? (weights.length > 1 ? `this plan (${range})` : "this plan") : range;
  };
  const x = ticksOf(points.map((p) => p.expected)), y = ticksOf(points.map((p) => p.tail));
  const chosen = (p: { risk_weight: number }) => Math.abs(p.risk_weight - supply.risk_weight) < 1e-9;
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 84, top: 30, bottom: 30, containLabel: true },
    xAxis: valueAxis(canvas, x, { scale: true, name: "expected cost", nameLocation: "middle", nameGap: 30, splitNumber: canvas.narrow ? 2 : 4 }),
    yAxis: valueAxis(canvas, y, { scale: true, name: `mean of the worst ${percent(1 - supply.tail_level)}`, nameTextStyle: { color: canvas.theme.muted, align: "left" } }),
    tooltip: {
      ...tooltipOf(canvas),
      formatter: (p: { dataIndex: number }) => {
        const f = points[p.dataIndex]!;
        return tip(`Weight of the tail ${significant(f.risk_weight)}${chosen(f) ? " (this plan)" : ""}`, [{ name: "Expected", value: dollars(f.expected, 4) }, { name: "Tail", value: dollars(f.tail, 4) }]);
      },
    },
    series: [{
      type: "line", data: points.map((p, i) => ({
        value: [p.expected, p.tail], symbol: "circle", symbolSize: chosen(p) ? 13 : 8, itemStyle: { color: chosen(p) ? canvas.theme.accent : canvas.theme.faint },
        label: { show: true, position: chosen(p) ? "top" : "right", distance: 8, color: chosen(p) ? canvas.theme.ink : canvas.theme.muted, fontWeight: chosen(p) ? 600 : 400, fontSize: 11, formatter: () => label(i) },
      })),
      lineStyle: { color: canvas.theme.faint, width: 1.2 }, emphasis: { disabled: true },
    }],
  });
  return {
    id: "frontier", finding: captions.frontier(supply), subject: "Cost against risk: the best plan at each weight w of the tail", height: () => 270, option,
    table: { head: ["Weight of the tail", "Expected cost", "Tail cost"], rows: points.map((p) => [significant(p.risk_weight), dollars(p.expected, 4), dollars(p.tail, 4)]) },
  };
}

interface Bin { from: number; to: number; probability: number; tail: boolean }

/** Futures in bins of cost, those of the tail marked. */
export function binned(supply: Supply, wanted = 16): Bin[] {
  const all = [...supply.future_costs].sort((a, b) => a.dollars - b.dollars);
  if (all.length === 0) return [];
  const low = all[0]!.dollars, highest = all[all.length - 1]!.dollars;
  // A few far futures would squeeze all others into one bar: they stand together in the last one.
  let sum = 0;
  const near = all.find((f) => (sum += f.probability) >= 0.975)?.dollars ?? highest;
  const high = near > low && highest - low > 3 * (near - low) ? near : highest;
  if (low === high) return [{ from: low, to: high, probability: all.reduce((s, f) => s + f.probability, 0), tail: false }];
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw)!;
  const start = Math.floor(low / size) * size;
  let below = 0, edge = high;
  for (const f of all) {
    below += f.probability;
    if (below >= supply.tail_level - 1e-12) { edge = f.dollars; break; }
  }
  const n = Math.floor((high - start) / size) + (high < highest ? 2 : 1);
  return Array.from({ length: n }, (_, i) => {
    const from = start + i * size, to = from + size;
    return { from, to, probability: all.filter((f) => f.dollars >= from && (f.dollars < to || i === n - 1)).reduce((s, f) => s + f.probability, 0), tail: from + size / 2 >= edge };
  });
}

/** How the plan's cost spreads over futures. */
export function futures(results: Planned): Plot {
  const { supply } = results;
  const bins = binned(supply);
  const low = bins[0]?.from ?? 0, high = bins[bins.length - 1]?.to ?? 1;
  const beyond = supply.future_costs.filter((f) => f.dollars > high);
  const tick = ticksOf([low, high]);
  const option = (canvas: Canvas): Option => {
    const step = ((high - low) / bins.length) * Math.ceil(bins.length / (canvas.narrow ? 4 : 8)) || undefined;
    return {
    ...base(canvas),
    grid: { left: 4, right: 20, top: 40, bottom: 30, containLabel: true },
    xAxis: valueAxis(canvas, tick, { min: low, max: high === low ? low * 1.01 + 1 : high, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: canvas.theme.faint } }, name: "cost of the plan", nameLocation: "middle", nameGap: 30, interval: step }),
    yAxis: valueAxis(canvas, (v) => percent(v), {}),
    tooltip: {
      ...tooltipOf(canvas),
      formatter: (p: { dataIndex: number }) => {
        const b = bins[p.dataIndex];
        return b ? tip(`${dollars(b.from, 4)} to ${dollars(b.to, 4)}`, [{ name: "Probability", value: percent(b.probability) }]) : "";
      },
    },
    series: [{
      type: "custom", data: bins.map((b) => [b.from, b.to, b.probability]), encode: { x: [0, 1], y: 2 },
      renderItem: (p: { dataIndex: number }, api: { value(i: number): number; coord(p: [number, number]): [number, number] }) => {
        const [x0, y0] = api.coord([api.value(0), 0]);
        const [x1, y1] = api.coord([api.value(1), api.value(2)]);
        return { type: "rect", shape: { x: x0 + 0.5, y: y1, width: Math.max(1, x1 - x0 - 1), height: y0 - y1 }, style: { fill: bins[p.dataIndex]?.tail ? canvas.theme.alarm : canvas.theme.accent, opacity: 0.85 } };
      },
      markLine: {
        silent: true, symbol: "none",
        label: { color: canvas.theme.ink, fontSize: 11 },
        data: [
          { xAxis: supply.cost.expected, lineStyle: { color: canvas.theme.ink, type: "solid", width: 1.2 }, label: { formatter: `expected ${dollars(supply.cost.expected)}`, position: "end" } },
          { xAxis: supply.cost.tail, lineStyle: { color: canvas.theme.alarm, type: "dashed", width: 1.2 }, label: { formatter: `tail ${dollars(supply.cost.tail)}`, position: "end", distance: 18 } },
        ].filter((line) => line.xAxis <= high),
      },
    }],
    };
  };
  return {
    id: "futures", finding: captions.futures(supply), subject: `Cost of this plan over ${supply.future_costs.length} futures, and how likely each cost is`, height: () => 270, option,
    note: beyond.length > 0 ? `The last bar holds ${beyond.length === 1 ? "one future" : `${beyond.length} futures`} beyond the axis, up to ${dollars(Math.max(...beyond.map((f) => f.dollars)))}; with ${beyond.length === 1 ? "it" : "them"} the expected cost is ${dollars(supply.cost.expected)} and the mean of the worst ${percent(1 - supply.tail_level)} is ${dollars(supply.cost.tail)}.` : undefined,
    legend: [{ name: "likely futures", colour: (_, t) => t.accent }, { name: `the worst ${percent(1 - supply.tail_level)}`, colour: (_, t) => t.alarm }],
    table: {
      head: ["Future", "Probability", "Cost", "Unserved"],
      rows: [...supply.future_costs].sort((a, b) => b.dollars - a.dollars).slice(0, 40).map((f) => [tied(f.name), percent(f.probability), dollars(f.dollars, 4), percent(f.unserved_share)]),
    },
  };
}

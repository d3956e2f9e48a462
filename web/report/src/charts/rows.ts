import * as captions from "../captions";
import { chips, days, display, dollars, exact, percent, quarter, quarters, seconds } from "../format";
import type { Placement, Results, Supply, Training, WorkloadServing } from "../results";
import type { Canvas, LegendItem, Option, Plot } from "./plot";
import { stageOrder } from "../stages";
import { base, inkOn, rowAxis, rowsHeight, tip, valueAxis } from "./plot";

const ROW = 34;
const tooltipOf = (canvas: Canvas) => (base(canvas) as { tooltip: object }).tooltip;

interface CustomApi { value(i: number): number; coord(p: [number, number]): [number, number]; size(p: [number, number]): [number, number] }

/** Cost per million by chip, with the band that the models' errors and the prices' ranges leave. */
export function costByChip(workload: WorkloadServing): Plot {
  const able = workload.options.filter((o) => o.feasible && o.dollars_per_million !== undefined);
  const cannot = workload.options.filter((o) => !o.feasible);
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: canvas.narrow ? 58 : 70, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => dollars(v), { splitNumber: canvas.narrow ? 2 : 3 }),
    yAxis: rowAxis(canvas, able.map((o) => display(o.chip)), canvas.narrow ? 12 : 18),
    tooltip: {
      ...tooltipOf(canvas), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const o = able[points[0]?.dataIndex ?? 0]!;
        return tip(display(o.chip), [
          { name: `Per ${captions.perMillion(workload)}`, value: dollars(o.dollars_per_million) },
          { name: "Range", value: `${dollars(o.dollars_per_million_low)} to ${dollars(o.dollars_per_million_high)}` },
          { name: "Layout", value: [o.layout, o.precision].filter(Boolean).join(", ") || "–" },
        ]);
      },
    },
    series: [
      {
        type: "bar", data: able.map((o) => ({ value: o.dollars_per_million, itemStyle: { color: canvas.colours.chip(o.chip) } })), barWidth: 16, emphasis: { disabled: true },
      },
      {
        type: "custom", silent: true, z: 5, encode: { x: [0, 2], y: 1 }, data: able.map((o, i) => [o.dollars_per_million_low ?? o.dollars_per_million!, i, o.dollars_per_million_high ?? o.dollars_per_million!]),
        renderItem: (_: unknown, api: CustomApi) => {
          const [x0, y] = api.coord([api.value(0), api.value(1)]);
          const [x1] = api.coord([api.value(2), api.value(1)]);
          const style = { stroke: canvas.theme.ink, lineWidth: 1.3 };
          const line = (a: number, b: number, c: number, d: number) => ({ type: "line", shape: { x1: a, y1: b, x2: c, y2: d }, style });
          return {
            type: "group",
            children: [line(x0, y, x1, y), line(x0, y - 4, x0, y + 4), line(x1, y - 4, x1, y + 4),
              { type: "text", style: { text: dollars(able[api.value(1)]?.dollars_per_million), x: x1 + 7, y, verticalAlign: "middle", fill: canvas.theme.ink, font: `600 12px ${(base(canvas) as { textStyle: { fontFamily: string } }).textStyle.fontFamily}` } }],
          };
        },
      },
    ],
  });
  return {
    id: `cost-${workload.workload}`, finding: captions.serving(workload), subject: `${workload.title}: dollars per ${captions.perMillion(workload)} by chip, within targets`,
    height: () => 34 + ROW * Math.max(1, able.length), option,
    note: cannot.length > 0 ? cannot.map((o) => `${display(o.chip)} cannot: ${lower(o.reason)}.`).join(" ") : undefined,
    table: {
      head: ["Chip", "Cost", "Low", "High"],
      rows: workload.options.map((o) => [display(o.chip), dollars(o.dollars_per_million), dollars(o.dollars_per_million_low), dollars(o.dollars_per_million_high)]),
    },
  };
}

function lower(reason: string): string {
  const text = reason.replace(/\.$/, "");
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

const TIERS: [string, string, (p: Placement) => number][] = [
  ["device", "On the device", (p) => p.device_share], ["phone", "On the paired phone", (p) => p.phone_share],
  ["cloud", "In the data centre", (p) => p.cloud_share], ["unserved", "Unserved", (p) => p.unserved_share],
];

/** A product's title without the words that all of them share. */
const short = (p: Placement) => p.title.replace(/^(voice )?assistant (on|for|in) (the )?(?=.)/i, "").replace(/^./, (c) => c.toUpperCase());

/** Where turns run, by product. */
export function tierShares(results: Results): Plot {
  const { placement } = results;
  const weights = new Map(results.demand.products.map((p) => [p.name, p.peak_turns_per_second[p.peak_turns_per_second.length - 1] ?? 0]));
  const device = (p: Placement) => display(p.device).replace(/ *\(.*\)$/, "");
  const labels = placement.map((p) => (device(p) === short(p) ? short(p) : `${short(p)}\n${device(p)}`));
  const used = TIERS.filter(([, , pick]) => placement.some((p) => pick(p) > 0));
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 16, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => percent(v), { max: 1, interval: canvas.narrow ? 0.5 : 0.25 }),
    yAxis: rowAxis(canvas, labels, canvas.narrow ? 16 : 32),
    tooltip: {
      ...tooltipOf(canvas), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const p = placement[points[0]?.dataIndex ?? 0]!;
        return `${tip(p.title, used.map(([tier, name, pick]) => ({ colour: canvas.colours.tier(tier), name, value: percent(pick(p)) })))}`;
      },
    },
    series: used.map(([tier, name, pick]) => ({
      type: "bar", name, stack: "tiers", barWidth: 20, emphasis: { disabled: true },
      data: placement.map(pick),
      itemStyle: { color: canvas.colours.tier(tier), borderColor: canvas.theme.paper, borderWidth: 1 },
      label: { show: true, color: inkOn(canvas.colours.tier(tier)), fontSize: 11, formatter: (q: { value: number }) => (q.value >= (canvas.narrow ? 0.14 : 0.08) ? percent(q.value) : "") },
    })),
  });
  return {
    id: "tiers", finding: captions.tiers(placement, weights), subject: "Share of turns by where they run", height: (w) => rowsHeight(labels, w < 480 ? 16 : 32, ROW + 10), option,
    legend: used.map(([tier, name]) => ({ name, colour: (c) => c.tier(tier) })),
    table: { head: ["Product", ...used.map(([, name]) => name)], rows: placement.map((p) => [p.title, ...used.map(([, , pick]) => percent(pick(p)))]) },
  };
}

/** The latency budget of a spoken turn: one bar a product and tier, stages in order, the target as a tick. */
export function voiceBudget(results: Results): Plot {
  const asked = results.placement.filter((p) => p.voice_target_seconds !== undefined && p.latency.length > 0);
  const rows = asked.flatMap((p) => p.latency.map((l) => ({ p, l })));
  const stages = stageOrder(asked);
  const labels = rows.map((r) => `${short(r.p)}\n${r.l.tier === "cloud" ? "data centre" : `on the ${r.l.tier}`}`);
  const longest = Math.max(0, ...rows.map((r) => Math.max(r.l.p95_seconds, r.p.voice_target_seconds!)));
  const value = (r: (typeof rows)[number], stage: string) => r.l.stages.filter((s) => s.stage === stage).reduce((a, s) => a + s.seconds, 0);
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 18, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => (longest < 1 ? seconds(v) : `${v.toFixed(1)}\u00a0s`), { splitNumber: canvas.narrow ? 3 : 6 }),
    yAxis: rowAxis(canvas, labels, canvas.narrow ? 14 : 26),
    tooltip: {
      ...tooltipOf(canvas), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const r = rows[points[0]?.dataIndex ?? 0]!;
        return tip(`${short(r.p)}, ${captions.tierName(r.l.tier)}`, [
          ...r.l.stages.map((s) => ({ colour: canvas.colours.stage(s.stage), name: s.stage, value: seconds(s.seconds) })),
          { name: "Median", value: seconds(r.l.p50_seconds) }, { name: "p95", value: seconds(r.l.p95_seconds) }, { name: "Target at p95", value: seconds(r.p.voice_target_seconds) },
        ]);
      },
    },
    series: [
      ...stages.map((stage) => ({
        type: "bar", name: stage, stack: "stages", barWidth: 16, emphasis: { disabled: true }, data: rows.map((r) => value(r, stage)),
        itemStyle: { color: canvas.colours.stage(stage), borderColor: canvas.theme.paper, borderWidth: 0.5 },
      })),
      {
        type: "custom", silent: true, z: 6, encode: { x: [0, 2], y: 1 }, data: rows.map((r, i) => [r.l.p95_seconds, i, r.p.voice_target_seconds!, r.l.p50_seconds]),
        renderItem: (_: unknown, api: CustomApi) => {
          const [x95, y] = api.coord([api.value(0), api.value(1)]);
          const [xt] = api.coord([api.value(2), api.value(1)]);
          const [x50] = api.coord([api.value(3), api.value(1)]);
          const late = api.value(0) > api.value(2);
          const colour = late ? canvas.theme.alarm : canvas.theme.ink;
          return {
            type: "group",
            children: [
              { type: "line", shape: { x1: x50, y1: y, x2: x95, y2: y }, style: { stroke: colour, lineWidth: 1.2 } },
              { type: "polygon", shape: { points: [[x95 - 5, y], [x95, y - 5], [x95 + 5, y], [x95, y + 5]] }, style: { fill: colour } },
              { type: "line", shape: { x1: xt, y1: y - 15, x2: xt, y2: y + 15 }, style: { stroke: canvas.theme.ink, lineWidth: 2 } },
            ],
          };
        },
      },
    ],
  });
  const legend: LegendItem[] = [
    ...stages.map((stage) => ({ name: stage, colour: (c: { stage(s: string): string }) => c.stage(stage) })),
    { name: "p95", colour: (_, t) => t.ink, shape: "diamond" }, { name: "p95 over the target", colour: (_, t) => t.alarm, shape: "diamond" }, { name: "target", colour: (_, t) => t.ink, shape: "line" },
  ];
  return {
    id: "voice", finding: captions.voice(results.placement), subject: "A spoken turn, from the end of speech to the first sound of the reply: median by stage, and p95 against the target", wide: true,
    height: (w) => rowsHeight(labels, w < 480 ? 14 : 26, ROW + 6), option, legend,
    table: {
      head: ["Product", "Runs", "Median", "p95", "Target", ...stages],
      rows: rows.map((r) => [short(r.p), captions.tierName(r.l.tier), seconds(r.l.p50_seconds), seconds(r.l.p95_seconds), seconds(r.p.voice_target_seconds), ...stages.map((s) => (value(r, s) ? seconds(value(r, s)) : "–"))]),
    },
  };
}

/** What a stop of each place leaves unserved. */
export function outages(results: Results & { supply: Supply }): Plot {
  const title = captions.titles(results);
  const stops = results.supply.outages;
  const names = [...new Set(stops.flatMap((o) => o.unserved.map((u) => u.workload)))];
  const share = (i: number, name: string) => stops[i]?.unserved.find((u) => u.workload === name)?.share ?? 0;
  const top = Math.max(0.01, ...stops.map(captions.worstUnserved));
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: canvas.narrow ? 40 : 52, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => percent(v), { max: top > 0.8 ? 1 : undefined, min: 0, splitNumber: canvas.narrow ? 2 : 5 }),
    yAxis: rowAxis(canvas, stops.map((o) => `${display(o.place)}, ${quarters(o.quarters)}\n${o.extra_cost < 0 ? "" : "+"}${dollars(o.extra_cost)} · from ${quarter(o.start)}`), canvas.narrow ? 20 : 30),
    tooltip: {
      ...tooltipOf(canvas), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const o = stops[points[0]?.dataIndex ?? 0]!;
        return tip(`${display(o.place)} stops for ${quarters(o.quarters)}`, [
          ...o.unserved.map((u) => ({ colour: canvas.colours.workload(u.workload), name: title(u.workload), value: percent(u.share) })),
          { name: "Chips not delivered", value: chips(o.lost_chips) }, { name: "Added cost", value: dollars(o.extra_cost) }, { name: "Survives", value: quarters(o.survives_quarters) },
        ]);
      },
    },
    series: names.map((name) => ({
      type: "bar", name: title(name), barGap: "15%", barMaxWidth: 12, emphasis: { disabled: true },
      data: stops.map((_, i) => share(i, name)), itemStyle: { color: canvas.colours.workload(name) },
      label: { show: true, position: "right", color: canvas.theme.muted, fontSize: 11, formatter: (p: { value: number }) => percent(p.value) },
    })),
  });
  return {
    id: "outages", wide: true, finding: captions.outages(results.supply, title), subject: "The plan held fixed while a place stops: worst share of demand unserved in any quarter",
    height: () => 34 + Math.max(1, stops.length) * Math.max(44, 18 * names.length + 14), option,
    legend: names.map((name) => ({ name: title(name), colour: (c) => c.workload(name) })),
    table: {
      head: ["Place", "From", "Lasts", "Chips lost", ...names.map(title), "Added cost", "Survives"],
      rows: stops.map((o, i) => [display(o.place), quarter(o.start), quarters(o.quarters), chips(o.lost_chips), ...names.map((n) => percent(share(i, n))), dollars(o.extra_cost), quarters(o.survives_quarters)]),
    },
  };
}

/** Ways to run a training job. */
export function trainingOptions(job: Training): Plot {
  const able = job.options.filter((o) => o.feasible && o.dollars !== undefined);
  const cannot = job.options.filter((o) => !o.feasible);
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 64, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => dollars(v), { splitNumber: canvas.narrow ? 2 : 4 }),
    yAxis: rowAxis(canvas, able.map((o) => `${display(o.chip)}${o.chip === job.chosen_chip ? " (chosen)" : ""}\n${exact(o.chips)} chips · ${days(o.days)}`), canvas.narrow ? 20 : 30),
    tooltip: {
      ...tooltipOf(canvas), trigger: "axis", axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const o = able[points[0]?.dataIndex ?? 0]!;
        return tip(display(o.chip), [
          { name: "Chips", value: exact(o.chips) }, { name: "Layout", value: o.layout ?? "–" }, { name: "Step", value: seconds(o.step_seconds) }, { name: "MFU", value: percent(o.mfu) },
          { name: "Goodput", value: percent(o.goodput) }, { name: "Days", value: days(o.days) }, { name: "Cost", value: dollars(o.dollars) },
        ]);
      },
    },
    series: [{
      type: "bar", barWidth: 18, emphasis: { disabled: true }, data: able.map((o) => ({ value: o.dollars, itemStyle: { color: canvas.colours.chip(o.chip) } })),
      label: { show: true, position: "right", color: canvas.theme.ink, fontWeight: 600, formatter: (p: { value: number }) => dollars(p.value) },
    }],
  });
  return {
    id: `training-${job.job}`, finding: captions.training(job), subject: `${job.title}: cost of the smallest cluster that ends by ${quarter(job.deadline)}`,
    height: () => 34 + (ROW + 10) * Math.max(1, able.length), option,
    note: cannot.length > 0 ? cannot.map((o) => `${display(o.chip)} cannot: ${lower(o.reason)}.`).join(" ") : undefined,
    table: {
      head: ["Chip", "Chips", "Days", "MFU", "Goodput", "Cost"],
      rows: job.options.map((o) => [display(o.chip), exact(o.chips), days(o.days), percent(o.mfu), percent(o.goodput), dollars(o.dollars)]),
    },
  };
}

/** What the money goes to. */
export function costParts(results: Results & { supply: Supply }): Plot {
  const parts = captions.costParts(results.supply).filter(([, v]) => v !== 0);
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 64, top: 4, bottom: 0, containLabel: true },
    xAxis: valueAxis(canvas, (v) => dollars(v), { splitNumber: canvas.narrow ? 2 : 4 }),
    yAxis: rowAxis(canvas, parts.map(([n]) => n), canvas.narrow ? 12 : 24),
    series: [{
      type: "bar", barWidth: 18, emphasis: { disabled: true },
      data: parts.map(([n, v]) => ({ value: v, itemStyle: { color: n.startsWith("Unserved") ? canvas.theme.alarm : canvas.theme.accent } })),
      label: { show: true, position: "right", color: canvas.theme.ink, fontWeight: 600, formatter: (p: { value: number }) => dollars(p.value) },
    }],
  });
  return {
    id: "cost", finding: captions.cost(results.supply), subject: "Expected cost by part, discounted; chips are less what they are worth at the end",
    height: () => 34 + ROW * Math.max(1, parts.length), option,
    table: { head: ["Part", "Cost"], rows: [...parts.map(([n, v]) => [n, dollars(v)]), ["All", dollars(results.supply.cost.expected)]] },
  };
}

import { quarter } from "../format";
import type { Palette, Theme } from "../palette";
import type { Canvas, LegendItem, Option, Plot } from "./plot";
import { base, quarterAxis, tip, valueAxis } from "./plot";

export interface Series { name: string; values: number[]; colour: (c: Palette, t: Theme) => string }

interface Stack {
  id: string; finding: string; subject: string; quarters: string[]; series: Series[];
  format: (v: number) => string;
  /** What the legend shows beside the name: the last quarter's value, the sum over quarters, or nothing. */
  legend: "last" | "sum";
  /** Labels of the totals, over each bar. */
  totals?: boolean;
  height?: number;
  wide?: boolean;
  note?: string;
}

/** Bars by quarter, stacked; the legend lists the stack from the top with its figures. */
export function stackedByQuarter(s: Stack): Plot {
  const shown = s.series.filter((x) => x.values.some((v) => v !== 0));
  const sums = s.quarters.map((_, i) => shown.reduce((a, x) => a + (x.values[i] ?? 0), 0));
  const figure = (x: Series) => (s.legend === "last" ? (x.values[x.values.length - 1] ?? 0) : x.values.reduce((a, b) => a + b, 0));
  const legend: LegendItem[] = [...shown].reverse().map((x) => ({ name: x.name, colour: x.colour, value: s.format(figure(x)) }));
  const option = (canvas: Canvas): Option => ({
    ...base(canvas),
    grid: { left: 4, right: 8, top: s.totals === false ? 14 : 24, bottom: 0, containLabel: true },
    xAxis: quarterAxis(canvas, s.quarters),
    yAxis: valueAxis(canvas, s.format),
    tooltip: {
      ...(base(canvas) as { tooltip: object }).tooltip,
      trigger: "axis",
      axisPointer: { type: "shadow" },
      formatter: (points: { dataIndex: number }[]) => {
        const i = points[0]?.dataIndex ?? 0;
        const lines = [...shown].reverse().filter((x) => (x.values[i] ?? 0) !== 0).map((x) => ({ colour: x.colour(canvas.colours, canvas.theme), name: x.name, value: s.format(x.values[i] ?? 0) }));
        return tip(quarter(s.quarters[i] ?? ""), [...lines, { name: "All", value: s.format(sums[i] ?? 0) }]);
      },
    },
    series: [
      ...shown.map((x) => ({
        type: "bar", name: x.name, stack: "all", barCategoryGap: canvas.narrow ? "22%" : "30%",
        data: s.quarters.map((_, i) => x.values[i] ?? 0),
        itemStyle: { color: x.colour(canvas.colours, canvas.theme), borderColor: canvas.theme.paper, borderWidth: 0.5 },
        emphasis: { disabled: true },
      })),
      ...(s.totals === false ? [] : [{
        type: "scatter", name: "total", data: sums, silent: true, symbolSize: 0.1, itemStyle: { opacity: 0 },
        label: {
          show: true, position: "top", distance: 4, color: canvas.theme.ink, fontSize: 11, fontWeight: 600,
          formatter: (p: { dataIndex: number; value: number }) =>
            p.value > 0 && (!canvas.narrow || p.dataIndex === s.quarters.length - 1 || p.dataIndex % 4 === 0) && (canvas.width > 620 || p.dataIndex % 2 === (s.quarters.length - 1) % 2) ? s.format(p.value) : "",
        },
      }]),
    ],
  });
  return {
    id: s.id, finding: s.finding, subject: s.subject, height: (w) => s.height ?? (w < 480 ? 240 : 280), option, legend, wide: s.wide, note: s.note,
    table: { head: ["Quarter", ...shown.map((x) => x.name), "All"], rows: s.quarters.map((q, i) => [quarter(q), ...shown.map((x) => s.format(x.values[i] ?? 0)), s.format(sums[i] ?? 0)]) },
  };
}

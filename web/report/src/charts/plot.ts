import { BarChart, CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GridComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import type { EChartsCoreOption } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Palette, Theme } from "../palette";
import { quarterTick } from "../format";

echarts.use([BarChart, LineChart, ScatterChart, CustomChart, GridComponent, TooltipComponent, MarkLineComponent, SVGRenderer]);
export { echarts };
export type Option = EChartsCoreOption;

/** What a plot may look at while it is drawn: colours, and the width that it has. */
export interface Canvas { theme: Theme; colours: Palette; width: number; narrow: boolean }

export interface LegendItem { name: string; colour: (c: Palette, t: Theme) => string; value?: string; shape?: "line" | "dash" | "square" | "diamond" }

/** One plot: what it says, how it is drawn, and the same figures as a table. */
export interface Plot {
  id: string;
  /** The finding, a sentence. */
  finding: string;
  /** What is drawn, with units. */
  subject: string;
  height: (width: number) => number;
  option: (canvas: Canvas) => Option;
  legend?: LegendItem[];
  table: Table;
  note?: string;
  wide?: boolean;
}

export interface Table { head: string[]; rows: string[][]; numeric?: number[] }

export const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif';

/** What all plots share: no animation, quiet axes, a tooltip in the page's colours. */
export function base({ theme }: Canvas): Option {
  return {
    animation: false,
    textStyle: { fontFamily: FONT, color: theme.muted, fontSize: 12 },
    tooltip: {
      confine: true,
      backgroundColor: theme.paper,
      borderColor: theme.line,
      textStyle: { color: theme.ink, fontSize: 12, fontFamily: FONT },
      extraCssText: "box-shadow:0 4px 16px rgba(0,0,0,.14);max-width:320px;white-space:normal",
    },
  };
}

export function valueAxis({ theme }: Canvas, format: (v: number) => string, more: object = {}): object {
  return {
    type: "value",
    axisLabel: { color: theme.muted, formatter: (v: number) => format(v), hideOverlap: true },
    splitLine: { lineStyle: { color: theme.line } },
    axisLine: { show: false },
    axisTick: { show: false },
    splitNumber: 4,
    nameTextStyle: { color: theme.muted },
    ...more,
  };
}

export function quarterAxis({ theme, narrow }: Canvas, quarters: string[]): object {
  return {
    type: "category",
    data: quarters,
    axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.faint } },
    axisLabel: {
      color: theme.muted,
      lineHeight: 15,
      interval: 0,
      formatter: (name: string, i: number) => (narrow && !/Q[13]$/.test(name) && i > 0 ? "" : quarterTick(name, i === 0)),
    },
  };
}

/** Breaks a label between words into lines of about `characters`. */
export function wrap(text: string, characters: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const line = lines[lines.length - 1];
    if (line !== undefined && line.length + 1 + word.length <= characters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** The height of rows whose labels wrap: as tall as the tallest label needs. */
export function rowsHeight(rows: string[], characters: number, least: number): number {
  const lines = (name: string) => { const [first = "", second] = name.split("\n"); return wrap(first, characters).length + (second ? wrap(second, characters + 2).length : 0); };
  return 34 + Math.max(1, rows.length) * Math.max(least, 16 * Math.max(1, ...rows.map(lines)) + 8);
}

/** A row axis: names at the left, first row on top; what follows a line break in a label is quieter. */
export function rowAxis({ theme }: Canvas, rows: string[], characters: number): object {
  return {
    type: "category",
    data: rows,
    inverse: true,
    axisTick: { show: false },
    axisLine: { show: false },
    axisLabel: {
      color: theme.ink,
      interval: 0,
      formatter: (name: string) => {
        const [first = "", second] = name.split("\n");
        const lines = wrap(first, characters).map((line) => `{a|${line}}`);
        if (second) lines.push(...wrap(second, characters + 2).map((line) => `{b|${line}}`));
        return lines.join("\n");
      },
      rich: { a: { color: theme.ink, fontSize: 12, lineHeight: 16, align: "right" }, b: { color: theme.muted, fontSize: 11, lineHeight: 14, align: "right" } },
    },
  };
}

/** Colours of text on a filled bar: dark on light fills, light on dark ones. */
export function inkOn(fill: string): string {
  const n = parseInt(fill.slice(1), 16);
  const luminance = (0.299 * ((n >> 16) & 255) + 0.587 * ((n >> 8) & 255) + 0.114 * (n & 255)) / 255;
  return luminance > 0.6 ? "#1c2430" : "#ffffff";
}

export function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A tooltip: a head, then lines of swatch, name and figure. */
export function tip(head: string, lines: { colour?: string; name: string; value: string }[]): string {
  const body = lines
    .map((l) => `<div style="display:flex;gap:10px;justify-content:space-between"><span>${l.colour ? `<span style="display:inline-block;width:9px;height:9px;border-radius:2px;background:${l.colour};margin-right:6px"></span>` : ""}${escapeHtml(l.name)}</span><b style="font-variant-numeric:tabular-nums">${escapeHtml(l.value)}</b></div>`)
    .join("");
  return `<div style="font-weight:600;margin-bottom:4px">${escapeHtml(head)}</div>${body}`;
}

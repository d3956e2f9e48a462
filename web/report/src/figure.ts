import type { LegendItem, Plot } from "./charts/plot";
import { echarts } from "./charts/plot";
import { el, table } from "./dom";
import type { Palette, Theme } from "./palette";

const live: { plot: Plot; box: HTMLElement; legend: HTMLElement; chart: ReturnType<typeof echarts.init>; width: number }[] = [];
let theme: Theme, colours: Palette;

/** The figure of one plot: finding, subject, picture, legend, note, and the same numbers as a table. */
export function figure(plot: Plot, level: "h2" | "h3" = "h3"): HTMLElement {
  const box = el("div", { class: "chart", role: "img", "aria-label": `${plot.subject}. ${plot.finding}` });
  const legend = el("ul", { class: "legend", "aria-hidden": "true" });
  const node = el("figure", { id: `plot-${plot.id}`, class: plot.wide ? "wide" : "" },
    el("figcaption", {}, el(level, {}, plot.finding || plot.subject), el("p", { class: "subject" }, plot.subject)),
    el("div", { class: "picture" }, box, plot.legend && plot.legend.length > 0 ? legend : null),
    plot.note && el("p", { class: "note" }, plot.note),
    el("details", { class: "numbers" }, el("summary", {}, "The numbers"), table(plot.table.head, plot.table.rows, plot.subject)));
  pending.push({ plot, box, legend });
  return node;
}

const pending: { plot: Plot; box: HTMLElement; legend: HTMLElement }[] = [];

/** Draws every figure once the page is laid out, and again whenever its box changes size. */
export function drawAll(nextTheme: Theme, nextColours: Palette): void {
  theme = nextTheme;
  colours = nextColours;
  for (const item of pending.splice(0)) {
    const width = Math.max(200, item.box.clientWidth);
    item.box.style.height = `${item.plot.height(width)}px`;
    const chart = echarts.init(item.box, undefined, { renderer: "svg" });
    const entry = { ...item, chart, width: 0 };
    live.push(entry);
    draw(entry, width);
    new ResizeObserver(() => { if (item.box.clientWidth > 0 && item.box.clientWidth !== entry.width) draw(entry, item.box.clientWidth); }).observe(item.box);
  }
}

/** Draws every figure again in other colours, at its own width or at the one given. */
export function redraw(nextTheme: Theme, nextColours: Palette): void {
  theme = nextTheme;
  colours = nextColours;
  for (const entry of live) draw(entry, Math.max(200, entry.box.clientWidth));
}

function draw(entry: (typeof live)[number], width: number): void {
  entry.width = width;
  const height = entry.plot.height(width);
  entry.box.style.height = `${height}px`;
  entry.chart.resize({ width, height });
  entry.chart.setOption(entry.plot.option({ theme, colours, width, narrow: width < 480 }), { notMerge: true });
  entry.legend.replaceChildren(...(entry.plot.legend ?? []).map(item));
}

function item(entry: LegendItem): HTMLElement {
  const swatch = el("span", { class: `swatch ${entry.shape ?? "square"}` });
  swatch.style.setProperty("--swatch", entry.colour(colours, theme));
  return el("li", {}, swatch, el("span", { class: "name" }, entry.name), entry.value ? el("b", {}, entry.value) : null);
}

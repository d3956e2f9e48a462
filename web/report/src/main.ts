import "./style.css";
import { demand, fleetByMaker, fleetBySite, fleetByWork, orderBook, power } from "./charts/fleet";
import type { Plot } from "./charts/plot";
import { costByChip, costParts, outages, tierShares, trainingOptions, voiceBudget } from "./charts/rows";
import { frontier, futures } from "./charts/risk";
import { el } from "./dom";
import { drawAll, figure, redraw } from "./figure";
import { percent, quarter, quarters, significant } from "./format";
import { DARK, LIGHT, palette } from "./palette";
import type { Results, Supply } from "./results";
import { foundations, tables } from "./tables";

const root = document.getElementById("report")!;
const results = read();
if (results) show(results);

function read(): Results | null {
  const text = document.getElementById("results")?.textContent ?? "";
  try {
    return JSON.parse(text) as Results;
  } catch {
    root.replaceChildren(el("p", { class: "notice" }, "This page holds no results yet: it is the template that a run fills in. Start one with ./fleetwright run."));
    return null;
  }
}

function show(r: Results): void {
  document.title = `${r.scenario.title} · Fleetwright`;
  const planned = r.supply ? (r as Results & { supply: Supply }) : null;
  root.replaceChildren(...[
    header(r),
    notice(r),
    el("section", { class: "first", "aria-label": "The answers" }, answers(r), figure(planned ? fleetByMaker(planned) : tierShares(r), "h2")),
    section("demand", "Where the work runs", "Each turn goes to the first place that may see its data and answers in time.",
      ...(planned ? [tierShares(r)] : []), demand(r), ...(r.placement.some((p) => p.voice_target_seconds !== undefined) ? [voiceBudget(r)] : [])),
    section("cost", "What a chip earns", "Cost per million output tokens on each chip that meets the targets. Whiskers are the low and high ends.", ...r.serving.filter((w) => w.options.some((o) => o.feasible)).map(costByChip)),
    planned ? section("buy", "What to buy, and from whom", plan(planned), orderBook(planned), fleetBySite(planned), ...(planned.supply.assignment.length > 0 ? [fleetByWork(planned)] : []), power(planned), costParts(planned)) : missing(r),
    planned ? section("risk", "What can go wrong", `The plan is weighed over ${planned.supply.futures} futures: demand, shortages and places that stop.`,
      ...(planned.supply.outages.length > 0 ? [outages(planned)] : []), ...(planned.supply.frontier.length > 0 ? [frontier(planned)] : []), ...(planned.supply.future_costs.length > 0 ? [futures(planned)] : [])) : null,
    r.training.length > 0 ? section("training", "Training", "The smallest cluster of each chip that meets the deadline, with failures and checkpoints.", ...r.training.filter((t) => t.options.some((o) => o.feasible)).map(trainingOptions)) : null,
    el("section", { class: "part", id: "tables" }, el("h2", {}, "The tables"), ...tables(r)),
    el("section", { class: "part", id: "foundations" }, el("h2", {}, "What this rests on"), ...foundations(r)),
    el("footer", {}, `${r.program} · ${r.schema} · drawn from results.json beside this file; nothing here is loaded from a network.`),
  ].filter((n): n is HTMLElement => n !== null));

  const dark = matchMedia("(prefers-color-scheme: dark)");
  const screen = () => (dark.matches ? DARK : LIGHT);
  drawAll(screen(), palette(r, screen()));
  dark.addEventListener("change", () => redraw(screen(), palette(r, screen())));
  addEventListener("beforeprint", () => redraw(LIGHT, palette(r, LIGHT)));
  addEventListener("afterprint", () => redraw(screen(), palette(r, screen())));
  document.documentElement.dataset.ready = "true";
}

function header(r: Results): HTMLElement {
  const span = r.scenario.quarters;
  const facts = [r.scenario.file, span.length > 0 ? `${quarter(span[0]!)} to ${quarter(span[span.length - 1]!)}` : "", r.supply ? `${r.supply.solver}, gap ${percent(r.supply.gap)}` : "no buying plan"].filter(Boolean);
  return el("header", {},
    el("div", {}, el("p", { class: "brand" }, "Fleetwright"), el("h1", {}, r.scenario.title), el("p", { class: "description" }, r.scenario.description)),
    el("p", { class: "facts" }, ...facts.map((f) => el("span", {}, f))));
}

function notice(r: Results): HTMLElement | null {
  if (r.supply && r.status === "complete") return null;
  return el("p", { class: "notice", role: "note" }, r.supply
    ? `This run is ${r.status}: it was stopped before every stage ended. What is here is finished; start it again for the rest.`
    : `There is no buying plan in this report, so fleet, orders, power and risk are missing. ${r.supply_problem ?? "The run ended before the plan was made; start it again for the rest."}`);
}

function answers(r: Results): HTMLElement {
  return el("ol", { class: "answers" }, ...r.answers.map((a) => el("li", {}, el("p", { class: "question" }, a.question), el("p", { class: "headline" }, a.headline), el("p", { class: "detail" }, a.detail))));
}

function section(id: string, title: string, lead: string, ...plots: Plot[]): HTMLElement | null {
  if (plots.length === 0) return null;
  return el("section", { class: "part", id }, el("h2", {}, title), el("p", { class: "lead" }, lead), el("div", { class: "figures" }, ...plots.map((p) => figure(p))));
}

function plan({ supply }: { supply: Supply }): string {
  return `Weight of the tail ${significant(supply.risk_weight)}; proven within ${percent(supply.gap)} of the best plan by ${supply.solver}.`;
}

function missing(r: Results): HTMLElement {
  return el("section", { class: "part", id: "buy" }, el("h2", {}, "What to buy, and from whom"),
    el("p", { class: "missing" }, r.supply_problem ?? "The run ended before the buying plan was made. Start it again: ./fleetwright run."),
    el("p", { class: "lead" }, `With a plan, this part shows the order book over ${quarters(r.scenario.quarters.length)}, the fleet by maker and site, power against its limit, and cost against risk.`));
}


import { tierName } from "./captions";
import { el, table } from "./dom";
import { bytes, chips, count, days, display, dollars, exact, hours, joules, list, NONE, percent, quarter, seconds, significant, words } from "./format";
import type { Results } from "./results";

/** The tables after the plots: every figure that the plots were drawn from, and those that no plot shows. */
export function tables(results: Results): HTMLElement[] {
  return [orderBook(results), placement(results), designs(results), serving(results), training(results), sources(results), shadowPrices(results)].filter((n): n is HTMLElement => n !== null);
}

function block(id: string, title: string, lead: string, ...body: HTMLElement[]): HTMLElement {
  return el("section", { class: "block", id }, el("h3", {}, title), lead ? el("p", { class: "lead" }, lead) : null, ...body);
}

function orderBook({ supply }: Results): HTMLElement | null {
  if (!supply) return null;
  const sum = supply.orders.reduce((s, o) => s + o.dollars, 0);
  return block("table-orders", "Order book", supply.orders.length === 0 ? "No orders." : "Signed in the quarter of the first column; delivered, if nothing fails, in that of the last.",
    table(["Signed", "Chip", "Maker", "Made at", "Chips", "Price", "Each", "Delivered"],
      [...supply.orders.map((o) => [quarter(o.quarter), display(o.chip), display(o.maker), display(o.site), exact(o.chips), dollars(o.dollars), dollars(o.chips > 0 ? o.dollars / o.chips : undefined), quarter(o.delivery_quarter)]),
        ["All", "", "", "", exact(supply.orders.reduce((s, o) => s + o.chips, 0)), dollars(sum), "", ""]], "Order book", [0, 1, 2, 3]));
}

function placement({ placement: all }: Results): HTMLElement {
  return block("table-placement", "Placement", "Latency is from the end of speech to the first sound, or to the first token for text.",
    table(["Product", "Device", "Model on it", "Device", "Phone", "Cloud", "Unserved", "Latency p50 / p95", "Target", "Battery", "Per turn", "Memory", "Speed", "Why"],
      all.map((p) => [
        p.title, display(p.device), p.device_model ? display(p.device_model) : "none", percent(p.device_share), percent(p.phone_share), percent(p.cloud_share), percent(p.unserved_share),
        p.latency.map((l) => `${tierName(l.tier)} ${seconds(l.p50_seconds)} / ${seconds(l.p95_seconds)}`).join(", ") || NONE,
        seconds(p.voice_target_seconds), p.battery_hours === undefined ? "mains" : `${hours(p.battery_hours)}${p.battery_target_hours ? ` of ${hours(p.battery_target_hours)}` : ""}`,
        joules(p.joules_per_turn), p.ram_bytes === undefined ? NONE : `${bytes(p.ram_bytes)} of ${bytes(p.ram_limit_bytes)}`, p.measured ? "measured" : "estimate", p.reason,
      ]), "Placement", [0, 1, 2, 7, 12, 13]));
}

function designs({ designs: all }: Results): HTMLElement | null {
  if (!all || all.length === 0) return null;
  return block("table-designs", "Designs on offer", "What follows from the structure of each, and what it costs: to buy in the first quarter, to make, and an hour with its system, operations and energy.",
    table(["Design", "Node", "Silicon", "Peak", "Memory", "Capacity", "Bandwidth", "Power limit", "At the meter", "Price", "Making cost (p10 to p90)", "Masks and design", "An hour"],
      all.map((d) => [
        d.title, d.node, `${exact(d.die_square_millimetres)} mm²`, `${count(d.matrix_rate)}OP/s ${d.matrix_format}`, d.memory_kind, bytes(d.memory_bytes), `${bytes(d.memory_bytes_per_second)}/s`, `${exact(d.power_watts)} W`, `${exact(d.meter_watts)} W`,
        dollars(d.price_dollars), d.making_dollars === undefined ? NONE : `${dollars(d.making_dollars)} (${dollars(d.making_dollars_low)} to ${dollars(d.making_dollars_high)})`, dollars(d.one_time_dollars), dollars(d.dollars_per_second * 3600),
      ]), "Designs on offer", [0, 1, 4]));
}

function serving(results: Results): HTMLElement {
  const rows = results.serving.flatMap((w) => w.options.map((o) => [
    w.title, display(o.chip), o.layout ?? NONE, o.precision ?? NONE, chips(o.chips_per_replica), exact(o.concurrency),
    seconds(o.ttft_seconds), seconds(o.ttft_p99_seconds), seconds(o.tpot_seconds), seconds(o.tpot_p99_seconds), o.tokens_per_second_per_chip === undefined ? NONE : `${count(o.tokens_per_second_per_chip)}/s`,
    o.load_per_chip === undefined ? NONE : `${count(o.load_per_chip)} ${w.unit}s/s`, dollars(o.dollars_per_million), joules(o.joules_per_unit), bytes(o.memory_bytes_per_chip),
    o.operators ? o.operators.slice(0, 2).map((s) => `${words(s.role)} ${percent(s.share)} (${words(s.bound)})`).join(", ") : NONE, o.feasible ? o.reason : `Cannot: ${o.reason}`,
  ]));
  const targets = results.serving.map((w) => {
    const parts = [w.ttft_target_seconds === undefined ? "" : `${w.unit === "sample" ? "batch" : "TTFT"} ${seconds(w.ttft_target_seconds)}`, w.tpot_target_seconds === undefined ? "" : `TPOT ${seconds(w.tpot_target_seconds)}`].filter(Boolean);
    return parts.length > 0 ? `${w.title}: ${list(parts)}` : "";
  }).filter(Boolean);
  return block("table-serving", "Serving options", `The best deployment on each chip. ${targets.length > 0 ? `Targets at p99: ${targets.join("; ")}.` : ""}`,
    table(["Workload", "Chip", "Layout", "Precision", "Chips/replica", "In flight", "TTFT", "TTFT p99", "TPOT", "TPOT p99", "Tokens/chip", "Load/chip", "Per million", "Energy/unit", "Memory/chip", "Time goes to", "What binds"], rows, "Serving options", [0, 1, 2, 3, 15, 16]));
}

function training(results: Results): HTMLElement | null {
  if (results.training.length === 0) return null;
  return block("table-training", "Training options", results.training.map((t) => `${t.title}: ${quarter(t.start)} to ${quarter(t.deadline)}, ${days(t.deadline_days)}; ${count(t.tokens)} tokens.`).join(" "),
    table(["Job", "Chip", "Chips", "Layout", "Step", "MFU", "Goodput", "Days", "Cost", "Energy", "What binds"],
      results.training.flatMap((t) => t.options.map((o) => [t.title, display(o.chip), exact(o.chips), o.layout ?? NONE, seconds(o.step_seconds), percent(o.mfu), percent(o.goodput), days(o.days), dollars(o.dollars), joules(o.joules), o.feasible ? o.reason : `Cannot: ${o.reason}`])),
      "Training options", [0, 1, 3, 10]));
}

function sources(results: Results): HTMLElement | null {
  const { supply } = results;
  if (!supply || supply.sources.length === 0) return null;
  const more = (x: number) => (x < 0 ? `${dollars(-x)} less` : `${dollars(x)} more`);
  return block("table-sources", "What each source is worth", "The best plan without the site, against this plan: its expected cost and the mean of its worst futures.",
    table(["Site", "Country", "Expected cost", "Worst futures"], supply.sources.map((s) => [s.site, s.country, more(s.expected), more(s.tail)]), "What each source is worth", [0, 1]));
}

function shadowPrices(results: Results): HTMLElement | null {
  const { supply } = results;
  if (!supply) return null;
  const worth = [
    supply.value_of_stochastic_solution === undefined ? "" : `Planning for many futures instead of their mean is worth ${dollars(supply.value_of_stochastic_solution)}.`,
    supply.value_of_perfect_information === undefined ? "" : `Knowing the future would be worth ${dollars(supply.value_of_perfect_information)}.`,
  ].filter(Boolean).join(" ");
  if (supply.shadow_prices.length === 0) return block("table-shadow", "What one more unit would be worth", `No limit binds. ${worth}`);
  return block("table-shadow", "What one more unit would be worth", `Limits that bind, and what one more unit of each would save. ${worth}`,
    table(["Limit", "Quarter", "One more", "Saves"], supply.shadow_prices.map((s) => [words(s.limit), quarter(s.quarter), s.unit, dollars(s.dollars)]), "Shadow prices", [0, 1, 2]));
}

/** What the answers rest on. */
export function foundations(results: Results): HTMLElement[] {
  const bands = results.error_bands;
  return [
    block("assumptions", "Assumptions", results.assumptions.length === 0 ? "The scenario states no guesses." : `${results.assumptions.length === 1 ? "One value of the scenario is a guess" : `${results.assumptions.length} values of the scenario are guesses`} or weakly sourced. Change them there and run again.`,
      ...(results.assumptions.length === 0 ? [] : [table(["Where", "Field", "Value", "Sure", "Source", "Note"], results.assumptions.map((a) => [`${a.file}:${a.line}`, a.field, a.text, words(a.confidence), a.source, a.note]), "Assumptions", [0, 1, 2, 3, 4, 5])])),
    block("errors", "Error bands", bands.length === 0 ? "No measurements were compared." : "How far the models are off where they were measured: the mean absolute error over the rows that were compared.",
      ...(bands.length === 0 ? [] : [table(["Predicted", "Error", "Rows", "Rests on"], bands.map((b) => [b.subject, b.error === undefined ? "never measured" : `±${percent(b.error)}`, significant(b.rows, 6), b.note]), "Error bands", [0, 3])])),
    block("warnings", "Warnings", results.warnings.length === 0 ? "None." : "", ...(results.warnings.length === 0 ? [] : [el("ul", { class: "warnings" }, ...results.warnings.map((w) => el("li", {}, w)))])),
  ];
}

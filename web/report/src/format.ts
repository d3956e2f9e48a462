/** Numbers as a reader wants them: three significant digits, an SI letter, a unit, joined by a no-break space. */

const NBSP = "\u00a0";
const MINUS = "\u2212";

/** A number to `digits` significant digits without an exponent or trailing zeros. */
export function significant(value: number, digits = 3): string {
  if (value === 0) return "0";
  const magnitude = Math.abs(value);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude)));
  const rounded = Number(magnitude.toPrecision(digits));
  const text = rounded.toLocaleString("en-US", { maximumFractionDigits: Math.min(decimals, 12) });
  return (value < 0 ? MINUS : "") + text;
}

const STEPS: [number, string][] = [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "k"]];

/** Scales by a letter only where the rounded figure needs one, so that 999,999 is 1 M and not 1,000 k. */
function scaled(value: number, steps: [number, string][], digits: number): [string, string] {
  const rounded = Math.abs(Number(value.toPrecision(digits)));
  const step = steps.find(([size]) => rounded >= size);
  return step ? [significant(value / step[0], digits), step[1]] : [significant(value, digits), ""];
}

function finite(value: number | undefined | null): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

export const NONE = "–";

/** A count: 350 k, 1.2 M, 94. */
export function count(value: number | undefined, digits = 3): string {
  if (!finite(value)) return NONE;
  const [figure, letter] = scaled(value, STEPS, digits);
  return letter ? figure + NBSP + letter : figure;
}

/** Whole things: 350 k chips; under a thousand they are not cut into fractions. */
export function chips(value: number | undefined, digits = 3): string {
  if (!finite(value)) return NONE;
  return count(Math.abs(value) < 1000 ? Math.round(value) : value, digits);
}

/** Money: $4.2 B, $31.9 k, $0.42. */
export function dollars(value: number | undefined, digits = 3): string {
  if (!finite(value)) return NONE;
  const sign = value < 0 ? MINUS : "";
  const magnitude = Math.abs(value);
  if (magnitude > 0 && magnitude < 0.01) return `${sign}$${significant(magnitude, 2)}`;
  if (magnitude < 1000) return `${sign}$${magnitude >= 100 ? Math.round(magnitude) : magnitude.toFixed(magnitude === 0 ? 0 : 2)}`;
  const [figure, letter] = scaled(magnitude, STEPS, digits);
  return `${sign}$${figure}${letter ? NBSP + letter : ""}`;
}

/** Power: 48 MW. */
export function watts(value: number | undefined, digits = 3): string {
  return unit(value, digits, [[1e9, "GW"], [1e6, "MW"], [1e3, "kW"]], "W");
}

/** Energy: millijoules to joules for a token, kilowatt-hours and up for a job. */
export function joules(value: number | undefined, digits = 3): string {
  if (!finite(value)) return NONE;
  if (value >= 3.6e6) return unit(value / 3600, digits, [[1e9, "GWh"], [1e6, "MWh"], [1e3, "kWh"]], "Wh");
  return unit(value * 1e6, digits, [[1e9, "kJ"], [1e6, "J"], [1e3, "mJ"]], "µJ");
}

/** Memory: 62.4 GB. */
export function bytes(value: number | undefined, digits = 3): string {
  return unit(value, digits, [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]], "B");
}

/** Time: 320 ms, 1.4 s, 45 µs. */
export function seconds(value: number | undefined, digits = 3): string {
  if (!finite(value)) return NONE;
  return unit(value * 1e6, digits, [[1e6, "s"], [1e3, "ms"]], "µs");
}

/** A duration in days: 74 days, 6.4 days. */
export function days(value: number | undefined): string {
  if (!finite(value)) return NONE;
  const text = significant(value, value < 10 ? 2 : 3);
  return text + NBSP + (text === "1" ? "day" : "days");
}

/** Hours: 2.4 h. */
export function hours(value: number | undefined): string {
  return finite(value) ? significant(value, 2) + NBSP + "h" : NONE;
}

/** A share: 12 %, 0.4 %, under 0.1 %; never 100 % or 0 % unless it is. */
export function percent(value: number | undefined): string {
  if (!finite(value)) return NONE;
  const points = value * 100;
  if (points === 0) return "0" + NBSP + "%";
  if (points > 0 && points < 0.1) return "<" + NBSP + "0.1" + NBSP + "%";
  if (points < 100 && points > 99.9) return ">" + NBSP + "99.9" + NBSP + "%";
  const text = points < 1 || (points > 99 && points < 100) ? points.toFixed(1) : significant(points, points >= 100 ? 3 : 2);
  return text + NBSP + "%";
}

/** A quarter in text: 2024 Q1. */
export function quarter(name: string): string {
  return name.replace(/^(\d{4})Q(\d)$/, `$1${NBSP}Q$2`);
}

/** A quarter on an axis: the year stands under its first quarter only. */
export function quarterTick(name: string, first: boolean): string {
  const match = /^(\d{4})Q(\d)$/.exec(name);
  if (!match) return name;
  return match[2] === "1" || first ? `Q${match[2]}\n${match[1]}` : `Q${match[2]}`;
}

/** A span of quarters: one quarter, 4 quarters. */
export function quarters(n: number): string {
  return n === 1 ? "one quarter" : `${n}${NBSP}quarters`;
}

function unit(value: number | undefined, digits: number, steps: [number, string][], base: string): string {
  if (!finite(value)) return NONE;
  const [figure, letter] = scaled(value, steps, digits);
  return figure + NBSP + (letter || base);
}

const KNOWN: Record<string, string> = { meta: "Meta", nvidia: "NVIDIA", google: "Google", owned: "already owned", kv: "KV", hbm: "HBM" };

/** A catalogue name for people: h100-sxm is H100 SXM, mtia-2i is MTIA 2i; text that already has capitals or spaces stays as it is. */
export function display(name: string): string {
  if (/[A-Z ]/.test(name)) return name;
  return name.split(/[-_]/).map((part) => {
    if (KNOWN[part]) return KNOWN[part];
    if (/^\d/.test(part)) return part.replace(/^(\d+)b$/, "$1B");
    const letters = /^[a-z]*/.exec(part)?.[0].length ?? 0;
    return letters > 4 ? part.charAt(0).toUpperCase() + part.slice(1) : part.toUpperCase();
  }).join(" ");
}

/** "a, b and c". */
export function list(items: string[]): string {
  if (items.length < 2) return items.join("");
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

/** A key of the file as words: on_device is on device. */
export function words(key: string): string {
  return key.replaceAll("_", " ");
}

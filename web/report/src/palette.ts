import type { Results } from "./results";

/** One palette for the whole report: a maker has a hue, a chip of that maker a shade of it, everywhere it appears. */
export interface Theme {
  dark: boolean;
  ink: string; muted: string; faint: string; line: string; paper: string; accent: string; alarm: string;
}

export const LIGHT: Theme = { dark: false, ink: "#1c2430", muted: "#5b6675", faint: "#8d97a5", line: "#e3e7ec", paper: "#ffffff", accent: "#2b62d9", alarm: "#c2412d" };
export const DARK: Theme = { dark: true, ink: "#e8ecf2", muted: "#a3adbb", faint: "#78838f", line: "#2c343f", paper: "#171c23", accent: "#7aa5ff", alarm: "#f0745e" };

/** Shades of each hue, strongest first, for a light and a dark page. */
const HUES: Record<string, { light: string[]; dark: string[] }> = {
  green: { light: ["#2f8557", "#7cbd95", "#b5d9c2", "#1d5c3b"], dark: ["#4fae7b", "#8fd0ab", "#2e7d54", "#bfe5cf"] },
  orange: { light: ["#d7722f", "#eba978", "#f4cfb2", "#9c4d18"], dark: ["#e88d4e", "#f2b88e", "#b9632a", "#f8d9c2"] },
  blue: { light: ["#2b62d9", "#83a6ee", "#bccff7", "#1b3f8f"], dark: ["#6f9bf5", "#a7c3fb", "#3f6cd0", "#cfdefd"] },
  violet: { light: ["#7d57c1", "#b39cdf", "#d6c9ef", "#523585"], dark: ["#a585e3", "#c9b5f2", "#7a59bb", "#e2d7f9"] },
  teal: { light: ["#1f8f94", "#79c0c3", "#b8dfe1", "#12595c"], dark: ["#4dbcc1", "#92d9dc", "#2a8a8f", "#c4ecee"] },
  ochre: { light: ["#b98c14", "#dcc06e", "#eddfb3", "#7a5b06"], dark: ["#d9b13f", "#e9cf86", "#a5831f", "#f4e6bd"] },
  rose: { light: ["#bf4b78", "#dd97b2", "#efcbd9", "#822d4f"], dark: ["#e0779f", "#eeaac4", "#ab4a70", "#f7d3e0"] },
};

/** Makers that we know keep their hue in every report; others take what is left, in the order of the file. */
const HOUSE: [RegExp, string][] = [[/nvidia|^[hbg]b?[1-3]\d\d|^a100|^l40|rtx/i, "green"], [/samsung/i, "violet"], [/amd|^mi\d/i, "orange"], [/meta|tsmc|mtia/i, "blue"], [/google|tpu/i, "ochre"], [/intel|gaudi|arc/i, "teal"]];
const SPARE = ["rose", "teal", "ochre", "violet", "orange", "blue", "green"];

export interface Palette {
  /** The colour of a chip of one maker and site; with neither, of the chip. */
  chip(chip: string, maker?: string, site?: string): string;
  maker(maker: string): string;
  workload(name: string): string;
  tier(tier: string): string;
  stage(stage: string): string;
}

export function palette(results: Results, theme: Theme): Palette {
  const side = theme.dark ? "dark" : "light";
  const hueOf = new Map<string, string>();
  const hue = (key: string): string => {
    let found = hueOf.get(key);
    if (!found) {
      const used = new Set(hueOf.values());
      found = HOUSE.find(([pattern]) => pattern.test(key))?.[1] ?? SPARE.find((s) => !used.has(s)) ?? "teal";
      hueOf.set(key, found);
    }
    return found;
  };

  // Shades go out per hue in the order of the offers, so that a chip looks the same in every chart.
  const shades = new Map<string, string>();
  const given = new Map<string, number>();
  const shade = (key: string, hueName: string): string => {
    let found = shades.get(key);
    if (!found) {
      const n = given.get(hueName) ?? 0;
      given.set(hueName, n + 1);
      const ramp = HUES[hueName]![side];
      found = ramp[n % ramp.length]!;
      shades.set(key, found);
    }
    return found;
  };

  const makerOf = new Map<string, string>();
  const slots: { chip: string; maker: string; site: string }[] = [...(results.supply?.offers ?? []), ...(results.supply?.fleet.filter((f) => f.site !== "owned") ?? [])];
  for (const slot of slots) {
    if (!makerOf.has(slot.chip)) makerOf.set(slot.chip, slot.maker);
    shade(`${slot.chip}|${slot.maker}|${slot.site}`, hue(slot.maker));
  }
  const firstSlot = (chip: string) => slots.find((s) => s.chip === chip);
  const colour = (chip: string, maker?: string, site?: string): string => {
    if (site === "owned" || site === "") return theme.dark ? "#8a94a1" : "#a9b2bd";
    if (maker !== undefined) return shade(`${chip}|${maker}|${site ?? ""}`, hue(maker));
    const slot = firstSlot(chip);
    return slot ? shade(`${chip}|${slot.maker}|${slot.site}`, hue(slot.maker)) : shade(chip, hue(chip));
  };

  const workloads = [...new Set([...results.demand.workloads.map((w) => w.name), ...results.serving.map((w) => w.workload), ...results.training.map((t) => t.job)])];
  const tints = theme.dark ? ["#9fb3c8", "#5f7d9c", "#d9e2ec", "#7b8794", "#486581"] : ["#243b53", "#627d98", "#a9bccf", "#486581", "#cfd9e3"];
  const tiers: Record<string, string> = theme.dark
    ? { device: "#4dbcc1", phone: "#d9b13f", edge: "#a585e3", cloud: "#7b8aa0", unserved: theme.alarm }
    : { device: "#1f8f94", phone: "#d0a52e", edge: "#7d57c1", cloud: "#8a99ad", unserved: theme.alarm };
  const stages = [...new Set(results.placement.flatMap((p) => p.latency.flatMap((l) => l.stages.map((s) => s.stage))))];
  const stageTints = theme.dark
    ? ["#55657a", "#7b8fa9", "#c9a86a", "#4dbcc1", "#92d9dc", "#b9a3e3", "#e0a58a", "#a3adbb"]
    : ["#c3ccd8", "#8195ae", "#d9bd84", "#1f8f94", "#8accce", "#a995d6", "#dd9f80", "#5b6675"];
  return {
    chip: colour,
    maker: (maker) => HUES[hue(maker)]![side][0]!,
    workload: (name) => tints[Math.max(0, workloads.indexOf(name)) % tints.length]!,
    tier: (tier) => tiers[tier] ?? theme.muted,
    stage: (stage) => stageTints[Math.max(0, stages.indexOf(stage)) % stageTints.length]!,
  };
}

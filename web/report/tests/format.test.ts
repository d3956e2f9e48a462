import { describe, expect, test } from "vitest";
import { bytes, chips, count, days, display, dollars, exact, hours, joules, list, percent, quarter, quarterTick, quarters, seconds, significant, tied, watts } from "../src/format";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

describe("numbers carry their unit", () => {
  test.each([
    [dollars(4.2e9), "$4.2 B"], [dollars(31_900), "$31.9 k"], [dollars(0.42), "$0.42"], [dollars(0.125), "$0.125"], [dollars(0.0031), "$0.0031"], [dollars(12.5), "$12.50"], [dollars(640), "$640"],
    [dollars(0), "$0"], [dollars(-3.1e8), "−$310 M"], [dollars(15_181_000_000, 4), "$15.18 B"],
    [chips(350_000), "350 k"], [chips(999_999), "1 M"], [chips(94.4), "94"], [count(23_910), "23.9 k"], [exact(7168), "7,168"],
    [watts(48e6), "48 MW"], [watts(1.2e9), "1.2 GW"], [watts(0), "0 W"], [watts(999.9e6), "1 GW"],
    [seconds(0.32), "320 ms"], [seconds(1.4), "1.4 s"], [seconds(45e-6), "45 µs"], [seconds(0), "0 s"],
    [joules(0.58), "580 mJ"], [joules(46), "46 J"], [joules(0.0009), "900 µJ"], [joules(8.5e13), "23.6 GWh"], [joules(3.6e6), "1 kWh"],
    [bytes(62.4e9), "62.4 GB"], [days(180), "180 days"], [days(1), "1 day"], [days(6.44), "6.4 days"], [hours(2.37), "2.4 h"],
    [percent(0.12), "12 %"], [percent(0.004), "0.4 %"], [percent(0.0004), "< 0.1 %"], [percent(0.995), "99.5 %"], [percent(0.9999), "> 99.9 %"], [percent(1), "100 %"], [percent(0), "0 %"],
    [significant(1234.5), "1,230"], [significant(0.012345), "0.0123"],
  ])("%s", (actual, expected) => expect(plain(actual)).toBe(expected));
});

test("a missing figure is a dash and never NaN", () => {
  for (const format of [dollars, chips, count, exact, watts, seconds, joules, bytes, days, hours, percent]) {
    expect(format(undefined)).toBe("–");
    expect(format(Number.NaN)).toBe("–");
  }
});

test("a figure and its unit stay on one line", () => {
  expect(dollars(4.2e9)).toContain("\u00a0");
  expect(tied("31 % by 2026 Q4, 48 MW, 5 makers")).toBe("31\u00a0% by 2026\u00a0Q4, 48\u00a0MW, 5 makers");
  expect(tied("from 2025Q2")).toBe("from 2025\u00a0Q2");
});

test("quarters read as words and as ticks", () => {
  expect(plain(quarter("2024Q1"))).toBe("2024 Q1");
  expect(quarterTick("2024Q1", false)).toBe("Q1\n2024");
  expect(quarterTick("2024Q3", false)).toBe("Q3");
  expect(quarterTick("2024Q3", true)).toBe("Q3\n2024");
  expect([quarters(1), plain(quarters(4))]).toEqual(["one quarter", "4 quarters"]);
});

test.each([["h100-sxm", "H100 SXM"], ["mi300x", "MI300X"], ["mtia-2i", "MTIA 2i"], ["llama-3.1-405b", "Llama 3.1 405B"], ["tsmc-taiwan", "TSMC Taiwan"], ["TSMC Taiwan", "TSMC Taiwan"], ["iphone-15-pro", "iPhone 15 Pro"]])(
  "the catalogue's %s is shown as %s", (name, shown) => expect(display(name)).toBe(shown));

test("lists end in and", () => expect([list([]), list(["a"]), list(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]));

// The built report in a real browser, at desktop and at phone width. FLEETWRIGHT_REPORT names a run's own report.html to check as well.
import assert from "node:assert/strict";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { DESKTOP, PHONE, fixture, launch, open, page } from "./page.mjs";

const TIMEOUT = { timeout: 120_000 };
const noPlan = () => {
  const results = fixture();
  delete results.supply;
  return { ...results, status: "partial", supply_problem: "No solver for the buying plan was found. Install one with 'apt-get install coinor-cbc'." };
};
const sparse = () => {
  const results = fixture();
  Object.assign(results.supply, { orders: [], outages: [], frontier: [], future_costs: [], sources: [], shadow_prices: [], assignment: [] });
  for (const key of ["value_of_stochastic_solution", "value_of_perfect_information"]) delete results.supply[key];
  results.serving.forEach((w) => w.options.forEach((o) => Object.keys(o).forEach((k) => ["chip", "feasible", "reason"].includes(k) || delete o[k])));
  results.serving.forEach((w) => w.options.forEach((o) => (o.feasible = false)));
  results.training.forEach((t) => { t.options = t.options.filter((o) => !o.feasible); delete t.chosen_chip; delete t.finish_quarter; });
  return { ...results, assumptions: [], warnings: [], error_bands: [] };
};
const hostile = () => {
  const results = fixture();
  results.scenario.title = '</script><script>document.title="owned"</script>';
  results.placement[0].title = '<img src=x onerror="document.title=1"> & more';
  results.warnings = ["an_unbroken_word_".repeat(30)];
  return results;
};

let browser;
before(async () => { browser = await launch(); }, TIMEOUT);
after(async () => { await browser?.close(); });

/** Draws the page once per width and hands what it measured to the checks. */
async function look(address, viewport, scheme = "light") {
  const { tab, problems, close } = await open(browser, address, { viewport, colorScheme: scheme });
  const seen = await tab.evaluate(() => {
    const rect = (n) => { const r = n.getBoundingClientRect(); return { top: r.top, bottom: r.bottom, left: r.left, right: r.right, width: r.width, height: r.height }; };
    return {
      overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      text: document.getElementById("report").innerText,
      title: document.title,
      parts: [...document.querySelectorAll("main > section")].map((s) => s.id || s.className),
      answers: [...document.querySelectorAll(".answers li")].map((n) => ({ text: n.innerText, ...rect(n) })),
      plots: [...document.querySelectorAll("figure")].map((f) => {
        const svg = f.querySelector(".chart svg");
        const box = f.querySelector(".chart");
        return {
          id: f.id, label: box.getAttribute("aria-label"), role: box.getAttribute("role"), finding: f.querySelector("figcaption h2, figcaption h3").innerText,
          marks: svg ? svg.querySelectorAll("path").length : 0, words: svg ? svg.querySelectorAll("text").length : 0, rows: f.querySelectorAll(".numbers tbody tr").length,
          box: rect(box), svg: svg ? rect(svg) : null,
        };
      }),
      clipped: [...document.querySelectorAll(".chart svg")].flatMap((svg) => {
        const r = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].filter((t) => { const b = t.getBoundingClientRect(); return b.width > 0 && (b.left < r.left - 2 || b.right > r.right + 2); }).map((t) => t.textContent);
      }),
    };
  });
  await close();
  return { ...seen, problems };
}

const cases = [["the fixture", () => page(fixture())], ["a run without a solver", () => page(noPlan())], ["a run with little to show", () => page(sparse())], ["text that tries to be markup", () => page(hostile())]];
if (process.env.FLEETWRIGHT_REPORT) cases.push(["the run's own report", () => pathToFileURL(resolve(process.env.FLEETWRIGHT_REPORT)).href]);

for (const [name, address] of cases) {
  for (const [width, viewport] of [["desktop", DESKTOP], ["phone", PHONE]]) {
    describe(`${name} at ${width} width`, () => {
      let seen;
      before(async () => { seen = await look(address(), viewport); }, TIMEOUT);

      test("draws without an error and asks nothing of a network", () => assert.deepEqual(seen.problems, []));
      test("does not scroll sideways", () => assert.equal(seen.overflow, 0));
      test("every plot has marks, words, its size, a text alternative and its numbers", () => {
        assert.ok(seen.plots.length > 0);
        for (const p of seen.plots) {
          assert.ok(p.marks > 1 && p.words > 1, `${p.id} is empty`);
          assert.ok(Math.abs(p.svg.width - p.box.width) <= 1, `${p.id} does not fill its box`);
          assert.ok(p.role === "img" && p.label.length > 20 && p.finding.length > 5, `${p.id} has no text alternative`);
          assert.ok(p.rows > 0, `${p.id} has no numbers`);
        }
      });
      test("no word of a plot is cut off", () => assert.deepEqual(seen.clipped, []));
      test("nothing reads NaN, undefined, null or Infinity", () => assert.doesNotMatch(seen.text, /\b(NaN|undefined|null|Infinity)\b/));
      test("answers six questions", () => {
        assert.equal(seen.answers.length, 6);
        assert.ok(seen.answers.every((a) => a.text.trim().length > 10));
      });
    });
  }
}

test("all answers and the fleet stand on the first screen of a desktop", TIMEOUT, async () => {
  const seen = await look(page(fixture()), DESKTOP);
  assert.ok(seen.answers.every((a) => a.bottom <= DESKTOP.height), "an answer lies under the fold");
  assert.ok(seen.plots[0].id === "plot-fleet" && seen.plots[0].box.bottom <= DESKTOP.height, "the fleet lies under the fold");
});

test("every part of the report is there", TIMEOUT, async () => {
  const seen = await look(page(fixture()), DESKTOP);
  assert.deepEqual(seen.parts, ["first", "demand", "cost", "buy", "risk", "training", "tables", "foundations"]);
  const plots = ["fleet", "tiers", "demand", "voice", "cost-chat-70b", "cost-chat-8b", "cost-ranking", "orders", "sites", "work", "power", "cost", "outages", "frontier", "futures", "training-llama-3.1-405b"];
  assert.deepEqual(seen.plots.map((p) => p.id), plots.map((p) => `plot-${p}`));
});

test("without a plan the page says what is missing and how to get it, once on the first screen and once in its place", TIMEOUT, async () => {
  const seen = await look(page(noPlan()), DESKTOP);
  assert.equal(seen.text.split("apt-get install coinor-cbc").length - 1, 2);
  assert.ok(!seen.plots.some((p) => p.id === "plot-fleet"));
});

test("a dark page draws the same plots", TIMEOUT, async () => {
  const [light, dark] = [await look(page(fixture()), DESKTOP), await look(page(fixture()), DESKTOP, "dark")];
  assert.deepEqual(dark.problems, []);
  assert.deepEqual(dark.plots.map((p) => p.id), light.plots.map((p) => p.id));
});

test("text of the results is never run as markup", TIMEOUT, async () => {
  const seen = await look(page(hostile()), DESKTOP);
  assert.ok(seen.title.startsWith("</script>"));
  assert.ok(seen.text.includes('<img src=x onerror="document.title=1"> & more'));
});

test("plots follow the width of the window", TIMEOUT, async () => {
  const { tab, problems, close } = await open(browser, page(fixture()));
  await tab.setViewportSize(PHONE);
  await tab.waitForFunction(() => [...document.querySelectorAll(".chart")].every((b) => Math.abs(b.querySelector("svg").getBoundingClientRect().width - b.clientWidth) <= 1));
  assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  assert.deepEqual(problems, []);
  await close();
});

test("the template alone says that it holds no results", TIMEOUT, async () => {
  const { template } = await import("./page.mjs");
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(pathToFileURL(template).href);
  assert.match(await tab.locator("#report").innerText(), /holds no results yet/);
  await context.close();
});

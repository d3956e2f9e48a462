import { readFileSync, writeFileSync, mkdtempSync, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../../", import.meta.url));
export const template = join(root, "web/report/dist/report.html");
export const fixture = () => JSON.parse(readFileSync(join(root, "web/report/fixtures/results.json"), "utf8"));

/** Fills the template as HtmlReport.cs does and returns the page's file address. */
export function page(results) {
  if (!existsSync(template)) throw new Error(`${template} is not built: run 'npm run build' in web/report`);
  const file = join(mkdtempSync(join(tmpdir(), "fleetwright-page-")), "report.html");
  writeFileSync(file, readFileSync(template, "utf8").replace("/*RESULTS*/", () => JSON.stringify(results).replaceAll("</", "<\\/")));
  return pathToFileURL(file).href;
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Debian's browser, with nothing that reaches out on its own. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** Opens a page and records what must not happen: errors, and requests that leave the file. */
export async function open(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  const tab = await context.newPage();
  const problems = [];
  tab.on("console", (m) => { if (["error", "warning"].includes(m.type())) problems.push(`console: ${m.text()}`); });
  tab.on("pageerror", (e) => problems.push(`error: ${e.message}`));
  tab.on("request", (r) => { if (!/^(file|data|blob):/.test(r.url()) || (r.url().startsWith("file:") && r.url() !== address)) problems.push(`request: ${r.url()}`); });
  await tab.goto(address);
  await tab.waitForSelector("html[data-ready]", { timeout: 15000 });
  return { tab, problems, close: () => context.close() };
}

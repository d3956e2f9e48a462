// Pictures of the report, to look at: node shots.mjs FOLDER [REPORT.html]
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DESKTOP, PHONE, fixture, launch, open, page } from "./page.mjs";

const [folder = "shots", report] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const address = report ? pathToFileURL(resolve(report)).href : page(fixture());
const browser = await launch();
for (const [name, options, fullPage] of [
  ["desktop-first", { viewport: DESKTOP }, false], ["desktop-full", { viewport: DESKTOP }, true], ["phone-first", { viewport: PHONE }, false],
  ["phone-full", { viewport: PHONE }, true], ["dark-full", { viewport: DESKTOP, colorScheme: "dark" }, true],
]) {
  const { tab, problems, close } = await open(browser, address, options);
  await tab.screenshot({ path: join(folder, `${name}.png`), fullPage });
  if (problems.length > 0) console.log(name, problems);
  await close();
}
await browser.close();

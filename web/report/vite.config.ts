import { readFileSync } from "node:fs";
import { defineConfig } from "vite";
import type { Plugin } from "vite";

const PLACEHOLDER = "/*RESULTS*/";

/** Puts the one script and the one style sheet into the page, so that report.html opens offline and alone. */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = Object.values(bundle);
      const page = files.find((f) => f.fileName.endsWith(".html"));
      if (page?.type !== "asset") throw new Error("no page was built");
      let html = String(page.source);
      for (const file of files) {
        if (file.type === "chunk") {
          const code = file.code.replaceAll("</script", "<\\/script");
          html = html.replace(/\s*<script type="module"[^>]*><\/script>/, "").replace("</body>", () => `<script type="module">${code}</script>\n</body>`);
          delete bundle[file.fileName];
        } else if (file.fileName.endsWith(".css")) {
          html = html.replace(/\s*<link rel="stylesheet"[^>]*>/, () => `\n<style>${String(file.source)}</style>`);
          delete bundle[file.fileName];
        }
      }
      if (html.split(PLACEHOLDER).length !== 2) throw new Error("the page must hold the placeholder for the results exactly once");
      page.source = html;
      page.fileName = "report.html";
    },
  };
}

/** While developing, the page shows the fixture. */
function fixture(): Plugin {
  return {
    name: "fixture",
    apply: "serve",
    transformIndexHtml: (html) => html.replace(PLACEHOLDER, () => readFileSync("fixtures/results.json", "utf8").replaceAll("</", "<\\/")),
  };
}

export default defineConfig({
  plugins: [oneFile(), fixture()],
  build: { target: "es2022", modulePreload: false, cssCodeSplit: false, assetsInlineLimit: 1e9, chunkSizeWarningLimit: 2000 },
});

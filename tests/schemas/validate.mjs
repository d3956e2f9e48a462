// Validates every file of a catalogue folder against its JSON Schema.
//
//   node validate.mjs CATALOG             one line for each problem, exit code 1 when there is any
//   node validate.mjs CATALOG --mutate    adds an unknown key to every map of every file and expects the schema to refuse it
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { parse } from "yaml";

const irregular = { calibration: "calibration", memories: "memory" };
const [catalog, mode] = process.argv.slice(2);
const schemas = join(catalog, "schemas");
const ajv = new Ajv2020.default({ allErrors: mode !== "--mutate", allowUnionTypes: true, discriminator: true, strictRequired: false });
for (const name of readdirSync(schemas).filter((n) => n.endsWith(".schema.json"))) {
  ajv.addSchema(JSON.parse(readFileSync(join(schemas, name), "utf8")), name);
}

// Every map in a document, but not the free-form map of sources.
function* maps(value, path = "") {
  if (Array.isArray(value)) {
    for (const [i, item] of value.entries()) yield* maps(item, `${path}[${i}]`);
  } else if (value !== null && typeof value === "object") {
    yield [path, value];
    for (const [key, item] of Object.entries(value)) {
      if (!(path === "" && key === "sources")) yield* maps(item, `${path}.${key}`);
    }
  }
}

let checked = 0;
let problems = 0;
function report(file, message) {
  problems++;
  console.log(`${file}: ${message}`);
}

for (const folder of readdirSync(catalog, { withFileTypes: true }).filter((d) => d.isDirectory() && d.name !== "schemas")) {
  const name = `${irregular[folder.name] ?? folder.name.replace(/s$/, "")}.schema.json`;
  if (!existsSync(join(schemas, name))) {
    console.log(`no schema for ${folder.name}/ yet`);
    continue;
  }

  const validate = ajv.getSchema(name);
  for (const entry of readdirSync(join(catalog, folder.name)).filter((n) => n.endsWith(".yaml"))) {
    const file = join(folder.name, entry);
    const document = parse(readFileSync(join(catalog, file), "utf8"));
    if (mode === "--mutate") {
      for (const [path, map] of maps(document)) {
        checked++;
        map.colour = "blue";
        if (validate(document)) report(file, `an unknown key in '${path}' is accepted`);
        delete map.colour;
      }
    } else {
      checked++;
      if (!validate(document)) {
        for (const e of validate.errors) report(file, `${e.instancePath || "/"} ${e.message} ${JSON.stringify(e.params)}`);
      }
    }
  }
}

console.log(`${checked} checked, ${problems} problems`);
process.exitCode = problems === 0 && checked > 0 ? 0 : 1;

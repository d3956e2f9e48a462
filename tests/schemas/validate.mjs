// Validates every file of a catalogue folder, and the scenarios and design searches (explore-*.yaml) of examples/ beside it, against their JSON Schemas.
//
//   node validate.mjs CATALOG             one line for each problem, exit code 1 when there is any
//   node validate.mjs CATALOG --mutate    adds an unknown key to every map of every file and expects the schema to refuse it
//   node validate.mjs SCHEMA FILE...      validates files against one schema of their own
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import { parse } from "yaml";

const irregular = { calibration: "calibration", memories: "memory", manufacturing: "manufacturing" };
const [target, ...rest] = process.argv.slice(2);
const mode = rest[0];
const isSchema = target.endsWith(".schema.json");
const catalog = isSchema ? dirname(dirname(target)) : target;
const schemas = isSchema ? dirname(target) : join(catalog, "schemas");
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

function check(validate, file) {
  const document = parse(readFileSync(file, "utf8"));
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

function checkFolder(folder, schemaOf) {
  for (const entry of readdirSync(folder).filter((n) => n.endsWith(".yaml"))) check(ajv.getSchema(schemaOf(entry)), join(folder, entry));
}

if (isSchema) {
  for (const file of rest) check(ajv.getSchema(basename(target)), file);
} else {
  for (const folder of readdirSync(catalog, { withFileTypes: true }).filter((d) => d.isDirectory() && d.name !== "schemas")) {
    const name = `${irregular[folder.name] ?? folder.name.replace(/s$/, "")}.schema.json`;
    if (existsSync(join(schemas, name))) checkFolder(join(catalog, folder.name), () => name);
    else report(folder.name, `no schema ${name}`);
  }

  const examples = join(catalog, "..", "examples");
  if (existsSync(examples)) checkFolder(examples, (file) => (file.startsWith("explore-") ? "exploration.schema.json" : "scenario.schema.json"));
}

console.log(`${checked} checked, ${problems} problems`);
process.exitCode = problems === 0 && checked > 0 ? 0 : 1;

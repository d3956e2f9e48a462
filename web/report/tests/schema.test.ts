import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020";
import { expect, test } from "vitest";
import fixture from "../fixtures/results.json";

const schema = JSON.parse(readFileSync(new URL("../../../docs/schemas/results.schema.json", import.meta.url), "utf8")) as object;
const validate = new Ajv({ allErrors: true, strict: true, strictRequired: false }).compile(schema);
const check = (value: unknown) => (validate(value) ? [] : (validate.errors ?? []).map((e) => `${e.instancePath} ${e.message}`));

test("the fixture has the form of the schema", () => expect(check(fixture)).toEqual([]));

test("a run's own results have it too", ({ skip }) => {
  const file = process.env.FLEETWRIGHT_RESULTS;
  if (!file) return skip("FLEETWRIGHT_RESULTS names no results.json");
  expect(check(JSON.parse(readFileSync(file, "utf8")))).toEqual([]);
});

test.each<[string, (r: Record<string, never>) => void]>([
  ["an unknown key", (r) => Object.assign(r, { extra: 1 })],
  ["a share over 1", (r) => Object.assign((r as unknown as typeof fixture).placement[0]!, { cloud_share: 1.2 })],
  ["neither a plan nor the reason for none", (r) => delete (r as Partial<typeof fixture>).supply],
  ["another version", (r) => Object.assign(r, { schema: "fleetwright-results/2" })],
])("%s is refused", (_, spoil) => {
  const r = structuredClone(fixture) as unknown as Record<string, never>;
  spoil(r);
  expect(check(r)).not.toEqual([]);
});

// Runs the npm package "highs" (HiGHS as WebAssembly) with the arguments of the native `highs` command, as far as Fleetwright uses them:
//   node highs.mjs MODULE --model_file M.mps --options_file O.txt --solution_file S.txt
// The solution is written in HiGHS' own raw format and the log goes to standard output, so that one reader serves both.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const [module, ...rest] = process.argv.slice(2);
const { values } = parseArgs({
  args: rest,
  options: { model_file: { type: 'string' }, options_file: { type: 'string' }, solution_file: { type: 'string' } },
});

try {
  const { default: load } = await import(pathToFileURL(module).href);
  const highs = await load();
  const model = highs.createModel();
  // WebAssembly has one thread and refuses to be asked for it.
  const options = readFileSync(values.options_file, 'utf8').split('\n').filter((line) => !/^(threads|parallel)\b/.test(line));
  model.options.read(options.join('\n'));
  model.readModel({ format: 'mps', data: readFileSync(values.model_file) });
  model.run();
  console.log(`Running HiGHS ${highs.version.string} (WebAssembly)`);
  console.log(`Dual bound ${model.info.get('mip_dual_bound')}`);
  writeFileSync(values.solution_file, model.exportSolution());
} catch (error) {
  // The module is one line of 170,000 characters, which Node would print with the stack.
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}

// Completes client/dist before it is packed, as `prepack`: ES modules and CommonJS, each with the
// types of the contract, so that the package depends on nothing of this repository.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { compile, fail, root, setup } from './setup.mjs';

setup();
const client = join(root, 'client');
const dist = join(client, 'dist');
const cjs = join(dist, 'cjs');
const contracts = join(root, 'shared', 'contracts', 'dist');

/** Paths of all files below `folder`. */
const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
const rewrite = (path, change) => writeFileSync(path, change(readFileSync(path, 'utf8')));
// Maps of declarations lead to sources that the package does not carry.
const withoutMap = (text) => text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');

// Outputs of sources that were renamed must not be packed.
rmSync(dist, { recursive: true, force: true });
rmSync(join(client, 'tsconfig.tsbuildinfo'), { force: true });
if (!compile(['-b', 'client']) || !compile(['-p', 'client/tsconfig.cjs.json'])) fail('The client could not be built.');
writeFileSync(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');

/**
 * Copies the contract's declarations into `target` and lets the declarations there refer to them.
 */
function addContracts(target, declarations, rename) {
  const copies = join(target, 'contracts');
  mkdirSync(copies);
  for (const path of filesIn(contracts).filter((name) => name.endsWith('.d.ts') && !name.endsWith('internal.d.ts'))) {
    const copy = join(copies, relative(contracts, path));
    cpSync(path, copy);
    rewrite(copy, (text) => withoutMap(rename(text)));
  }
  for (const path of declarations) {
    const entry = `${relative(dirname(path), join(copies, 'index.js')).split(sep).join('/')}`;
    const specifier = entry.startsWith('.') ? entry : `./${entry}`;
    rewrite(path, (text) => withoutMap(text).replaceAll("'@linsta/contracts'", `'${specifier}'`));
  }
}
const declarations = filesIn(dist).filter((name) => name.endsWith('.d.ts'));
const isCjs = (path) => path.startsWith(cjs + sep);
// ES modules name each other in full.
const nameInFull = (text) => text.replace(/(from|import\()(\s*)'(\.{1,2}\/[\w/-]+)'/g, "$1$2'$3.js'");
addContracts(
  dist,
  declarations.filter((path) => !isCjs(path)),
  nameInFull,
);
addContracts(cjs, declarations.filter(isCjs), (text) => text);

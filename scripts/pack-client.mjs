// Makes client/dist complete in itself before it is packed: the contract's types go along, so that
// nobody needs this repository. Runs as `prepack`.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const dist = join(root, 'client', 'dist');
const contracts = join(dist, 'contracts');
const declarationsIn = (folder) => readdirSync(folder).filter((name) => name.endsWith('.d.ts'));
const rewrite = (path, change) => writeFileSync(path, change(readFileSync(path, 'utf8')).replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'));

rmSync(contracts, { recursive: true, force: true });
mkdirSync(contracts);
const source = join(root, 'shared', 'contracts', 'dist');
for (const name of declarationsIn(source)) {
  cpSync(join(source, name), join(contracts, name));
  // ES modules name each other in full.
  rewrite(join(contracts, name), (text) => text.replace(/(from|import\()(\s*)'(\.\/[\w-]+)'/g, "$1$2'$3.js'"));
}
for (const name of declarationsIn(dist))
  rewrite(join(dist, name), (text) => text.replaceAll("'@linsta/contracts'", "'./contracts/index.js'"));

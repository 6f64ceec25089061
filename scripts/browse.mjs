// What looks at the web app with a Chromium: `npm run screenshots [-- folder [name ...]]`, `npm run
// web-figures`.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const [name, ...args] = process.argv.slice(2);
const tsx = join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs');
const { status } = spawnSync(process.execPath, [tsx, join(root, 'tools', 'screenshots', `${name}.ts`), ...args], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(status ?? 1);

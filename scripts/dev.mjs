// Compiles on change and starts the product again; data stays.
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const compiler = spawn(
  process.execPath,
  [join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-b', '--watch', '--preserveWatchOutput'],
  { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
);
let product;
let timer;
let stopping = false;
const start = () => {
  product = spawn(process.execPath, [join(root, 'embedded', 'launcher', 'dist', 'main.js')], { cwd: root, stdio: 'inherit' });
};
const restart = () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (stopping) return;
    product.once('exit', () => stopping || start());
    product.kill('SIGTERM');
  }, 300);
};
start();
for (const folder of ['shared', 'services', 'gateway', 'embedded']) {
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (name?.includes('dist') && name.endsWith('.js')) restart();
  });
}
const stop = () => {
  stopping = true;
  compiler.kill('SIGTERM');
  product.once('exit', () => process.exit(0));
  product.kill('SIGTERM');
};
process.once('SIGINT', stop).once('SIGTERM', stop);

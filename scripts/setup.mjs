// Every npm script runs this first: install missing packages, build changed ones. Plain Node, since
// nothing is installed yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampPath = join(root, 'node_modules', '.linsta-install');
const SOURCE_FOLDERS = ['shared', 'services', 'gateway', 'embedded', 'client', 'tools', 'tests/chaos'];
const SKIPPED = new Set(['node_modules', 'dist', 'test']);

const say = (text) => process.stderr.write(`${text}\n`);
export function fail(sentence) {
  say(sentence);
  process.exit(1);
}
const run = (command, args, options = {}) => spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });

function assertNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Linsta needs Node 20.19 or newer; this is ${process.versions.node}.`);
}

/** Installs what the lock file says, once. */
export function install() {
  const stamp = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(process.versions.modules)
    .digest('hex');
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return;
  say('Installing packages (once, about a minute) ...');
  const npm = process.env.npm_execpath;
  // No package needs its install script: every binary in use ships inside a package.
  const args = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const result =
    npm !== undefined && /\.c?js$/.test(npm)
      ? run(process.execPath, [npm, ...args])
      : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' });
  if (result.status !== 0) fail('The packages could not be installed; npm says why above.');
  writeFileSync(stampPath, stamp);
}

/** The newest change below a folder, in milliseconds. */
function newest(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) latest = Math.max(latest, newest(path));
    else if (/\.(tsx?|js|json|css|svg|webmanifest)$/.test(entry.name)) latest = Math.max(latest, statSync(path).mtimeMs);
  }
  return latest;
}

/** Every source file below a folder. */
const sourcesIn = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (SKIPPED.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sourcesIn(path) : /\.tsx?$/.test(entry.name) ? [path] : [];
  });

const compiler = join(root, 'node_modules', 'typescript-native', 'bin', 'tsc');
const builtPath = join(root, 'node_modules', '.linsta-built');
export function compile(args) {
  return run(process.execPath, [compiler, ...args]).status === 0;
}
const webStampPath = join(root, 'node_modules', '.linsta-web-built');
/** The web app's pages, bundled; only when something they are made of changed. */
function buildWeb() {
  const changedAt = Math.max(
    ...['web/src', 'web/public', 'client/src', 'shared/contracts/src'].map((folder) => newest(join(root, folder))),
    ...['web/index.html', 'web/vite.config.ts'].map((file) => statSync(join(root, file)).mtimeMs),
  );
  const built = existsSync(webStampPath) && existsSync(join(root, 'web', 'dist', 'index.html'));
  if (built && statSync(webStampPath).mtimeMs > changedAt) return;
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  if (run(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: join(root, 'web') }).status !== 0)
    fail('The web app could not be built; the bundler says why above.');
  writeFileSync(webStampPath, '');
}

const sources = () => SOURCE_FOLDERS.flatMap((folder) => sourcesIn(join(root, folder))).sort();

/**
 * Removes every output: after sources were moved, an output of one that is gone would still be
 * loaded.
 */
function removeOutputs(paths) {
  for (const folder of new Set(paths.flatMap((path) => (path.includes(`${sep}src${sep}`) ? [path.split(`${sep}src${sep}`)[0]] : [])))) {
    rmSync(join(folder, 'dist'), { recursive: true, force: true });
    rmSync(join(folder, 'tsconfig.tsbuildinfo'), { force: true });
  }
}

export function build({ always = false } = {}) {
  const paths = sources();
  const names = createHash('sha256').update(paths.join('\n')).digest('hex');
  const sameNames = existsSync(builtPath) && readFileSync(builtPath, 'utf8') === names;
  const changedAt = Math.max(
    ...SOURCE_FOLDERS.map((folder) => newest(join(root, folder))),
    statSync(join(root, 'tsconfig.base.json')).mtimeMs,
  );
  const built = sameNames && existsSync(join(root, 'embedded', 'launcher', 'dist')) && statSync(builtPath).mtimeMs > changedAt;
  if (built && !always) return;
  if (!existsSync(builtPath)) say('Building ...');
  if (!sameNames) removeOutputs(paths);
  if (!compile(['-b'])) fail('The build failed; the compiler says why above.');
  writeFileSync(builtPath, names);
}

export function setup() {
  assertNode();
  install();
  build();
  buildWeb();
}

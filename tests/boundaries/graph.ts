import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(__dirname, '..', '..');

export interface Import {
  /** As written: a package, a built-in module, or a relative path. */
  specifier: string;
  typeOnly: boolean;
}
export interface SourceFile {
  /** Relative to the root, with slashes. */
  path: string;
  imports: Import[];
}
export interface Manifest {
  /** The folder of the package, relative to the root. */
  folder: string;
  name: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

const STATEMENTS = [
  // import x from 'y', import type { x } from 'y', export * from 'y'
  /^\s*(?:import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\s*from\s*)'([^']+)'/gm,
  // import 'y'
  /^\s*import\s+()'([^']+)'/gm,
  // import('y'), require('y')
  /\b(?:import|require)\(\s*()'([^']+)'\s*\)/g,
];
/** `import { type A, type B } from` loads nothing at run time either. */
const ALL_NAMES_ARE_TYPES = /^\s*(?:import|export)\s+\{\s*(?:type\s+[\w$]+(?:\s+as\s+[\w$]+)?\s*,?\s*)+\}\s*from/;

export function importsOf(text: string): Import[] {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  return STATEMENTS.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([statement, type, specifier = '']) => ({
      specifier,
      typeOnly: (type !== undefined && type !== '') || ALL_NAMES_ARE_TYPES.test(statement),
    })),
  );
}

const tracked = (...patterns: string[]): string[] =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...patterns], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));

export const readSources = (): SourceFile[] =>
  tracked('*.ts', '*.tsx', '*.mts')
    .filter((path) => !path.endsWith('.d.ts'))
    .map((path) => ({ path, imports: importsOf(readFileSync(join(ROOT, path), 'utf8')) }));

export const readManifests = (): Manifest[] =>
  tracked('*/package.json').map((path) => {
    const { name, dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Partial<Manifest>;
    return { folder: dirname(path), name: name ?? '', dependencies, devDependencies };
  });

/**
 * The package of an import: `@linsta/core`, `node:fs`, `express`; undefined for a relative path.
 */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined;
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/**
 * The file that a relative import names; undefined where there is none (a style sheet, a built
 * file).
 */
export function resolveRelative(from: string, specifier: string, known: ReadonlySet<string>): string | undefined {
  const base = normalize(join(dirname(from), specifier)).replace(/\.js$/, '');
  return [base, `${base}.ts`, `${base}.tsx`, `${base}/index.ts`].find((path) => known.has(path));
}

/**
 * Import cycles among files, each once, as the files on the way. Type-only imports count: they tie
 * modules as well.
 */
export function cyclesOf(files: SourceFile[]): string[][] {
  const known = new Set(files.map(({ path }) => path));
  const arrows = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.flatMap(({ specifier }) => (specifier.startsWith('.') ? (resolveRelative(path, specifier, known) ?? []) : [])),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: string[]) => {
    const at = trail.indexOf(path);
    if (at !== -1) return void cycles.push(trail.slice(at));
    if (done.has(path)) return;
    for (const next of arrows.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return cycles;
}

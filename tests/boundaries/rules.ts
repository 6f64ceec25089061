import { isBuiltin } from 'node:module';
import { cyclesOf, packageOf, resolveRelative, type Import, type Manifest, type SourceFile } from './graph';

const SERVICES = ['users', 'posts', 'events', 'chat', 'notification', 'realtime'];

interface Row {
  /** The folder whose `src` (or whole, for web and tools without one) the row is about. */
  folder: string;
  /** Packages of this repository that it may import. */
  may: string[];
  /** Those it may import for types only. */
  types?: string[];
  /** Runs in browsers: no built-in module of Node. */
  browser?: true;
}

/**
 * Every arrow between packages that is allowed; everything else is refused. Tests may import
 * everything.
 */
export const ARROWS: readonly Row[] = [
  { folder: 'shared/contracts', may: [], browser: true },
  { folder: 'shared/core', may: ['contracts'] },
  { folder: 'shared/http', may: ['contracts', 'core'] },
  { folder: 'shared/bus', may: ['contracts', 'core'] },
  { folder: 'shared/service', may: ['contracts', 'core', 'http'], types: ['bus'] },
  { folder: 'shared/mongo', may: ['contracts', 'core', 'http', 'bus'], types: ['service'] },
  { folder: 'shared/testing', may: ['contracts', 'core'] },
  { folder: 'gateway', may: ['contracts', 'core', 'http', 'service'] },
  ...SERVICES.map((name) => ({
    folder: `services/${name}`,
    may: ['contracts', 'core', 'http', 'bus', 'service', ...(name === 'realtime' ? [] : ['mongo'])],
  })),
  { folder: 'embedded/mongo', may: [] },
  { folder: 'embedded/launcher', may: ['contracts', 'core', 'bus', 'service', 'embedded-mongo', 'gateway', ...SERVICES] },
  { folder: 'client', may: ['contracts'], browser: true },
  { folder: 'web', may: ['contracts', 'client'], browser: true },
  { folder: 'tools/stack', may: ['core', 'embedded-mongo'] },
  { folder: 'tools/cli', may: ['core', 'bus', 'mongo', 'embedded-mongo', 'gateway', ...SERVICES] },
  { folder: 'tools/bench', may: ['contracts', 'core', 'launcher', 'stack', 'testing'] },
  { folder: 'tools/screenshots', may: ['core', 'launcher', 'testing'] },
  { folder: 'tests/chaos', may: ['contracts', 'core', 'launcher', 'stack', 'testing'] },
];

/**
 * Libraries of an entry point that the domain of a service must not see, and the files that may.
 */
export const ENTRY_LIBRARIES: readonly { library: string; files: RegExp }[] = [
  { library: 'express', files: /^(?:shared\/http|gateway)\/src\// },
  { library: 'amqplib', files: /^(?:shared\/bus|tools\/bench)\/src\// },
  { library: 'socket.io', files: /^services\/realtime\/src\/(?:app|server)\.ts$|^tools\/bench\/src\// },
  { library: 'mongoose', files: /^(?:shared\/mongo|shared\/testing|services\/(?:users|posts|events|chat|notification))\/src\// },
  { library: 'jsonwebtoken', files: /^shared\/http\/src\// },
  { library: 'jose', files: /^shared\/http\/src\// },
];

const isTest = (path: string) => /(?:^|\/)test\/|^tests\/(?!chaos\/src\/)/.test(path);
/** Configuration of a tool, read by that tool alone. */
const isToolFile = (path: string) => /(?:^|\/)vite\.config\.ts$/.test(path);
const rowOf = (path: string) => ARROWS.find(({ folder }) => path.startsWith(`${folder}/`));
const shortName = (name: string) => name.replace('@linsta/', '');

function checkImport(path: string, row: Row, { specifier, typeOnly }: Import, known: ReadonlySet<string>): string[] {
  const target = packageOf(specifier);
  if (target === undefined) {
    const file = resolveRelative(path, specifier, known);
    return file !== undefined &&
      !file.startsWith(`${row.folder}/`) &&
      !(row.folder === 'tools/screenshots' && file.startsWith('tests/support/'))
      ? [`${path} reaches into ${file} by path`]
      : [];
  }
  if (isBuiltin(target)) return row.browser === true ? [`${path} runs in browsers and imports ${target}`] : [];
  if (specifier === '@linsta/contracts/internal' && row.browser === true)
    return [`${path} runs in browsers and must not import the calls between services`];
  if (target.startsWith('@linsta/')) {
    const allowed = row.may.includes(shortName(target)) || (typeOnly && row.types?.includes(shortName(target)) === true);
    return allowed ? [] : [`${path} must not import ${target}`];
  }
  const entry = ENTRY_LIBRARIES.find(({ library }) => library === target);
  return entry === undefined || typeOnly || entry.files.test(path) ? [] : [`${path} must not import ${target}`];
}

const isDeclared = ({ name, dependencies, devDependencies }: Manifest, target: string, test: boolean) =>
  target === name || target in dependencies || (test && target in devDependencies) || (target === 'react' && name === '@linsta/client');

function checkDeclared(file: SourceFile, manifests: Manifest[]): string[] {
  const manifest = manifests
    .filter(({ folder }) => file.path.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
  if (manifest === undefined) return [];
  return file.imports.flatMap(({ specifier, typeOnly }) => {
    const target = packageOf(specifier);
    if (target === undefined || isBuiltin(target) || isDeclared(manifest, target, false)) return [];
    return typeOnly && target in manifest.devDependencies ? [] : [`${manifest.name} imports ${target} without declaring it (${file.path})`];
  });
}

/** One version range per package over the whole repository. */
export function checkRanges(manifests: Manifest[]): string[] {
  const ranges = new Map<string, Map<string, string>>();
  for (const { name, dependencies, devDependencies } of manifests)
    for (const [dependency, range] of Object.entries({ ...devDependencies, ...dependencies })) {
      const known = ranges.get(dependency) ?? new Map<string, string>();
      ranges.set(dependency, known.set(range, name));
    }
  return [...ranges].flatMap(([dependency, found]) =>
    found.size > 1
      ? [`${dependency} has ${found.size} ranges: ${[...found].map(([range, name]) => `${range} in ${name}`).join(', ')}`]
      : [],
  );
}

/**
 * Every violation of the table and of the declarations by these files, as sentences; `known` are
 * all files of the repository.
 */
export const checkFiles = (files: SourceFile[], known: ReadonlySet<string>, manifests: Manifest[]): string[] =>
  files.flatMap((file) => {
    const { path, imports } = file;
    if (isTest(path) || isToolFile(path)) return [];
    const row = rowOf(path);
    if (row === undefined) return [`${path} belongs to no row of the table`];
    return [...imports.flatMap((each) => checkImport(path, row, each, known)), ...checkDeclared(file, manifests)];
  });

/** Every import cycle, as a sentence. */
export const checkCycles = (files: SourceFile[]): string[] => cyclesOf(files).map((cycle) => `import cycle: ${cycle.join(' → ')}`);

import { importsOf, readManifests, readSources, type Manifest, type SourceFile } from './graph';
import { ARROWS, checkCycles, checkFiles, checkRanges, ENTRY_LIBRARIES } from './rules';

const sources = readSources();
const manifests = readManifests();
const known = new Set(sources.map(({ path }) => path));

test('the repository has no arrow that the table does not allow, no undeclared import and no import cycle', () => {
  expect(sources.length).toBeGreaterThan(300);
  expect([...checkFiles(sources, known, manifests), ...checkCycles(sources)]).toEqual([]);
});

test('the repository has one version range per package', () => expect(checkRanges(manifests)).toEqual([]));

/** What the check says about one more file. */
const planted = (path: string, text: string): string[] => checkFiles([{ path, imports: importsOf(text) }], known, manifests);
const packages = manifests.map(({ name }) => name).filter((name) => name.startsWith('@linsta/'));
const sourceFolder = (folder: string) => (folder === 'tools/screenshots' ? folder : `${folder}/src`);

describe.each(ARROWS.map((row) => [row.folder, row] as const))('a violation planted in %s is refused', (folder, row) => {
  const path = `${sourceFolder(folder)}/planted.ts`;
  const own = manifests.find((manifest) => manifest.folder === folder)?.name;
  const refused = packages.filter((name) => name !== own && !row.may.includes(name.replace('@linsta/', '')));

  test.each(refused)('importing %s', (name) => {
    expect(planted(path, `import { thing } from '${name}';`)).not.toEqual([]);
    expect(planted(path, `export * from '${name}';`)).not.toEqual([]);
    expect(planted(path, `const thing = await import('${name}');`)).not.toEqual([]);
  });
  test('importing the types of a package that it may not know', () => {
    const [name] = refused.filter((each) => !(row.types ?? []).includes(each.replace('@linsta/', '')));
    expect(planted(path, `import type { Thing } from '${name}';`)).not.toEqual([]);
  });
  test('reaching into another package by a relative path', () => {
    const up = sourceFolder(folder)
      .split('/')
      .map(() => '..')
      .join('/');
    const other = folder === 'shared/core' ? 'shared/http/src/listen' : 'shared/core/src/errors';
    expect(planted(path, `import { thing } from '${up}/${other}';`)).not.toEqual([]);
  });
  test('importing a package that it does not declare', () =>
    expect(planted(path, `import thing from 'left-pad';`)).toEqual([expect.stringContaining('without declaring it')]));
  if (row.browser === true)
    test('importing a built-in module of Node, or the calls between services', () => {
      expect(planted(path, `import type { Broadcast } from '@linsta/contracts/internal';`)).not.toEqual([]);
      expect(planted(path, `import { readFileSync } from 'node:fs';`)).not.toEqual([]);
      expect(planted(path, `import { readFileSync } from 'fs';`)).not.toEqual([]);
    });
});

describe.each(ENTRY_LIBRARIES.map(({ library }) => library))('%s in the domain of a service is refused', (library) => {
  test.each(ARROWS.map(({ folder }) => folder).filter((folder) => folder.startsWith('services/')))('in %s', (folder) => {
    const domain = folder === 'services/realtime' || library !== 'mongoose' ? `${folder}/src/rooms/planted.ts` : 'gateway/src/planted.ts';
    expect(planted(domain, `import thing from '${library}';`)).toEqual(
      expect.arrayContaining([expect.stringContaining(`must not import ${library}`)]),
    );
  });
});

test('a planted import cycle is refused, over type-only imports too', () => {
  const first: SourceFile = { path: 'services/chat/src/planted.ts', imports: importsOf(`import { b } from './planted-b';`) };
  const second: SourceFile = { path: 'services/chat/src/planted-b.ts', imports: importsOf(`import type { A } from './planted';`) };
  expect(checkCycles([...sources, first, second])).toEqual([expect.stringContaining('services/chat/src/planted')]);
});

test('a file outside of every row is refused', () =>
  expect(planted('shared/everything/src/planted.ts', '')).toEqual([expect.stringContaining('no row')]));

test('a second version range is refused', () => {
  const second: Manifest = { folder: 'x', name: 'x', dependencies: { zod: '^3' }, devDependencies: {} };
  expect(checkRanges([...manifests, second])).toEqual([expect.stringContaining('zod has 2 ranges')]);
});

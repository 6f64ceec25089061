import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = join(__dirname, '..', '..');
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const gzipped = (bytes: Uint8Array) => gzipSync(bytes, { level: 9 }).length;

async function sizeOf(code: string): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: join(root, 'tests', 'e2e') },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ external: ['react'], conditions: ['linsta-source'], define: { 'process.env.NODE_ENV': '"production"' } },
  });
  return gzipped(outputFiles[0]!.contents);
}

test('when the client is bundled, then it is smaller than 40 kB gzip, Socket.IO included, and what is not used is left out', async () => {
  const all = await sizeOf("export * from '@linsta/client'; export * from '@linsta/client/react';");
  const errorAlone = await sizeOf("export { LinstaError } from '@linsta/client';");
  process.stderr.write(`@linsta/client with socket.io-client and idb: ${kB(all)} gzip\n`);
  expect(all).toBeLessThan(40_000);
  expect(errorAlone).toBeLessThan(1_000);
});

test('when the app is first loaded, then its scripts are smaller than 200 kB gzip, and the pages are split', () => {
  const dist = join(root, 'web', 'dist');
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  /** A script and everything that it imports before it runs. */
  const loaded = new Map<string, number>();
  const load = (path: string) => {
    if (loaded.has(path) || !existsSync(path)) return;
    const code = readFileSync(path);
    loaded.set(path, gzipped(code));
    for (const [, name = ''] of code.toString('utf8').matchAll(/(?:^|[;}\s])import(?:[^"'();]*?from)?\s*["']\.\/([\w.-]+)["']/g))
      load(join(path, '..', name));
  };
  for (const [, name = ''] of html.matchAll(/(?:src|href)="\.\/(assets\/[\w.-]+\.js)"/g)) load(join(dist, name));
  const entry = [...loaded.values()].reduce((sum, size) => sum + size, 0);
  // The first page of a signed-in user: the feed and the chunks it shares with other pages.
  const [main = ''] = [...loaded.keys()];
  const feed = /feed-page-[\w-]+\.js/.exec(readFileSync(main, 'utf8'))?.[0];
  expect(feed).toBeDefined();
  load(join(dist, 'assets', feed ?? ''));
  const first = [...loaded.values()].reduce((sum, size) => sum + size, 0);
  process.stderr.write(`web app, script before anything is shown: ${kB(entry)} gzip; with the feed: ${kB(first)} gzip\n`);
  expect(entry).toBeGreaterThan(50_000);
  expect(first).toBeLessThan(200_000);
  // A page that is not asked for is not loaded.
  expect([...loaded.keys()].filter((path) => /docs-page|demo-page|chat-page/.test(path))).toEqual([]);
});

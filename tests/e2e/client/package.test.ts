import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { promisify } from 'node:util';
import { chromiumPath, createTemporaryDirectory, describeWith, noBrowser, waitFor } from '@linsta/testing';
import { chromium } from 'playwright-core';
import { browserArguments } from '../../support/browser';
import { createProductProcess } from '../../support/product-process';

const root = join(__dirname, '..', '..', '..');
const run = promisify(execFile);
const blocksOf = (file: string, language: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(new RegExp('```' + language + '\\n([\\s\\S]+?)```', 'g'))].map(
    ([, block = '']) => block,
  );

const directory = createTemporaryDirectory();
const project = directory.path;
let tarball = '';
const write = (name: string, text: string) => {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), text);
};
// The demo users of the examples exist on the embedded default alone.
const starting = createProductProcess({ MONGO_URL: '' });
/**
 * A project outside of this repository, with the packed client and its declared dependencies only.
 */
beforeAll(async () => {
  const product = await starting;
  await product.start();
  await waitFor(() => product.output().includes('Linsta is running'), 'the demo users');
  const npm = process.env.npm_execpath;
  const args = ['pack', '--workspace', 'client', '--pack-destination', project, '--silent'];
  await (npm !== undefined && /\.c?js$/.test(npm) ? run(process.execPath, [npm, ...args], { cwd: root }) : run('npm', args, { cwd: root }));
  tarball = join(project, readdirSync(project).find((name) => name.endsWith('.tgz')) ?? '');
  const home = join(project, 'node_modules', '@linsta', 'client');
  mkdirSync(home, { recursive: true });
  await run('tar', ['xzf', tarball, '-C', home, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { dependencies: Record<string, string> };
  const others = ['react', 'react-dom', 'vite', '@vitejs/plugin-react', '@types/react', 'csstype'];
  for (const name of [...Object.keys(dependencies), ...others]) {
    mkdirSync(dirname(join(project, 'node_modules', name)), { recursive: true });
    const places = [root, join(root, 'web')].map((folder) => join(folder, 'node_modules', name));
    symlinkSync(places.find((place) => existsSync(place)) ?? name, join(project, 'node_modules', name));
  }
  write('package.json', '{ "name": "empty", "private": true, "type": "module" }');
}, 300_000);
afterAll(async () => {
  await (await starting).remove();
  directory.remove();
});

test('when the client is packed, then it holds code and types, and depends on nothing of this repository', () => {
  const home = join(project, 'node_modules', '@linsta', 'client');
  const { dependencies } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies)).toEqual(['idb', 'socket.io-client', 'zod']);
  const texts = readdirSync(join(home, 'dist'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(js|ts)$/.test(name))
    .map((name): [string, string] => [name, readFileSync(join(home, 'dist', name), 'utf8')]);
  expect(texts.map(([name]) => name)).toEqual(expect.arrayContaining(['index.js', 'index.d.ts', 'react.js', 'react.d.ts']));
  expect(texts.filter(([, text]) => text.includes('@linsta/contracts')).map(([name]) => name)).toEqual([]);
  // Calls between services are not a part of the public contract.
  expect(texts.filter(([name, text]) => /internal/.test(name) || text.includes('sendBatchRequest')).map(([name]) => name)).toEqual([]);
  // The contract's schemas are types here, never weight.
  expect(texts.filter(([name, text]) => name.endsWith('.js') && text.includes('zod')).map(([name]) => name)).toEqual([]);
  expect(existsSync(join(home, 'LICENSE'))).toBe(true);
  // Server components may import the hooks.
  for (const name of ['react.js', 'cjs/react.js'])
    expect(texts.find(([path]) => path === name)?.[1]).toMatch(/^('use strict'|"use strict")?;?\s*['"]use client['"]/);
  // Links to source maps lead to files that carry their sources.
  for (const [name, text] of texts) {
    const [, map] = /# sourceMappingURL=(.*)/.exec(text) ?? [];
    if (map === undefined) continue;
    expect(JSON.parse(readFileSync(join(home, 'dist', dirname(name), map), 'utf8'))).toMatchObject({
      sourcesContent: [expect.any(String)],
    });
  }
});

test.each([
  ['publint', ['run', '--strict']],
  ['@arethetypeswrong/cli', []],
])(
  'when %s examines the package, then it finds nothing',
  (name, options) => {
    const home = join(root, 'node_modules', name);
    const { bin } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { bin: string | Record<string, string> };
    const command = join(home, typeof bin === 'string' ? bin : (Object.values(bin)[0] ?? ''));
    const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...options, tarball], { encoding: 'utf8', cwd: root });
    expect({ status, output: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, output: '' });
  },
  60_000,
);

test.each([
  ['CommonJS', 'run.cjs', "const { createLinsta, createSession } = require('@linsta/client'); require('@linsta/client/react');"],
  ['an ES module', 'run.mjs', "import { createLinsta, createSession } from '@linsta/client'; import '@linsta/client/react';"],
])(
  'when %s runs where functions of newer browsers are missing, as in React Native, then a message is sent',
  async (_what, file, imports) => {
    const { url } = await starting;
    write(
      file,
      `${imports}
delete AbortSignal.timeout; delete AbortSignal.any;
const { getRandomValues } = crypto;
Object.defineProperty(globalThis, 'crypto', { value: { getRandomValues: getRandomValues.bind(crypto) } });
for (const name of ['set', 'append', 'get']) URLSearchParams.prototype[name] = () => { throw new Error('not implemented'); };
for (const name of ['atob', 'btoa', 'BroadcastChannel', 'navigator', 'localStorage', 'indexedDB']) Object.defineProperty(globalThis, name, { value: undefined });
globalThis.window = globalThis;
const run = async () => {
  const session = createSession({ url: '${url}' });
  await session.login({ email: 'ann@example.com', password: 'linsta-demo' });
  const linsta = createLinsta({ url: '${url}', getToken: session.getToken });
  linsta.connect();
  const [ben] = await linsta.call('GET /api/users', { query: { search: 'Ben Demo', limit: 1 } });
  const room = linsta.messages(await linsta.rooms.open(ben._id));
  room.subscribe(() => {
    if (room.get().messages.some(({ text, status }) => text === 'from ${file}' && status === 'sent')) { console.log('sent'); process.exit(0); }
  });
  room.send('from ${file}');
};
run().catch((error) => { console.error(error); process.exit(1); });
`,
    );
    const { stdout } = await run(process.execPath, [join(project, file)], { timeout: 20_000 });
    expect(stdout.trim()).toBe('sent');
  },
  30_000,
);

test.each([
  ['bundler', 'esnext'],
  ['nodenext', 'nodenext'],
  ['node16', 'node16'],
])(
  'when the TypeScript of docs/frontend.md is compiled with module resolution %s, then it holds; a wrong call does not',
  (moduleResolution, module) => {
    const blocks = [
      ...blocksOf('docs/frontend.md', 'ts').map((text, at): [string, string] => [`docs-${at}.ts`, text]),
      ...blocksOf('docs/frontend.md', 'tsx').map((text, at): [string, string] => [`docs-${at}.tsx`, text]),
      ...blocksOf('client/README.md', 'ts').map((text, at): [string, string] => [`client-${at}.ts`, text]),
    ];
    expect(blocks.length).toBeGreaterThanOrEqual(5);
    const wrong = `import type { Linsta } from '@linsta/client';\nexport const f = (l: Linsta) => l.call('POST /api/posts', { body: { txt: 'a' } });\n`;
    for (const [name, text] of [...blocks, ['wrong.ts', wrong] as const]) write(`typed/${name}`, text);
    write(
      'typed/tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false, target: 'es2023' },
          ...{ module, moduleResolution, jsx: 'react-jsx', lib: ['es2023', 'dom', 'dom.iterable'], types: [] },
        },
        include: ['*'],
      }),
    );
    const { stdout } = spawnSync(
      process.execPath,
      [join(root, 'node_modules', 'typescript-native', 'bin', 'tsc'), '-p', join(project, 'typed')],
      {
        encoding: 'utf8',
      },
    );
    const lines = stdout.split('\n').filter((line) => line.includes('error TS'));
    expect(lines).toEqual([expect.stringMatching(/wrong\.ts.*txt/)]);
  },
  60_000,
);

test.each(blocksOf('docs/frontend.md', 'js').map((block, at) => [at, block] as const))(
  'when block %i of docs/frontend.md is run with Node beside the product, then what it sends arrives',
  async (at, block) => {
    expect(block).toContain('http://localhost:5000');
    write(`run-${at}.mjs`, block.replace('http://localhost:5000', (await starting).url));
    const { stdout } = await run(process.execPath, [join(project, `run-${at}.mjs`)], { timeout: 20_000 });
    expect(stdout.trim()).toBe(['Ann Demo: Hello from a store (sent)', 'Ben holds Hello over a raw socket'][at]);
  },
  30_000,
);

describeWith(noBrowser, 'the example for browsers', () => {
  test.each(['docs/frontend.md'])(
    'when the one of %s is pasted into an empty Vite project, then two browsers talk through it',
    async (file) => {
      const [example = ''] = blocksOf(file, 'jsx');
      expect(example).toContain('http://localhost:5000');
      const { url } = await starting;
      write('index.html', '<!doctype html><div id="root"></div><script type="module" src="/src/main.jsx"></script>');
      write('vite.config.js', "import react from '@vitejs/plugin-react';\nexport default { plugins: [react()] };\n");
      // The second user is the same page with the other account.
      write(
        'src/main.jsx',
        example
          .replace('http://localhost:5000', url)
          .replace("'ann@example.com'", 'location.hash.slice(1)')
          .replace("'Ben Demo'", "location.hash.includes('ann') ? 'Ben Demo' : 'Ann Demo'"),
      );
      await run(process.execPath, [join(project, 'node_modules', 'vite', 'bin', 'vite.js'), 'build', '--logLevel', 'error'], {
        cwd: project,
      });

      const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };
      const server = createServer((request, response) => {
        const path = request.url === '/' ? '/index.html' : (request.url ?? '');
        response.setHeader('content-type', types[extname(path)] ?? 'application/octet-stream');
        response.end(existsSync(join(project, 'dist', path)) ? readFileSync(join(project, 'dist', path)) : '');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const page = `http://localhost:${(server.address() as { port: number }).port}/`;
      const browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: browserArguments });
      try {
        const [ann, ben] = await Promise.all(
          ['ann@example.com', 'ben@example.com'].map(async (email) => {
            const tab = await (await browser.newContext()).newPage();
            await tab.goto(`${page}#${email}`);
            await tab.getByText('online, 0 waiting').waitFor();
            return tab;
          }),
        );
        const text = `Hello from ${file}`;
        await ann!.getByLabel('To Ben Demo').fill(text);
        await ann!.getByLabel('To Ben Demo').press('Enter');
        await ann!.getByText(`Ann Demo: ${text} sent`).waitFor();
        await ben!.getByText(`Ann Demo: ${text} sent`).waitFor();
      } finally {
        await browser.close();
        server.close();
      }
    },
    90_000,
  );
});

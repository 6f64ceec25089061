import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, loadSecrets, maskValue, misspeltVariables, parseEnv, variablesOf } from '@linsta/core';
import { createTemporaryDirectory } from '@linsta/testing';
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { createConfigurationPage } from '../src/configuration/page';
import { describeConfiguration } from '../src/configuration/run';
import { loadSchemas } from '../src/configuration/schemas';

const ROOT = join(__dirname, '..', '..', '..');
const SECRET = 's'.repeat(32);

test('docs/configuration.md says what the schemas say', async () =>
  expect(readFileSync(join(ROOT, 'docs', 'configuration.md'), 'utf8')).toBe(await createConfigurationPage()));

test('every variable has a description, and no two of the product resemble each other', async () => {
  const names = new Set<string>();
  for (const [service, schema] of await loadSchemas())
    for (const { name, description } of variablesOf(schema)) {
      names.add(name);
      expect([service, name, description.length > 10]).toEqual([service, name, true]);
    }
  const all = [...names];
  const alike = all.flatMap((a, at) =>
    all.slice(at + 1).flatMap((b) => (a.length > 5 && a[0] === b[0] && distance(a, b) <= 2 ? [[a, b]] : [])),
  );
  expect(alike).toEqual([]);
});

const schema = z.object({
  JWT_SECRET: z.string().min(32, 'must be at least 32 characters'),
  MONGO_URL: z.string().optional(),
  MAX_SOCKETS: z.coerce.number().default(5),
  NODE_ENV: z.string().optional(),
});

test('a misspelt variable is reported with the name that it resembles; others are left alone', () => {
  const env = {
    MONGO_UR: 'x',
    MAX_SOCKTES: '3',
    JWT_SECRET: SECRET,
    JWT_SECRET_FILE: 'x',
    PATH: '/bin',
    HOME: '/',
    SHELL: 'sh',
    MAX_OLD: '1',
  };
  expect(misspeltVariables(env, Object.keys(schema.shape))).toEqual([
    { given: 'MONGO_UR', meant: 'MONGO_URL' },
    { given: 'MAX_SOCKTES', meant: 'MAX_SOCKETS' },
  ]);
});

test('a variable may be given as a file; every fault of all variables is reported at once', () => {
  const directory = createTemporaryDirectory();
  const file = join(directory.path, 'secret');
  writeFileSync(file, `${SECRET}\n`);
  expect(parseEnv(schema, { JWT_SECRET_FILE: file })).toMatchObject({ JWT_SECRET: SECRET, MAX_SOCKETS: 5 });
  const faultsOf = (env: NodeJS.ProcessEnv) => {
    try {
      parseEnv(schema, env);
      return [];
    } catch (error) {
      return (error as ConfigError).faults;
    }
  };
  expect(faultsOf({ JWT_SECRET: SECRET, JWT_SECRET_FILE: file })).toEqual(['JWT_SECRET and JWT_SECRET_FILE are both set; keep one']);
  expect(faultsOf({ JWT_SECRET_FILE: join(directory.path, 'none') })).toEqual([
    expect.stringContaining('cannot be read'),
    'JWT_SECRET is required',
  ]);
  expect(faultsOf({ JWT_SECRET: 'short', MAX_SOCKETS: 'many' })).toHaveLength(2);
  expect(faultsOf({ NODE_ENV: 'production', JWT_SECRET: 'jwt-secret-for-development-only-0000' })).toEqual([
    'JWT_SECRET is a published value, for development only',
  ]);
  directory.remove();
});

test('secrets are masked when a configuration is printed, also inside of URLs', () => {
  const [jwt, mongo] = variablesOf(schema);
  expect(maskValue(jwt!, SECRET)).toBe('(set)');
  expect(maskValue(mongo!, 'mongodb://me:secret@a,b/?x=1')).toBe('mongodb://***@a,b/?x=1');
  expect(maskValue(mongo!, undefined)).toBe('(unset)');
});

describe('linsta config', () => {
  const directory = createTemporaryDirectory();
  afterAll(() => directory.remove());
  test('an installation in one process: its secrets come from the data directory, masked', async () => {
    const env = { DATA_DIR: directory.path, LOG_LEVEL: 'debug', MONGO_UR: 'x' };
    await expect(describeConfiguration(['chat'], env)).rejects.toThrow('JWT_SECRET is required');
    const { JWT_SECRET, SERVICE_SECRET } = loadSecrets(directory.path, env);
    const shown = await describeConfiguration(['chat'], env);
    expect(shown.split('\n')).toEqual(
      expect.arrayContaining([
        'chat',
        '  JWT_SECRET=(set)  (data directory)',
        '  SERVICE_SECRET=(set)  (data directory)',
        '  LOG_LEVEL=debug  (set)',
        '  PORT=4004  (default)',
        'MONGO_UR is not known; MONGO_URL is',
      ]),
    );
    for (const secret of [JWT_SECRET, SERVICE_SECRET]) expect(shown).not.toContain(secret);
  });
  test('a secret that the environment gives, also as a file, replaces the kept one', () => {
    const file = join(directory.path, 'jwt');
    writeFileSync(file, SECRET);
    expect(Object.keys(loadSecrets(directory.path, { JWT_SECRET: SECRET }))).toEqual(['SERVICE_SECRET']);
    expect(Object.keys(loadSecrets(directory.path, { JWT_SECRET_FILE: file }))).toEqual(['SERVICE_SECRET']);
  });
  test('a service that does not exist is refused', async () =>
    expect(describeConfiguration(['chats'], {})).rejects.toThrow('linsta config takes one of gateway'));
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variablesOf } from '@linsta/core';
import { parse } from 'yaml';
import { loadSchemas } from '../src/configuration/schemas';

type Compose = { services: Record<string, { environment?: Record<string, string>; env_file?: { path: string; required: boolean }[] }> };
const compose = (name: string): Compose =>
  parse(readFileSync(join(__dirname, '..', '..', '..', name), 'utf8'), {
    merge: true,
    // Compose's own tag for a value that an earlier file set.
    customTags: [{ tag: '!reset', collection: 'seq', resolve: () => [] }],
  });
const FILES = ['docker-compose.yml', 'docker-compose.production.yml'];

describe.each(FILES)('%s', (file) => {
  test('each container gets variables that its service reads, and no others', async () => {
    const { services } = compose(file);
    for (const [name, schema] of await loadSchemas()) {
      const known = variablesOf(schema).map((variable) => variable.name);
      const given = Object.keys(services[name]?.environment ?? {});
      expect(given.length).toBeGreaterThan(0);
      expect([name, given.filter((variable) => !known.includes(variable))]).toEqual([name, []]);
    }
  });
});

test('every service gets what it cannot start without, and any other variable from one file', async () => {
  const { services } = compose(FILES[0]!);
  for (const [name, schema] of await loadSchemas()) {
    const { environment = {}, env_file } = services[name]!;
    const required = variablesOf(schema).filter((variable) => variable.required);
    expect([name, required.filter((variable) => !(variable.name in environment))]).toEqual([name, []]);
    expect(env_file).toEqual([{ path: 'linsta.env', required: false }]);
  }
});

test('in production no secret has a default, and the database asks for a password', () => {
  const { services } = compose(FILES[1]!);
  for (const name of ['JWT_SECRET', 'SERVICE_SECRET', 'AMQP_URL', 'MONGO_URL']) {
    const value = services.chat?.environment?.[name];
    expect(value).toMatch(/\$\{\w+:\?/);
    expect(value).not.toContain('development');
  }
  expect(services.mongo?.environment).toMatchObject({ MONGO_INITDB_ROOT_USERNAME: 'linsta' });
});

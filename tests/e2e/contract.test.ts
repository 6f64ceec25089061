import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { clientEvents, routes, serverEvents, serverRoutes, busEventTypes, type Route } from '@linsta/contracts';
import { startProduct, type Product } from '../support/product';

let product: Product;
let openapi: any;
let asyncapi: any;
beforeAll(async () => {
  product = await startProduct();
  openapi = (await product.call('GET', '/openapi.json')).body;
  asyncapi = (await product.call('GET', '/asyncapi.json')).body;
});
afterAll(() => product.stop());

const templateOf = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');
const operations = (): [method: string, path: string][] =>
  Object.entries<object>(openapi.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path]),
  );

test('when the documents are fetched, then they are valid OpenAPI 3.1 and AsyncAPI 3.0; a broken one would be reported', () => {
  const validate = (documents: object) =>
    JSON.parse(
      execFileSync(process.execPath, [join(__dirname, 'validate-contract.mjs')], { input: JSON.stringify(documents), encoding: 'utf8' }),
    );
  expect(openapi.openapi).toBe('3.1.0');
  expect(validate({ openapi, asyncapi })).toEqual({ openapi: { valid: true, errors: [] }, asyncapi: { version: '3.0.0', faults: [] } });
  const broken = validate({
    openapi: { ...openapi, paths: { '/x': { get: { responses: 5 } } } },
    asyncapi: { ...asyncapi, operations: { x: { action: 'shout' } } },
  });
  expect(broken.openapi.valid).toBe(false);
  expect(broken.asyncapi.faults).not.toEqual([]);
});

test('when the routes of the code and of the document are compared, then they are the same', () => {
  const documented = operations()
    .map(([method, path]) => `${method} ${path}`)
    .filter((key) => key.includes(' /api/'));
  const coded = [...Object.keys(routes), ...Object.keys(serverRoutes)].map((key) => templateOf(key));
  expect(documented.sort()).toEqual(coded.sort());
});

test('when every documented call is made without a token, then the answer is 401, or 400 where no token is needed', async () => {
  const statuses: Record<string, number> = {};
  for (const [method, path] of operations().filter(([, path]) => path.startsWith('/api/')))
    statuses[`${method} ${path}`] = (await product.call(method, path.replaceAll(/\{\w+\}/g, '0'.repeat(24)))).status;
  // A logout takes an access token or a refresh token, so it is open at the gateway and wants one
  // of the two itself.
  const isOpen = (key: string, { open }: Route) => open === true && key !== 'POST /api/auth/logout';
  const expected = Object.fromEntries([
    ...Object.entries<Route>(routes).map(([key, route]) => [templateOf(key), isOpen(key, route) ? 400 : 401]),
    ...Object.keys(serverRoutes).map((key) => [templateOf(key), 401]),
  ]);
  expect(statuses).toEqual(expected);
});

test('when every documented call is made with a token, then a service answers it: no path of the document is unknown behind the gateway', async () => {
  const { token } = await product.register('Contract Reader');
  for (const [method, path] of operations().filter(([, path]) => path.startsWith('/api/') && !path.startsWith('/api/auth/logout'))) {
    const { status, body } = await product.call(method, path.replaceAll(/\{\w+\}/g, '0'.repeat(24)), token);
    expect([method, path, status < 500, body?.detail === 'Path not found']).toEqual([method, path, true, false]);
  }
});

test('when the events of the code and of the document are compared, then they are the same, each way', () => {
  const named = (action: string) =>
    Object.entries<any>(asyncapi.operations)
      .filter(([, operation]) => operation.action === action && operation.channel.$ref === '#/channels/socket')
      .map(([, { messages }]) => asyncapi.channels.socket.messages[messages[0].$ref.split('/').at(-1)].name)
      .sort();
  expect(named('receive')).toEqual(Object.keys(clientEvents).sort());
  expect(named('send')).toEqual(Object.keys(serverEvents).sort());
  expect(
    Object.keys(asyncapi.channels)
      .filter((name) => name !== 'socket')
      .sort(),
  ).toEqual([...busEventTypes].sort());
});

test('when every documented client event is sent, then the server knows it; an event that is not documented it does not', async () => {
  const { token } = await product.register('Event Reader');
  const { request, connected } = product.device(token);
  await connected;
  for (const name of Object.keys(clientEvents)) {
    const answer = await request(name, { nonsense: 1 });
    expect([name, answer.ok, answer.error?.code]).toEqual([name, false, 'BAD_REQUEST']);
  }
  expect(await request('no_such_event', {})).toMatchObject({ ok: false, error: { code: 'UNKNOWN_EVENT' } });
});

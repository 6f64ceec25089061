import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, isRetryable, routes } from '@linsta/contracts';
import { createErrorsPage } from '../src/contract/errors-page';
import { createOpenApi } from '../src/contract/openapi';
import { createSdkCodes } from '../src/contract/sdk-codes';

test('docs/errors.md says what the table of error codes says', () => {
  expect(readFileSync(join(__dirname, '..', '..', 'docs', 'errors.md'), 'utf8')).toBe(createErrorsPage());
});

test('the SDK knows the codes that the table calls final', () =>
  expect(readFileSync(join(__dirname, '..', '..', 'client', 'src', 'error-codes.ts'), 'utf8')).toBe(createSdkCodes()));

test('a client that follows the table repeats everything that may pass, and takes an unknown code as passing', () => {
  for (const code of ['OVERLOADED', 'UNAVAILABLE', 'RATE_LIMITED', 'INTERNAL', 'TOO_MANY_SOCKETS', 'TOO_MANY_CONNECTIONS', 'OF_TOMORROW'])
    expect([code, isRetryable(code)]).toEqual([code, true]);
  for (const code of ['BAD_REQUEST', 'NOT_A_PARTICIPANT', 'CHAT_ROOM_NOT_FOUND', 'CLIENT_MESSAGE_ID_REUSED'])
    expect([code, isRetryable(code)]).toEqual([code, false]);
  for (const { status, retryable } of Object.values(ERROR_CODES)) if (status === 429 || status >= 500) expect(retryable).toBe(true);
});

test('the OpenAPI document names every code under its status, and every call has the statuses that any call can get', () => {
  const { components, paths } = createOpenApi('0.0.0') as any;
  for (const [code, { status }] of Object.entries(ERROR_CODES)) expect(components.responses[status].description).toContain(`\`${code}\``);
  for (const key of Object.keys(routes)) {
    const [method = '', path = ''] = key.split(' ');
    const { responses } = paths[path.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()];
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['400', '403', '405', '413', '429', '431', '500', '503']));
    expect(responses['429'].$ref).toBe('#/components/responses/429');
  }
  expect(components.responses['429'].headers).toHaveProperty('Retry-After');
});

import { ERROR_CODES } from '@linsta/contracts';

/**
 * The reference page of error codes, docs/errors.md, from the table that the product itself uses.
 */
export const createErrorsPage = (): string =>
  [
    '# Errors',
    '',
    '<!-- Generated from the table of error codes by `npm run contract`; a test compares. -->',
    '',
    'REST answers `application/problem+json` with `code`, `detail` and `requestId`; a socket gets `{ok: false, error: {code, message}}`',
    'as its acknowledgement and an `error` event. The code is stable; the sentence is for people and may change. A client that repeats',
    'the *retryable* ones, after `Retry-After` or with growing delays, and treats a code that it does not know as retryable, loses no',
    'message: a send is safe to repeat with its `clientMessageId`.',
    '',
    '| code | status | retryable | meaning |',
    '| --- | --- | --- | --- |',
    ...Object.entries(ERROR_CODES).map(
      ([code, { status, retryable, meaning }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : 'no'} | ${meaning} |`,
    ),
    '',
  ].join('\n');

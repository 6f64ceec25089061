import { createTokens } from '../src/session/tokens.js';
import { claimsOf } from '../src/session/claims.js';
import { tokenOf } from './support/fetch-stub.js';

const LIFE_SECONDS = 900;
const NOW = Date.parse('2026-01-01T12:00:00.000Z');
beforeEach(() => jest.useFakeTimers({ now: NOW }));
afterEach(() => jest.useRealTimers());

/** An issuer whose clock is `aheadMs` ahead of this device's. */
function createIssuer(aheadMs: number, ignoresForce = false) {
  let issued = 0;
  const issue = () => {
    const iat = Math.floor((Date.now() + aheadMs) / 1000);
    return tokenOf({ userId: 'ann', iat, exp: iat + LIFE_SECONDS, n: issued });
  };
  let token = issue();
  let requests = 0;
  const tokens = createTokens({
    getToken({ force }) {
      requests += 1;
      if (force && !ignoresForce) {
        issued += 1;
        token = issue();
      }
      return Promise.resolve(token);
    },
    onRenewed: () => undefined,
  });
  return { tokens, requests: () => requests };
}

test.each([
  ['right', 0],
  ['16 minutes fast', -960_000],
  ['14 minutes 50 seconds fast', -890_000],
  ['five hours fast', -18_000_000],
  ['five hours slow', 18_000_000],
])(
  'given a device clock that is %s, when a client runs for an hour, then it renews before each expiry and not more often',
  async (_what, aheadMs) => {
    const { tokens, requests } = createIssuer(aheadMs);
    await tokens.get();
    tokens.start();
    await jest.advanceTimersByTimeAsync(3_600_000);
    tokens.stop();
    expect(requests()).toBeGreaterThanOrEqual(3);
    expect(requests()).toBeLessThanOrEqual(9);
  },
);

test('given a source that always gives the same expired token, when a client runs for an hour, then the requests become rare', async () => {
  const { tokens, requests } = createIssuer(-18_000_000, true);
  await tokens.get();
  tokens.start();
  await jest.advanceTimersByTimeAsync(3_600_000);
  tokens.stop();
  expect(requests()).toBeLessThanOrEqual(30);
});

test('given a source that never answers, when a token is requested, then the request ends, and the next one starts anew', async () => {
  let requests = 0;
  const tokens = createTokens({
    getToken: () => ((requests += 1) === 1 ? new Promise<never>(() => undefined) : Promise.resolve(tokenOf({ userId: 'ann' }))),
    onRenewed: () => undefined,
  });
  const failed = expect(tokens.get()).rejects.toMatchObject({ code: 'TIMEOUT', retryable: true });
  await jest.advanceTimersByTimeAsync(60_000);
  await failed;
  await expect(tokens.get()).resolves.toEqual(expect.any(String));
});

test.each([{ userId: 'Zoë 日本 🎉' }, { userId: 'a', n: 1 }, {}])(
  'given the claims %j, when they are read without atob and TextDecoder, then they are the same',
  (claims) => {
    const globals = globalThis as { atob?: unknown; TextDecoder?: unknown };
    const before = [globals.atob, globals.TextDecoder];
    delete globals.atob;
    delete globals.TextDecoder;
    try {
      expect(claimsOf(tokenOf(claims))).toEqual(claims);
      expect(claimsOf('not a token')).toEqual({});
    } finally {
      [globals.atob, globals.TextDecoder] = before;
    }
  },
);

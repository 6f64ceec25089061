import type { RouteKey } from '@linsta/contracts';
import { sleep } from '../core/retry.js';
import type { Network } from '../core/settings.js';
import { LinstaError, toLinstaError } from '../errors.js';
import { exchange } from './exchange.js';
import type { Call } from './types.js';

const ATTEMPTS_OF_A_READ = 3;
const LONGEST_WAIT_MS = 5_000;

interface CallParts {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Fills a route's template. Written out because React Native's `URLSearchParams` throws. */
export const pathOf = (template: string, { params = {}, query = {} }: CallParts): string => {
  const path = template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = Object.entries(query)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
  return search === '' ? path : `${path}?${search}`;
};

/** Every REST call, typed by the contract. Reads are retried; a refused token is renewed once. */
export function createCall(options: {
  network: Network;
  getToken: (force?: boolean) => Promise<string | undefined>;
  isCut: () => boolean;
}): Call {
  const once = async (route: RouteKey, parts: CallParts): Promise<unknown> => {
    const [method = '', template = ''] = route.split(' ');
    const path = pathOf(template, parts);
    const attempt = async (force: boolean) => {
      if (options.isCut()) throw new LinstaError('NETWORK', 'The network is switched off for this client');
      const token = await options.getToken(force);
      return exchange(options.network, { method, path, token, body: parts.body, signal: parts.signal });
    };
    try {
      return await attempt(false);
    } catch (error) {
      if (toLinstaError(error).status !== 401 || template.startsWith('/api/auth/')) throw error;
      return attempt(true);
    }
  };
  const call = async (route: RouteKey, parts: CallParts = {}): Promise<unknown> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await once(route, parts);
      } catch (error) {
        const failure = toLinstaError(error);
        if (!failure.retryable || !route.startsWith('GET ') || options.isCut() || attempt >= ATTEMPTS_OF_A_READ - 1) throw failure;
        await sleep(Math.min(failure.retryAfterMs ?? options.network.backOff(attempt), LONGEST_WAIT_MS));
      }
    }
  };
  return call as Call;
}

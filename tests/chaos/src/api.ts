import { setTimeout as pause } from 'node:timers/promises';
const ANSWER_MS = 8_000;

export interface CallOptions {
  token?: string;
  body?: unknown;
  /** Retries an outage for this time, 60 s by default. */
  withinMs?: number;
}
/** A final answer, which a retry does not change. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

/**
 * A REST client that repeats calls after outages and rate limits; all calls through it must be safe
 * to repeat.
 */
export function createApi(url: string) {
  const once = async (method: string, path: string, { token, body }: CallOptions) => {
    const response = await fetch(url + path, {
      method,
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  /**
   * Throws `Refused` for a final answer, and for the last outage at the end of `withinMs`. The
   * caller names the type that the contract promises.
   */
  async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const until = Date.now() + (options.withinMs ?? 60_000);
    for (;;) {
      const answer = await once(method, path, options).catch((error: Error) => ({ status: 0, json: { code: error.name } }));
      if (answer.status >= 200 && answer.status < 300) return answer.json as T;
      const { code = '' } = (answer.json ?? {}) as { code?: string };
      if (![0, 429, 502, 503, 504].includes(answer.status) || Date.now() > until) throw new Refused(answer.status, code);
      await pause(150);
    }
  }
  return { call, once };
}
export type Api = ReturnType<typeof createApi>;

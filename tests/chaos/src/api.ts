import { setTimeout as pause } from 'node:timers/promises';
const ANSWER_MS = 8_000;

export interface Asked {
  token?: string;
  body?: unknown;
  /** Give up after so long; while there is time, an outage is asked again. */
  withinMs?: number;
}
/** An answer that asking again does not change. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

/**
 * The REST side of a client that knows which answers mean "not now". Calls that are made through it
 * must be safe to repeat.
 */
export function createApi(url: string) {
  const once = async (method: string, path: string, { token, body }: Asked) => {
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
   * Throws `Refused`, or the last outage when there is no time left. The caller says what shape the
   * contract promises.
   */
  async function call<T>(method: string, path: string, asked: Asked = {}): Promise<T> {
    const until = Date.now() + (asked.withinMs ?? 60_000);
    for (;;) {
      const answer = await once(method, path, asked).catch((error: Error) => ({ status: 0, json: { code: error.name } }));
      if (answer.status >= 200 && answer.status < 300) return answer.json as T;
      const { code = '' } = (answer.json ?? {}) as { code?: string };
      if (![0, 429, 502, 503, 504].includes(answer.status) || Date.now() > until) throw new Refused(answer.status, code);
      await pause(150);
    }
  }
  return { call, once };
}
export type Api = ReturnType<typeof createApi>;

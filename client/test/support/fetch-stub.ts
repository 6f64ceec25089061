/** One request as a stubbed `fetch` received it. */
export interface StubRequest {
  method: string;
  path: string;
  url: string;
  headers: Record<string, string>;
  body: unknown;
}
export type StubAnswer = { status?: number; json?: unknown; html?: string } | 'lost' | 'silent';

export const json = (body: unknown, status = 200): StubAnswer => ({ status, json: body });
export const problem = (status: number, code: string): StubAnswer => json({ status, code, detail: code, title: code }, status);

/**
 * A `fetch` that answers by `handle`. `lost`: the connection fails after the server has worked;
 * `silent`: no answer ever comes.
 */
export function createFetchStub(handle: (request: StubRequest) => StubAnswer | Promise<StubAnswer>) {
  const requests: StubRequest[] = [];
  const stub = async (input: string, init: RequestInit = {}): Promise<Response> => {
    const request: StubRequest = {
      method: init.method ?? 'GET',
      url: input,
      path: input.replace(/^https?:\/\/[^/]+/, ''),
      headers: init.headers as Record<string, string>,
      body: init.body === undefined || init.body === null ? undefined : JSON.parse(init.body as string),
    };
    requests.push(request);
    const answer = await handle(request);
    if (answer === 'lost') throw new TypeError('Failed to fetch');
    if (answer === 'silent') return new Promise<never>(() => undefined);
    const { status = 200, json: body, html } = answer;
    return html === undefined
      ? new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
      : new Response(html, { status, headers: { 'content-type': 'text/html; charset=utf-8' } });
  };
  return { fetch: stub as unknown as typeof fetch, requests };
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** An unsigned token; times in seconds by the server's clock. */
export const tokenOf = (claims: { userId?: string; iat?: number; exp?: number; n?: number }) =>
  `${encode({ alg: 'HS256' })}.${encode(claims)}.signature`;

export const createStorageStub = () => {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => void values.set(key, value),
    removeItem: (key: string) => void values.delete(key),
  };
};

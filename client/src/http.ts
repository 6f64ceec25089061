import type { RouteKey } from '@linsta/contracts';
import { LinstaError } from './errors.js';
import { backOffMs, sleep } from './timing.js';
import type { Call } from './types.js';

export const DEADLINE_MS = 10_000;
const TRIES_OF_A_READ = 3;

interface Request {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  signal?: AbortSignal;
}
interface ProblemLike {
  code?: string;
  detail?: string;
  requestId?: string;
  errors?: { path: string; message: string }[];
}

const pathOf = (template: string, { params = {}, query = {} }: Request): string => {
  const path = template.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? path : `${path}?${search.toString()}`;
};

async function toProblemError(response: Response): Promise<LinstaError> {
  const problem = (await response.json().catch(() => ({}))) as ProblemLike;
  const seconds = Number(response.headers.get('retry-after'));
  return new LinstaError(problem.code ?? `HTTP_${response.status}`, problem.detail ?? `The server answered ${response.status}`, {
    status: response.status,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    requestId: problem.requestId,
    errors: problem.errors,
  });
}

/** One exchange. Throws `LinstaError`. */
export async function exchange(
  url: string,
  method: string,
  path: string,
  token: string | undefined,
  request: Request,
  deadlineMs = DEADLINE_MS,
): Promise<unknown> {
  const deadline = AbortSignal.timeout(deadlineMs);
  let response: Response;
  try {
    response = await fetch(url + path, {
      method,
      signal: request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(request.body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
    });
    if (!response.ok) throw await toProblemError(response);
    return response.status === 204 ? undefined : await response.json();
  } catch (error) {
    if (error instanceof LinstaError) throw error;
    if (request.signal?.aborted === true) throw new LinstaError('ABORTED', 'The call was given up', { retryable: false });
    if (deadline.aborted) throw new LinstaError('TIMEOUT', 'The server did not answer in time');
    throw new LinstaError('NETWORK', 'The server cannot be reached');
  }
}

/** Every REST call, typed by the contract. Reads are tried again; a refused token is renewed once. */
export function createCall(options: {
  url: string;
  deadlineMs: number;
  getToken: (force?: boolean) => Promise<string | undefined>;
  cut: () => boolean;
}): Call {
  const once = async (route: RouteKey, request: Request): Promise<unknown> => {
    const [method = '', template = ''] = route.split(' ');
    const path = pathOf(template, request);
    const attempt = async (force: boolean) => {
      if (options.cut()) throw new LinstaError('NETWORK', 'The network is switched off');
      const token = await options.getToken(force);
      return exchange(options.url, method, path, token, request, options.deadlineMs);
    };
    try {
      return await attempt(false);
    } catch (error) {
      if (!(error instanceof LinstaError) || error.status !== 401 || template.startsWith('/api/auth/')) throw error;
      return attempt(true);
    }
  };
  const call = async (route: RouteKey, request: Request = {}): Promise<unknown> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(route, request);
      } catch (error) {
        const again =
          error instanceof LinstaError && error.retryable && error.code !== 'ABORTED' && route.startsWith('GET ') && !options.cut();
        if (!again || tries >= TRIES_OF_A_READ) throw error;
        await sleep(Math.min(error.retryAfterMs ?? backOffMs(tries - 1), 5_000));
      }
    }
  };
  return call as Call;
}

import type { Network } from '../core/settings.js';
import { LinstaError } from '../errors.js';

export interface Exchange {
  method: string;
  /** Below the base path, with its query. */
  path: string;
  token?: string | undefined;
  body?: unknown;
  signal?: AbortSignal | undefined;
  /** Goes on after the page was left, where the browser can do that. */
  keepalive?: boolean;
}
interface ProblemLike {
  code?: unknown;
  detail?: string;
  requestId?: string;
  errors?: { path: string; message: string }[];
}

const isRetryableStatus = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500;

/**
 * Something else than Linsta answered, e.g. a proxy, a captive portal or the page of another
 * server.
 */
function toUnexpectedAnswer({ status, headers }: Response): LinstaError {
  const type = headers.get('content-type')?.split(';')[0] ?? 'no content type';
  const kind = type === 'text/html' ? 'a web page' : type;
  return new LinstaError('UNEXPECTED_ANSWER', `The answer is ${kind} with status ${status}, not JSON of Linsta: is the url right?`, {
    status,
    retryable: status < 400 || isRetryableStatus(status),
  });
}

function toProblemError(response: Response, problem: ProblemLike): LinstaError {
  const { status } = response;
  const seconds = Number(response.headers.get('retry-after'));
  const details = {
    status,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
    requestId: problem.requestId,
    errors: problem.errors,
  };
  const message = problem.detail ?? `The server answered ${status}`;
  return typeof problem.code === 'string'
    ? new LinstaError(problem.code, message, details)
    : new LinstaError(`HTTP_${status}`, message, { ...details, retryable: isRetryableStatus(status) });
}

async function readAnswer(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    throw toUnexpectedAnswer(response);
  }
  if (!response.ok) throw toProblemError(response, answer ?? {});
  return answer;
}

/**
 * One request and its answer within the deadline. Throws `LinstaError`.
 * `AbortSignal.timeout` and `AbortSignal.any` are missing in React Native and older browsers.
 */
export async function exchange(network: Network, { method, path, token, body, signal, keepalive }: Exchange): Promise<unknown> {
  const abort = typeof AbortController === 'undefined' ? undefined : new AbortController();
  const toAborted = () => new LinstaError('ABORTED', 'The call was aborted by its signal');
  if (signal?.aborted === true) throw toAborted();
  let end: ((error: LinstaError) => void) | undefined;
  // Ends the call also where a custom `fetch` ignores its signal.
  const ended = new Promise<never>((_resolve, reject) => {
    end = (error) => {
      reject(error);
      abort?.abort();
    };
  });
  const onAbort = () => end?.(toAborted());
  signal?.addEventListener('abort', onAbort);
  const timer = setTimeout(() => end?.(new LinstaError('TIMEOUT', 'The server did not answer in time')), network.deadlineMs);
  const work = async () => {
    const response = await network.fetch(network.origin() + network.basePath + path, {
      method,
      ...(abort !== undefined && { signal: abort.signal }),
      ...(keepalive === true && { keepalive }),
      headers: {
        ...network.headers(),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return readAnswer(response);
  };
  try {
    const working = work();
    // After the deadline its failure has no reader.
    working.catch(() => undefined);
    return await Promise.race([working, ended]);
  } catch (error) {
    const failure = error instanceof LinstaError ? error : new LinstaError('NETWORK', 'The server cannot be reached', { cause: error });
    if (failure.code !== 'ABORTED')
      network.log({ level: 'warn', event: 'request failed', code: failure.code, message: failure.message, cause: failure.cause });
    throw failure;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

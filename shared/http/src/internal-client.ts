import { Agent, request } from 'node:http';
import type { ServiceName } from '@linsta/contracts';
import { correlationId, currentTraceparent, fromUpstream, inSpan, itemAt, unavailable } from '@linsta/core';
import type { z } from 'zod';
import type { ServiceTokens } from './service-tokens';

export interface InternalClient {
  /**
   * Throws the AppError that the service answered (4xx), or 503 when it is down, slow or its answer
   * is malformed.
   */
  post<T extends z.ZodType>(path: string, body: unknown, answer: T): Promise<z.output<T>>;
  close(): void;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Calls the internal endpoints of another service. Connections are kept alive, every call has a
 * deadline, and nothing is retried: the caller knows which calls may be repeated. The correlation
 * id travels as X-Request-Id.
 */
export function createInternalClient(options: {
  service: ServiceName;
  /** One URL, or several equal nodes: the next one is called when a connection is refused. */
  baseUrl: string | string[];
  tokens: ServiceTokens;
  timeoutMs?: number;
}): InternalClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, keepAliveMsecs: 5_000 });
  const bases = [options.baseUrl].flat().map((url) => new URL(url));
  let at = 0;
  const timeoutMs = options.timeoutMs ?? 4_500;
  const down = () => unavailable(`The ${options.service} service cannot be reached just now`);

  const exchange = (path: string, payload: string, again: boolean, left = bases.length - 1) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const chosen = at;
      const base = itemAt(bases, chosen);
      const id = correlationId();
      const traceparent = currentTraceparent();
      const outgoing = request(
        {
          agent,
          host: base.hostname,
          port: base.port,
          path: `/internal${path}`,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(payload),
            authorization: `Bearer ${options.tokens.mint(options.service)}`,
            ...(id !== undefined && { 'x-request-id': id }),
            ...(traceparent !== undefined && { traceparent }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size > MAX_ANSWER_BYTES) response.destroy();
            else chunks.push(chunk);
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }));
          response.on('close', () => void (response.complete || reject(down())));
        },
      );
      const deadline = setTimeout(() => outgoing.destroy(new Error('deadline')), timeoutMs);
      outgoing.on('close', () => clearTimeout(deadline));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // A kept-alive connection that the other end closed before it read anything: repeating the
        // call is safe.
        if (again && outgoing.reusedSocket && error.code === 'ECONNRESET') exchange(path, payload, false, left).then(resolve, reject);
        else if (left > 0 && error.code === 'ECONNREFUSED') {
          // No process received the call, so another node may.
          if (at === chosen) at = (at + 1) % bases.length;
          exchange(path, payload, again, left - 1).then(resolve, reject);
        } else reject(down());
      });
      outgoing.end(payload);
    });

  return {
    async post(path, body, answer) {
      const { status, text } = await inSpan(`call ${options.service}${path}`, { kind: 'client' }, () =>
        exchange(path, JSON.stringify(body), true),
      );
      let json: unknown;
      try {
        json = text === '' ? undefined : JSON.parse(text);
      } catch {
        throw down();
      }
      if (status >= 400 && status < 500) {
        const { code, detail } = json as { code?: string; detail?: string };
        throw fromUpstream(code, detail);
      }
      const parsed = answer.safeParse(json);
      if (status >= 500 || !parsed.success) throw down();
      return parsed.data;
    },
    close: () => agent.destroy(),
  };
}

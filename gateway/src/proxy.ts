import { Agent, type ClientRequest, type IncomingMessage } from 'node:http';
import type { ServiceName } from '@linsta/contracts';
import { AppError, currentTraceparent, unavailable, type Logger } from '@linsta/core';
import { sendProblem } from '@linsta/http';
import type { Request, Response } from 'express';
import { LRUCache } from 'lru-cache';
import { createProxyMiddleware, debugProxyErrorsPlugin, proxyEventsPlugin } from 'http-proxy-middleware';
import type { GatewayConfig } from './config';
import { sidOf, type Target } from './paths';
import type { RealtimeNodes } from './realtime-nodes';

/**
 * Client headers that reach a service. All others are dropped, among them every header that
 * services trust.
 */
const FORWARDED = [
  'accept',
  'accept-language',
  'authorization',
  'content-type',
  'content-encoding',
  'content-length',
  'transfer-encoding',
  'user-agent',
  'traceparent',
  'tracestate',
];
/**
 * Headers of a service's answer that do not reach the client: those of the hop, and those that the
 * gateway sets.
 */
const WITHHELD = /^(?:connection|keep-alive|proxy-.*|te|trailer|upgrade|server|x-powered-by|access-control-.*|vary)$/;
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);
/** A larger body is not read to its end; the connection is closed after the answer. */
const MAX_DISCARDED_BYTES = 8 * 1024 * 1024;
const MAX_NODES = 1_000;

export interface Forwarding {
  target: Target;
  address: string;
  timeoutMs: number;
  maxBodyBytes: number;
}
interface Exchange extends Forwarding {
  service: ServiceName;
  outgoing?: ClientRequest;
  /** Why the gateway itself ended it. */
  refusal?: AppError;
  answering?: true;
  deadline?: NodeJS.Timeout;
}

const announcedBytes = (request: IncomingMessage) => Number(request.headers['content-length'] ?? 0);
const tooLarge = (limit: number) => new AppError('BODY_TOO_LARGE', `The body is larger than ${limit} bytes`);

/** Throws 400 or 413 for a request that is refused by its framing alone. */
function assertFraming(request: IncomingMessage, maxBodyBytes: number): void {
  const encoding = request.headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked')
    throw new AppError('BAD_REQUEST', 'The transfer encoding is not understood');
  // http-proxy gives a DELETE without length a length of 0 and sends its chunks all the same: the
  // next request on that connection would be the caller's.
  if (BODILESS.has(request.method ?? '') && (encoding !== undefined || announcedBytes(request) > 0))
    throw new AppError('BODY_NOT_EXPECTED', 'This call takes no body');
  if (announcedBytes(request) > maxBodyBytes) throw tooLarge(maxBodyBytes);
}

/**
 * Passes requests on to the services over kept-alive connections, with a deadline, and answers for
 * those that do not.
 */
export function createProxy(config: GatewayConfig, nodes: RealtimeNodes, logger: Logger) {
  // Idle connections are given up well before the services do it (65 s), so that none is taken that
  // is closing.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 20_000 });
  const exchanges = new WeakMap<IncomingMessage, Exchange>();

  const refuse = (request: Request, response: Response, error: AppError) => {
    if (error.status === 413) {
      // Read on and throw away: a caller in the middle of its body would otherwise see a reset
      // connection instead of the answer.
      if (announcedBytes(request) > MAX_DISCARDED_BYTES) response.setHeader('connection', 'close');
      request.unpipe().resume();
    }
    if (response.headersSent) response.destroy();
    else sendProblem(response, error, request.id);
  };
  /** Ends an exchange from our side, whatever state it is in. */
  const end = (exchange: Exchange, request: Request, response: Response, error: AppError) => {
    if (exchange.refusal !== undefined) return;
    exchange.refusal = error;
    refuse(request, response, error);
    exchange.outgoing?.destroy();
  };

  const on = {
    start(request: Request, response: Response) {
      const exchange = exchanges.get(request);
      if (exchange === undefined) return;
      const late = () => {
        // A service is late when it is silent. While the client does not read, the answer waits for
        // the client.
        if (exchange.answering === true && response.writableNeedDrain) return void exchange.deadline?.refresh();
        logger.warn({ requestId: request.id, upstream: exchange.service }, 'upstream timeout');
        end(exchange, request, response, unavailable(`The ${exchange.service} service did not answer in time`));
      };
      // The service's time begins when it has the whole request; a caller that dawdles meets the
      // server's own limit.
      const arm = () => (exchange.deadline ??= setTimeout(late, exchange.timeoutMs).unref());
      if (announcedBytes(request) === 0 && request.headers['transfer-encoding'] === undefined) arm();
      else {
        let seen = 0;
        request.on('end', arm).on('data', (chunk: Buffer) => {
          seen += chunk.length;
          if (seen > exchange.maxBodyBytes) end(exchange, request, response, tooLarge(exchange.maxBodyBytes));
        });
      }
      response.on('close', () => {
        clearTimeout(exchange.deadline);
        if (!response.writableFinished) exchange.outgoing?.destroy();
      });
    },
    proxyReq(outgoing: ClientRequest, request: Request, response: Response) {
      const exchange = exchanges.get(request);
      if (exchange === undefined) return;
      exchange.outgoing = outgoing;
      // http-proxy repeats this header in the answer; without it, it promises to keep every
      // connection open.
      request.headers.connection = response.shouldKeepAlive ? 'keep-alive' : 'close';
      if (exchange.refusal !== undefined || response.destroyed) outgoing.destroy();
    },
    proxyRes(answer: IncomingMessage, request: Request, response: Response) {
      for (const name of Object.keys(answer.headers)) if (WITHHELD.test(name)) delete answer.headers[name];
      const exchange = exchanges.get(request);
      if (exchange !== undefined) {
        exchange.answering = true;
        exchange.deadline?.refresh();
        answer.on('data', () => exchange.deadline?.refresh());
      }
      // http-proxy leaves the caller waiting when a service dies in the middle of its answer.
      answer.on('close', () => {
        if (!answer.complete) response.destroy();
      });
    },
    error(error: Error & { code?: string }, request: Request, response: Response) {
      const exchange = exchanges.get(request);
      if (exchange === undefined || exchange.refusal !== undefined) return;
      logger.warn({ requestId: request.id, upstream: exchange.service, err: error.code ?? error.message }, 'upstream unreachable');
      end(exchange, request, response, unavailable(`The ${exchange.service} service cannot be reached just now`));
    },
  };

  const proxyTo = (target: string) =>
    createProxyMiddleware<Request, Response>({
      target,
      agent,
      changeOrigin: true,
      // The target is canonical already; without this http-proxy would parse and repair it once
      // more.
      toProxy: true,
      ejectPlugins: true,
      // The library types its own plugins for plain requests only; at run time they take any.
      plugins: [debugProxyErrorsPlugin, proxyEventsPlugin] as unknown as NonNullable<
        Parameters<typeof createProxyMiddleware<Request, Response>>[0]['plugins']
      >,
      on: on as NonNullable<Parameters<typeof createProxyMiddleware<Request, Response>>[0]['on']>,
    });
  // One for each node: a proxy whose target depends on the request could be directed elsewhere by a
  // request.
  const realtimeProxies = new LRUCache<string, ReturnType<typeof proxyTo>>({ max: MAX_NODES, memoMethod: proxyTo });
  const proxies: Record<Exclude<ServiceName, 'realtime'>, ReturnType<typeof proxyTo>> = {
    users: proxyTo(config.USERS_URL),
    posts: proxyTo(config.POSTS_URL),
    events: proxyTo(config.EVENTS_URL),
    chat: proxyTo(config.CHAT_URL),
    notification: proxyTo(config.NOTIFICATION_URL),
  };

  return {
    /**
     * Forwards a request. Throws when its framing is invalid; after that, `forward` ends the
     * response.
     */
    async forward(service: ServiceName, request: Request, response: Response, forwarding: Forwarding): Promise<void> {
      let node = '';
      try {
        assertFraming(request, forwarding.maxBodyBytes);
        if (service === 'realtime') node = await nodes.pick(sidOf(forwarding.target));
      } catch (error) {
        return refuse(request, response, error as AppError);
      }
      exchanges.set(request, { ...forwarding, service });
      const kept = FORWARDED.flatMap((name) => (request.headers[name] === undefined ? [] : [[name, request.headers[name]] as const]));
      const traceparent = currentTraceparent();
      request.headers = {
        ...Object.fromEntries(kept),
        'x-request-id': request.id,
        'x-forwarded-for': forwarding.address,
        ...(traceparent !== undefined && { traceparent }),
      };
      request.url = forwarding.target.path + forwarding.target.search;
      await (service === 'realtime' ? realtimeProxies.memo(node) : proxies[service])(request, response);
    },
    close: () => agent.destroy(),
  };
}
export type Proxy = ReturnType<typeof createProxy>;

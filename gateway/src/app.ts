import { AppError, itemAt, notFound, toAppError, type Logger } from '@linsta/core';
import {
  bearer,
  createAuthenticator,
  createInternalClient,
  observeRequest,
  requestIdOf,
  sendFailure,
  signUserToken,
  toReadiness,
  type Authenticator,
} from '@linsta/http';
import { defineService, type AddressedService } from '@linsta/service';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { GatewayConfig } from './config';
import { createBasePath } from './base-path';
import { createCors, createOrigins } from './origins';
import { createUpstreamHealth } from './health';
import { bucketOf, createAddresses, type Addresses } from './addresses';
import { createLimits, type Limits } from './limits';
import { methodsOf, publicCall, SOCKET_PATH, toTarget } from './paths';
import { createPages, type DemoUser } from './pages';
import { createProxy, type Proxy } from './proxy';
import { createApiKeys } from './server-api/api-keys';
import { createServerApi, SERVER_PATHS, type ServerApi } from './server-api/server-api';
import { createRealtimeNodes } from './realtime-nodes';
import { createPublicServer } from './server';
import { createTunnels } from './tunnel';

/** An engine.io payload of realtime's biggest packet, with its framing. */
const MAX_POLLING_BYTES = 1_280 * 1024;

export interface GatewayDeps {
  logger: Logger;
  /** Shown on the sign-in page; only ever given on the embedded default. */
  demoUsers?: readonly DemoUser[];
}

interface Parts {
  config: GatewayConfig;
  logger: Logger;
  pages: RequestHandler;
  cors: RequestHandler;
  addresses: Addresses;
  limits: Limits;
  proxy: Proxy;
  health: () => Promise<Record<string, string>>;
  authenticator: Authenticator;
  serverApi: ServerApi;
}

/** Life of the token by which services know a user of another issuer, for one call. */
const FORWARDED_TOKEN_SECONDS = 300;

const HOST = /^[A-Za-z0-9.-]+(?::\d{1,5})?$|^\[[0-9A-Fa-f:.]+\](?::\d{1,5})?$/;
const socketSource = (protocol: 'ws' | 'wss', host: string | undefined): string =>
  host !== undefined && HOST.test(host) ? `${protocol}://${host}` : "'self'";

const securityHeaders = (production: boolean, tokenOrigins: readonly string[]) =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        // Not every browser counts a WebSocket of the page's own origin as 'self'.
        connectSrc: ["'self'", ({ headers }) => socketSource('ws', headers.host), ({ headers }) => socketSource('wss', headers.host)],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: tokenOrigins.length === 0 ? ["'none'"] : [...tokenOrigins],
      },
    },
    // The older header knows no list of origins.
    xFrameOptions: tokenOrigins.length === 0,
    // A promise of https is only kept where there is one.
    strictTransportSecurity: production,
  });

function answerErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    if (toAppError(error)?.status === 401) response.setHeader('www-authenticate', 'Bearer');
    sendFailure(logger, response, error, request.id);
  };
}

/** Everything but the API, sockets and health. */
const isPage = (path: string) => !/^\/(?:api|socket\.io|internal|livez|readyz)(?:\/|$)/i.test(path);

/**
 * The path of a request: named, checked, counted, then passed to the one service that the contract
 * names.
 */
function createApp({ config, logger, pages, cors, addresses, limits, proxy, health, authenticator, serverApi }: Parts): Express {
  const app = express();
  app.disable('x-powered-by').set('etag', false).set('query parser', 'simple').set('env', 'production');
  app.use((request, response, next) => {
    request.id = requestIdOf(request.headers['x-request-id']);
    response.setHeader('x-request-id', request.id);
    observeRequest({ logger, service: 'gateway', id: request.id, path: request.path }, request, response, next);
  });
  const withinBase = createBasePath(config.BASE_PATH);
  app.use((request, _response, next) => {
    const url = withinBase(request.url);
    if (url === undefined) return next(notFound('Path'));
    request.url = url;
    next();
  });
  // Static files are public: a page behind a proxy that rewrites Host must get its own scripts.
  app.use(securityHeaders(config.NODE_ENV === 'production', config.TOKEN_ORIGINS), (request, response, next) =>
    isPage(request.path) ? next() : cors(request, response, next),
  );

  const passSockets = async (request: Request, response: express.Response, address: string) => {
    await limits.sockets(bucketOf(address));
    if (request.method !== 'GET' && request.method !== 'POST') throw new AppError('METHOD_NOT_ALLOWED', 'This path takes GET, POST');
    const target = toTarget(request.url);
    await proxy.forward('realtime', request, response, {
      target,
      address,
      timeoutMs: config.POLLING_TIMEOUT_MS,
      maxBodyBytes: MAX_POLLING_BYTES,
    });
  };
  const nameToServices = ({ headers }: Request, userId: string) => {
    headers.authorization = `Bearer ${signUserToken(itemAt(config.JWT_SECRET, 0), { userId }, FORWARDED_TOKEN_SECONDS)}`;
  };
  /** An open call, e.g. a logout, that carries a token of another issuer. */
  const nameIfExternal = async (request: Request) => {
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (authenticator.issuers.claims(token)) nameToServices(request, (await authenticator.issuers.verify(token)).userId);
  };
  const passCall = async (request: Request, response: express.Response, address: string) => {
    const target = toTarget(request.url);
    const call = publicCall(request.method, target.path);
    const since = performance.now();
    if (call.limit === 'auth') await limits.auth(bucketOf(address));
    if (!call.open) {
      const identity = await authenticator.authenticate(bearer(request.headers.authorization));
      await limits.user(identity.userId);
      if (call.limit === 'search') await limits.search(identity.userId);
      // Services verify tokens of JWT_SECRET alone: only this one and realtime fetch keys.
      if (identity.profile !== undefined) nameToServices(request, identity.userId);
    } else if (call.limit === 'auth') await nameIfExternal(request);
    await proxy.forward(call.service, request, response, {
      target,
      address,
      // One deadline for the whole call: what the session's check took is gone.
      timeoutMs: Math.max(1, config.UPSTREAM_TIMEOUT_MS - (performance.now() - since)),
      maxBodyBytes: config.MAX_BODY_BYTES,
    });
  };

  app.use(async (request, response, next) => {
    const { path } = toTarget(request.url);
    const address = addresses.of(request);
    response.setHeader('cache-control', 'no-store');
    if (path === SOCKET_PATH) {
      if (request.method !== 'OPTIONS') return passSockets(request, response, address);
      return void response.set('allow', 'GET, POST').status(204).end();
    }
    await limits.address(bucketOf(address));
    if (path === '/livez') return void response.json({ status: 'ok' });
    if (path === '/readyz') {
      const checks = await health();
      const { code, status } = toReadiness(checks);
      return void response.status(code).json({ status, checks });
    }
    if (isPage(path)) {
      response.removeHeader('cache-control');
      return pages(request, response, next);
    }
    if (SERVER_PATHS.test(path)) return serverApi(request, response, path);
    const methods = methodsOf(path);
    if (methods !== undefined) response.setHeader('allow', methods.join(', '));
    if (methods !== undefined && request.method === 'OPTIONS') return void response.status(204).end();
    if (methods?.includes(request.method === 'HEAD' ? 'GET' : request.method) === true) response.removeHeader('allow');
    return passCall(request, response, address);
  });
  app.use((_request, _response, next) => next(notFound('Path')));
  app.use(answerErrors(logger));
  return app;
}

/** The one public listener. */
export function createGatewayService(config: GatewayConfig, { logger, demoUsers }: GatewayDeps): AddressedService {
  return defineService('gateway', config, { logger }, async (host) => {
    const users = createInternalClient({ service: 'users', baseUrl: config.USERS_INTERNAL_URL, tokens: host.tokens });
    host.onStop('users client', () => users.close());
    const nodes = createRealtimeNodes(config.REALTIME_URL);
    host.onStop('realtime nodes', () => nodes.close());
    const proxy = createProxy(config, nodes, logger);
    host.onStop('proxy', () => proxy.close());
    const upstreams = createUpstreamHealth(config);
    host.onStop('upstream health', () => upstreams.close());
    const chat = createInternalClient({ service: 'chat', baseUrl: config.CHAT_INTERNAL_URL, tokens: host.tokens });
    host.onStop('chat client', () => chat.close());
    const addresses = createAddresses(config);
    const origins = createOrigins(config);
    const limits = createLimits(config);
    const tunnels = createTunnels(config, logger);
    const app = createApp({
      config,
      logger,
      pages: createPages({ settings: config, ...(demoUsers !== undefined && { demoUsers }) }),
      cors: createCors(origins, config),
      addresses,
      limits,
      proxy,
      health: async () => ({ ...(await host.health()), ...(await upstreams.checks()) }),
      authenticator: await createAuthenticator({ config, users, logger }),
      serverApi: createServerApi({ authorize: createApiKeys(config.API_KEYS), limit: limits.server, users, chat, logger }),
    });
    return {
      clients: createPublicServer({ config, logger, app, addresses, origins, limits, tunnels, nodes }),
      closeClients: (listening) => Promise.all([listening.close(), tunnels.drain(config.DRAIN_MS)]),
      prepare: () => void nodes.start(),
    };
  });
}

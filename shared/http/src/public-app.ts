import { routes, type Route, type RouteKey, type ServiceName } from '@linsta/contracts';
import { AppError, fromZod, type Logger } from '@linsta/core';
import type { Express, Request, Response } from 'express';
import type { z } from 'zod';
import { mountHealth, type HealthCheck } from './health';
import { closeApp, openApp } from './json-app';
import { bearer, type VerifyToken } from './identity/tokens';

type Parsed<K extends RouteKey, Part extends 'params' | 'query' | 'body'> =
  (typeof routes)[K] extends Record<Part, infer S extends z.ZodType> ? z.output<S> : undefined;
type Answer<K extends RouteKey> = (typeof routes)[K] extends { answer: infer S extends z.ZodType } ? z.input<S> : void;
/** The client as the gateway describes it; only the gateway reaches the services. */
export interface ClientInfo {
  /** Not verified: open routes verify what they use. */
  authorization: string | undefined;
  address: string;
  userAgent: string | undefined;
}
const clientOf = ({ headers, socket }: Request): ClientInfo => ({
  authorization: headers.authorization,
  address: headers['x-forwarded-for']?.toString() ?? socket.remoteAddress ?? '',
  userAgent: headers['user-agent'],
});

export interface RouteInput<K extends RouteKey> {
  params: Parsed<K, 'params'>;
  query: Parsed<K, 'query'>;
  body: Parsed<K, 'body'>;
  /** The verified caller; on open routes there is none. */
  userId: (typeof routes)[K] extends { open: true } ? undefined : string;
  sid: string | undefined;
  requestId: string;
  client: ClientInfo;
}
type KeysOf<S extends ServiceName> = { [K in RouteKey]: (typeof routes)[K]['service'] extends S ? K : never }[RouteKey];
/**
 * One handler per call that the contract gives to this service: parsed input in, presented answer
 * out.
 */
export type RouteHandlers<S extends ServiceName> = { [K in KeysOf<S>]: (input: RouteInput<K>) => Promise<Answer<K>> };

/** Throws 400 with every fault. */
export const parse = (schema: z.ZodType | undefined, value: unknown) => {
  if (schema === undefined) return undefined;
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw fromZod(parsed.error);
  return parsed.data;
};

/**
 * The HTTP application for clients, built from the contract: a call that is not in `routes` does
 * not exist.
 */
export function createPublicApp<S extends ServiceName>(options: {
  service: S;
  handlers: RouteHandlers<S>;
  verifyToken: VerifyToken;
  logger: Logger;
  health: HealthCheck;
  node?: string;
}): Express {
  const app = openApp({ service: options.service, logger: options.logger, bodyLimit: '64kb' });
  mountHealth(app, options.health, options.node);
  for (const [key, handler] of Object.entries(options.handlers)) {
    const [method = '', path = ''] = key.split(' ');
    const route: Route = routes[key as RouteKey];
    const answer = async (request: Request, response: Response) => {
      if (!('open' in route)) request.identity = options.verifyToken(bearer(request.headers.authorization));
      if (route.body === undefined && request.body !== undefined && Object.keys(request.body as object).length > 0)
        throw new AppError('BAD_REQUEST', 'This call takes no body');
      const input = {
        params: parse(route.params, request.params),
        query: route.query === undefined ? undefined : parse(route.query, { ...request.query }),
        body: route.body === undefined ? undefined : parse(route.body, request.body ?? {}),
        userId: request.identity?.userId,
        sid: request.identity?.sid,
        requestId: request.id,
        client: clientOf(request),
      };
      const result = await (handler as (input: unknown) => Promise<unknown>)(input);
      response.status(route.status);
      if (route.answer === undefined) return void response.end();
      // Presenters are held to the contract wherever tests run; in production the cost buys
      // nothing.
      if (process.env.NODE_ENV === 'test') route.answer.parse(result);
      response.json(result);
    };
    app[method.toLowerCase() as 'get'](path, answer);
  }
  return closeApp(app, options.logger);
}

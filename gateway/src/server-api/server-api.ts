import type { IncomingMessage } from 'node:http';
import { openedRoom, receivedMessage, serverRoutes, type ServerRoute, type ServerRouteKey } from '@linsta/contracts';
import { endSessionsAnswer, serverEventsAnswer, serverUserAnswer } from '@linsta/contracts/internal';
import { AppError, notFound, withCorrelation, type Logger } from '@linsta/core';
import { parse, parseJson, readBody, sendText, type InternalClient } from '@linsta/http';
import type { Request, Response } from 'express';
import type { Limit } from '../limits';
import { eventsOf } from './events';

const MAX_BODY_BYTES = 1024 * 1024;
export const SERVER_PATHS = /^\/api\/server(?:\/|$)/;

interface Call {
  key: ServerRouteKey;
  params: Record<string, string>;
}
const patterns = Object.keys(serverRoutes).map((key) => {
  const [method = '', path = ''] = key.split(' ');
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  return { key: key as ServerRouteKey, method, names, pattern: new RegExp(`^${path.replaceAll(/:\w+/g, '([^/]+)')}$`) };
});

/** Throws 404 or 405, with `Allow` for the latter. */
function callOf(method: string, path: string, response: Response): Call {
  const found = patterns.filter(({ pattern }) => pattern.test(path));
  if (found.length === 0) throw notFound('Path');
  const call = found.find((each) => each.method === method);
  if (call !== undefined) {
    const values = call.pattern.exec(path)?.slice(1) ?? [];
    return { key: call.key, params: Object.fromEntries(call.names.map((name, at) => [name, values[at] ?? ''])) };
  }
  const methods = found.map((each) => each.method).join(', ');
  response.setHeader('allow', methods);
  throw new AppError('METHOD_NOT_ALLOWED', `This path takes ${methods}`);
}

const isJson = ({ headers }: IncomingMessage): boolean =>
  /^application\/(?:json|cloudevents\+json|cloudevents-batch\+json)\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(
    headers['content-type'] ?? '',
  ) && (headers['content-encoding'] ?? 'identity') === 'identity';

/** Calls of servers with an API key: validated here, done by the service that owns the data. */
export function createServerApi(options: {
  authorize: (authorization: string | undefined) => string;
  limit: Limit;
  users: InternalClient;
  chat: InternalClient;
  logger: Logger;
}) {
  const { authorize, limit, users, chat, logger } = options;

  const perform = (key: ServerRouteKey, params: Record<string, string>, body: object, events: unknown[]): Promise<unknown> => {
    switch (key) {
      case 'PUT /api/server/users/:userId':
        return users.post('/server/users', { ...body, ...params }, serverUserAnswer);
      case 'DELETE /api/server/users/:userId/sessions':
        return users.post('/server/sessions/end', params, endSessionsAnswer);
      case 'POST /api/server/events':
        return users.post('/server/events', { events }, serverEventsAnswer);
      case 'POST /api/server/rooms':
        return chat.post('/server/rooms', body, openedRoom);
      case 'POST /api/server/messages':
        return chat.post('/server/messages', body, receivedMessage);
    }
  };

  return async (request: Request, response: Response, path: string): Promise<void> => {
    const name = authorize(request.headers.authorization);
    await limit(name);
    const { key, params } = callOf(request.method, path, response);
    logger.info({ apiKey: name, call: key, requestId: request.id }, 'server call');
    const route: ServerRoute = serverRoutes[key];
    if (route.body !== undefined && !isJson(request))
      throw new AppError('UNSUPPORTED_MEDIA_TYPE', 'The body must be uncompressed JSON in UTF-8');
    const text = route.body === undefined ? '' : await readBody(request, MAX_BODY_BYTES);
    const isPublish = key === 'POST /api/server/events';
    const events = isPublish ? eventsOf(request, text) : [];
    const body = (isPublish ? {} : parse(route.body, route.body === undefined ? undefined : parseJson(text))) as object;
    const input = (route.params === undefined ? {} : parse(route.params, params)) as Record<string, string>;
    const answer = await withCorrelation(request.id, () => perform(key, input, body, events));
    if (route.answer === undefined) return void response.status(route.status).end();
    sendText(response, route.status, 'application/json; charset=utf-8', JSON.stringify(answer));
  };
}
export type ServerApi = ReturnType<typeof createServerApi>;

import { ERROR_CODES, problem, routes, serverRoutes, type Route, type ServerRoute, type ServiceName } from '@linsta/contracts';
import { z } from 'zod';
import { createSchemaWriter, type JsonSchema, type SchemaWriter } from './json-schema';

const TAGS: Record<ServiceName, string> = {
  users: 'Accounts and people',
  posts: 'Posts, likes, comments',
  events: 'Events and RSVPs',
  chat: 'Chat',
  notification: 'Notifications',
  realtime: 'Presence and unread',
};

const HEALTH = 'Health';
const SERVERS = 'Servers';
const PROBLEM = '#/components/schemas/Problem';
const HEADERS = {
  'X-Request-Id': { description: 'The id of the request in every log line that it causes', schema: { type: 'string' } },
  'Retry-After': { description: 'Seconds until the request may be repeated', schema: { type: 'integer', minimum: 1 } },
};
const requestId = { 'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' } };
const WITH_RETRY_AFTER = new Set([429, 503]);

const statuses = [...new Set(Object.values(ERROR_CODES).map(({ status }) => status))].sort((a, b) => a - b);
/** The answer with one status: the codes that it may carry, from the table of error codes. */
const refusalOf = (status: number) => ({
  description: Object.entries(ERROR_CODES)
    .filter(([, entry]) => entry.status === status)
    .map(([code, { meaning }]) => `\`${code}\`: ${meaning}`)
    .join('\n\n'),
  headers: { ...requestId, ...(WITH_RETRY_AFTER.has(status) && { 'Retry-After': { $ref: '#/components/headers/Retry-After' } }) },
  content: { 'application/problem+json': { schema: { $ref: PROBLEM } } },
});

/** Open calls that verify a password or a token of their own. */
const TAKES_CREDENTIALS = new Set(['/api/auth/login', '/api/auth/refresh', '/api/auth/logout']);

const refusal = (status: string) => ({ $ref: `#/components/responses/${status}` });
/** Every status that a client can meet; 403 is also the answer to a page of a foreign origin. */
const refusalsOf = ({ open, params, body, service }: Route, path: string): number[] => [
  400,
  ...(open === true && !TAKES_CREDENTIALS.has(path) ? [] : [401]),
  403,
  ...(params !== undefined || path === '/api/chat/rooms' ? [404] : []),
  405,
  408,
  ...(path === '/api/auth/register' || (service === 'chat' && body !== undefined) ? [409] : []),
  413,
  ...(body === undefined ? [] : [415]),
  429,
  431,
  500,
  503,
];

const parametersOf = (writer: SchemaWriter, where: 'path' | 'query', schema: z.ZodType | undefined) => {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = writer.write(schema) as { properties?: Record<string, JsonSchema>; required?: string[] };
  return Object.entries(properties).map(([name, field]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    schema: field,
  }));
};

const json = (schema: JsonSchema) => ({ content: { 'application/json': { schema } } });

const operationIdOf = (method: string, path: string): string =>
  [method.toLowerCase(), ...path.split(/[^A-Za-z]+/).filter((word) => word !== '' && word !== 'api')]
    .map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

const operationOf = (writer: SchemaWriter, method: string, path: string, route: Route) => ({
  operationId: operationIdOf(method, path),
  summary: route.summary,
  tags: [TAGS[route.service]],
  // An access token is one of the two credentials that a logout takes.
  ...(route.open === true && { security: path === '/api/auth/logout' ? [{ bearer: [] }, {}] : [] }),
  parameters: [...parametersOf(writer, 'path', route.params), ...parametersOf(writer, 'query', route.query)],
  ...(route.body !== undefined && { requestBody: { required: true, ...json(writer.write(route.body)) } }),
  responses: {
    [route.status]: { description: 'Done', headers: requestId, ...(route.answer !== undefined && json(writer.write(route.answer))) },
    ...Object.fromEntries(refusalsOf(route, path).map((status) => [status, refusal(String(status))])),
  },
});

const EVENT_TYPES = ['application/json', 'application/cloudevents+json', 'application/cloudevents-batch+json'];
/** A call of a server, with an API key. */
const serverOperationOf = (writer: SchemaWriter, method: string, path: string, route: ServerRoute) => ({
  operationId: operationIdOf(method, path),
  summary: route.summary,
  tags: [SERVERS],
  security: [{ apiKey: [] }],
  parameters: parametersOf(writer, 'path', route.params),
  ...(route.body !== undefined && {
    requestBody: {
      required: true,
      content: Object.fromEntries(
        (path === '/api/server/events' ? EVENT_TYPES : ['application/json']).map((type) => [
          type,
          { schema: writer.write(route.body as z.ZodType) },
        ]),
      ),
    },
  }),
  responses: {
    [route.status]: { description: 'Done', headers: requestId, ...(route.answer !== undefined && json(writer.write(route.answer))) },
    ...Object.fromEntries(
      [
        400,
        401,
        403,
        404,
        405,
        408,
        ...(path.endsWith('/messages') ? [409] : []),
        413,
        ...(route.body === undefined ? [] : [415]),
        429,
        431,
        500,
        503,
      ].map((status) => [status, refusal(String(status))]),
    ),
  },
});

/** The REST contract as OpenAPI 3.1, from the schemas that validate each call. */
export function createOpenApi(version: string, basePath = '') {
  const writer = createSchemaWriter('#/components/schemas/');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, route] of Object.entries<Route>(routes)) {
    const [method = '', path = ''] = key.split(' ');
    const item = (paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = operationOf(writer, method, path, route);
  }
  for (const [key, route] of Object.entries<ServerRoute>(serverRoutes)) {
    const [method = '', path = ''] = key.split(' ');
    const item = (paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = serverOperationOf(writer, method, path, route);
  }
  writer.write(problem);
  const health = (operationId: string, summary: string, answer: object) => ({
    get: {
      operationId,
      summary,
      security: [],
      tags: [HEALTH],
      responses: {
        200: { description: 'Ready', headers: requestId, ...json(answer as JsonSchema) },
        429: refusal('429'),
        503: { description: 'Not ready', headers: requestId, ...json(answer as JsonSchema) },
      },
    },
  });
  const checks = { type: 'object', additionalProperties: { type: 'string' }, description: 'The state of each part' };
  const liveness = { type: 'object', properties: { status: { type: 'string', const: 'ok' } }, required: ['status'] };
  const readiness = {
    type: 'object',
    properties: { status: { type: 'string', enum: ['ok', 'degraded', 'not ready'] }, checks },
    required: ['status', 'checks'],
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Linsta',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Chat, notifications and presence behind one URL. Ids are 24 hexadecimal digits, times ISO 8601 in UTC. Every failure is a problem (RFC 9457) with a stable code; unknown fields are refused by name.',
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    security: [{ bearer: [] }],
    tags: [...Object.values(TAGS), SERVERS, HEALTH].map((name) => ({ name })),
    paths: {
      ...paths,
      '/livez': health('getLiveness', 'Check that the process is up', liveness),
      '/readyz': health('getReadiness', 'Check every service', readiness),
    },
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of API_KEYS' },
      },
      schemas: writer.named,
      headers: HEADERS,
      responses: Object.fromEntries(statuses.map((status) => [status, refusalOf(status)])),
    },
  };
}

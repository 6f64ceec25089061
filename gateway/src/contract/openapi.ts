import { problem, routes, type Route, type ServiceName } from '@linsta/contracts';
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

const REFUSALS: Record<number, string> = {
  400: 'Something in the request is wrong; `errors` names what',
  401: 'No token, or one that is not taken',
  403: 'Not yours',
  404: 'Not there',
  409: 'It clashes with what is there',
  413: 'The body is too large',
  415: 'The body is not JSON',
  429: 'Too many requests; `Retry-After` says when to come back',
  503: 'Something that is needed is down; `Retry-After` says when to come back',
};
const PROBLEM = '#/components/schemas/Problem';

/** Open calls that verify a password or a token of their own. */
const TAKES_CREDENTIALS = new Set(['/api/auth/login', '/api/auth/refresh', '/api/auth/logout']);

const refusal = (status: string) => ({ $ref: `#/components/responses/${status}` });
const refusalsOf = ({ open, params, body, service }: Route, path: string): number[] => [
  400,
  ...(open === true && !TAKES_CREDENTIALS.has(path) ? [] : [401]),
  ...((service === 'chat' && params !== undefined) || path === '/api/auth/password' ? [403] : []),
  ...(params !== undefined || path === '/api/chat/rooms' ? [404] : []),
  ...(path === '/api/auth/register' || (service === 'chat' && body !== undefined) ? [409] : []),
  ...(body === undefined ? [] : [413, 415]),
  429,
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

const operationOf = (writer: SchemaWriter, method: string, path: string, route: Route) => ({
  operationId: [method.toLowerCase(), ...path.split(/[^A-Za-z]+/).filter((word) => word !== '' && word !== 'api')]
    .map((word, at) => (at === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join(''),
  summary: route.summary,
  tags: [TAGS[route.service]],
  // An access token is one of the two credentials that a logout takes.
  ...(route.open === true && { security: path === '/api/auth/logout' ? [{ bearer: [] }, {}] : [] }),
  parameters: [...parametersOf(writer, 'path', route.params), ...parametersOf(writer, 'query', route.query)],
  ...(route.body !== undefined && { requestBody: { required: true, ...json(writer.write(route.body)) } }),
  responses: {
    [route.status]: { description: 'Done', ...(route.answer !== undefined && json(writer.write(route.answer))) },
    ...Object.fromEntries(refusalsOf(route, path).map((status) => [status, refusal(String(status))])),
  },
});

/** The REST contract as OpenAPI 3.1, made of the schemas that validate each call. */
export function createOpenApi(version: string) {
  const writer = createSchemaWriter('#/components/schemas/');
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [key, route] of Object.entries<Route>(routes)) {
    const [method = '', path = ''] = key.split(' ');
    const item = (paths[path.replaceAll(/:(\w+)/g, '{$1}')] ??= {});
    item[method.toLowerCase()] = operationOf(writer, method, path, route);
  }
  writer.write(problem);
  const health = (summary: string) => ({
    get: { summary, security: [], responses: { 200: { description: 'Yes' }, 503: { description: 'Not now' } } },
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Linsta',
      version,
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Chat, notifications and presence behind one URL. Ids are 24 hexadecimal digits, times ISO 8601 in UTC. Every failure is a problem (RFC 9457) with a stable code; unknown fields are refused by name.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    tags: Object.values(TAGS).map((name) => ({ name })),
    paths: { ...paths, '/livez': health('Is the process up?'), '/readyz': health('Are all dependencies up? With each one’s state') },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      schemas: writer.named,
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          status,
          { description, content: { 'application/problem+json': { schema: { $ref: PROBLEM } } } },
        ]),
      ),
    },
  };
}

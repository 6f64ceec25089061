import { routes, type Route, type ServiceName } from '@linsta/contracts';
import { AppError, notFound } from '@linsta/core';

export interface Target {
  path: string;
  /** With its question mark, or empty. */
  search: string;
}

// Every public path is made of these. An escaped, doubled, dotted or back-slashed form of it means
// something else to some proxy or service on the way: refused, not repaired.
const PATH = /^\/(?:[A-Za-z0-9._~-]+\/)*(?:[A-Za-z0-9._~-]+)?$/;
const DOT_SEGMENT = /\/\.{1,2}(?:\/|$)/;
const QUERY = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?[\]]|%[0-9A-Fa-f]{2})*$/;

/**
 * Takes a request's target as it stood on the wire. Throws 400 for anything but one canonical
 * spelling.
 */
export function toTarget(url: string): Target {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  if (!PATH.test(path) || DOT_SEGMENT.test(path)) throw new AppError('BAD_PATH', 'The path is not in its canonical form');
  const search = mark === -1 ? '' : url.slice(mark);
  if (!QUERY.test(search.slice(1))) throw new AppError('BAD_QUERY', 'The query string must be percent-encoded');
  return { path, search };
}

/** `limit`: a limit of its own beside that of the user or the address. */
export type PublicCall = { service: ServiceName; open: boolean; limit: 'auth' | 'search' | undefined };

const limitOf = (key: string, path: string): PublicCall['limit'] =>
  path.startsWith('/api/auth/') ? 'auth' : key === 'GET /api/users' ? 'search' : undefined;
interface Pattern {
  segments: string[];
  methods: Map<string, PublicCall>;
}

const patterns = new Map<string, Pattern>();
for (const [key, route] of Object.entries<Route>(routes)) {
  const [method = '', path = ''] = key.split(' ');
  const pattern = patterns.get(path) ?? { segments: path.split('/'), methods: new Map<string, PublicCall>() };
  pattern.methods.set(method, { service: route.service, open: route.open === true, limit: limitOf(key, path) });
  patterns.set(path, pattern);
}
const withParams = [...patterns].filter(([path]) => path.includes(':')).map(([, pattern]) => pattern);

const patternOf = (path: string): Pattern | undefined => {
  const exact = patterns.get(path);
  if (exact !== undefined) return exact;
  const segments = path.split('/');
  return withParams.find(
    (pattern) =>
      pattern.segments.length === segments.length &&
      pattern.segments.every((name, at) => (name.startsWith(':') ? segments[at] !== '' : name === segments[at])),
  );
};

/** Methods of a path that exists, or undefined. */
export function methodsOf(path: string): string[] | undefined {
  const pattern = patternOf(path);
  return pattern && [...pattern.methods.keys()];
}

/**
 * The one call that this is. Throws 404 for a path that is not in the contract, 405 for another
 * method.
 */
export function publicCall(method: string, path: string): PublicCall {
  const pattern = patternOf(path);
  if (pattern === undefined) throw notFound('Path');
  const call = pattern.methods.get(method === 'HEAD' ? 'GET' : method);
  if (call === undefined) throw new AppError('METHOD_NOT_ALLOWED', `This path takes ${[...pattern.methods.keys()].join(', ')}`);
  return call;
}

/** The engine.io session that a poll or an upgrade belongs to. */
export const sidOf = ({ path, search }: Target): string | undefined =>
  path === SOCKET_PATH ? (new URLSearchParams(search).get('sid') ?? undefined) : undefined;

/** Where Socket.IO lives: exactly here, for polling and for the upgrade. */
export const SOCKET_PATH = '/socket.io/';

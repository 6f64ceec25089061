import type { RouteKey, routes } from '@linsta/contracts';
import type { z } from 'zod';

type Routes = typeof routes;
type Part<K extends RouteKey, P extends 'params' | 'query' | 'body'> =
  Routes[K] extends Record<P, infer S extends z.ZodType> ? { [Q in P]: P extends 'query' ? QueryOf<S> : z.input<S> } : { [Q in P]?: never };
/** Query fields travel as text and are given as what they are. */
type QueryOf<S extends z.ZodType> = { [F in keyof z.input<S>]?: string | number | boolean | undefined };
type Optional<T> = { [F in keyof T as undefined extends T[F] ? F : never]?: T[F] } & {
  [F in keyof T as undefined extends T[F] ? never : F]: T[F];
};
export type CallInput<K extends RouteKey> = Optional<Part<K, 'params'>> &
  Partial<Part<K, 'query'>> &
  Optional<Part<K, 'body'>> & { signal?: AbortSignal };
export type CallAnswer<K extends RouteKey> = Routes[K] extends { answer: infer S extends z.ZodType } ? z.output<S> : undefined;
/**
 * One typed function for every REST call of the contract:
 * `call('POST /api/posts/:id/like', { params: { id } })`. Throws `LinstaError`.
 */
export type Call = <K extends RouteKey>(
  route: K,
  ...input: Record<never, never> extends CallInput<K> ? [input?: CallInput<K>] : [input: CallInput<K>]
) => Promise<CallAnswer<K>>;

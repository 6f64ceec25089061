import type { TypeName } from './types';
import { typeOf, type ValueOf } from './values';

/** One function for each type of value; `context` is passed through. */
export type ByType<C, R> = { [T in TypeName]: (value: ValueOf[T], context: C) => R };

/** Calls the function for the type of this value. */
export function byType<C, R>(functions: ByType<C, R>, value: unknown, context: C): R {
  const apply: (value: never, context: C) => R = functions[typeOf(value)];
  return apply(value as never, context);
}

/** The functions for some types, and one for every other type. */
export const byTypeOr = <C, R>(other: (value: unknown, context: C) => R, functions: Partial<ByType<C, R>>): ByType<C, R> => ({
  double: other,
  string: other,
  object: other,
  array: other,
  binData: other,
  undefined: other,
  objectId: other,
  bool: other,
  date: other,
  null: other,
  regex: other,
  javascript: other,
  symbol: other,
  int: other,
  timestamp: other,
  long: other,
  decimal: other,
  minKey: other,
  maxKey: other,
  ...functions,
});

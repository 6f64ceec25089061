import { type Doc, typeOf } from '../bson';
import { MongoError } from '../errors';
import type { WorkLimit } from '../work-limit';

export type Variables = Readonly<Record<string, unknown>>;
/** What an expression reads: a document and the variables bound around it. */
export interface Scope {
  doc: Doc;
  variables: Variables;
  /** Counts the elements that loops visit; throws when one document takes too long. */
  work: WorkLimit;
}
/** A compiled aggregation expression; undefined is MongoDB's "missing". */
export type Expression = (scope: Scope) => unknown;

/** Compiles the operands of one operator. */
export interface Compiler {
  operator: string;
  /** `bound`: variables that the operator binds around this operand. */
  compile(expression: unknown, bound?: readonly string[]): Expression;
}
/** Makes an operator's expression of its operand; every fault of the operand is refused here. */
export type Operator = (operand: unknown, compiler: Compiler) => Expression;
export type Operators = Record<string, Operator>;

export const failure = (message: string, code = 16554) => new MongoError(code, message);
export const missing = (value: unknown): value is null | undefined => value === null || value === undefined;
export const found = (value: unknown): string => (value === undefined ? 'missing' : typeOf(value));

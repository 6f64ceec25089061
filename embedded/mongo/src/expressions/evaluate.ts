import { type Doc, isDocument } from '../bson';
import { MongoError } from '../errors';
import { ARITHMETIC } from './arithmetic';
import { ARRAYS } from './arrays';
import { CONVERSIONS } from './conversions';
import { DATES } from './dates';
import { LOGIC } from './logic';
import { type Evaluate, failure, type Operator } from './operator';
import { SETS } from './sets';
import { TEXT } from './text';

export type Variables = Record<string, unknown>;

const OPERATORS: Record<string, Operator> = { ...LOGIC, ...ARITHMETIC, ...TEXT, ...ARRAYS, ...SETS, ...DATES, ...CONVERSIONS };
export const EXPRESSION_NAMES = Object.keys(OPERATORS);

/** A field path inside an expression: through arrays it gathers, and misses leave no trace. */
export function fieldPath(value: unknown, parts: string[]): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return value;
  if (Array.isArray(value))
    return value
      .map((element) => (isDocument(element) || Array.isArray(element) ? fieldPath(element, parts) : undefined))
      .filter((found) => found !== undefined);
  return isDocument(value) && Object.hasOwn(value, part) ? fieldPath(value[part], rest) : undefined;
}

/** An aggregation expression's value; undefined is "missing". */
export function evaluate(expression: unknown, doc: Doc, variables: Variables = {}): unknown {
  if (typeof expression === 'string' && expression.startsWith('$')) {
    if (!expression.startsWith('$$')) return fieldPath(doc, expression.slice(1).split('.'));
    const [name = '', ...rest] = expression.slice(2).split('.');
    if (name === 'REMOVE') return undefined;
    if (name === 'NOW') return fieldPath(new Date(), rest);
    if ((name === 'ROOT' || name === 'CURRENT') && !Object.hasOwn(variables, name)) return fieldPath(doc, rest);
    if (!Object.hasOwn(variables, name)) throw failure(`Use of undefined variable: ${name}`, 17276);
    return fieldPath(variables[name], rest);
  }
  if (Array.isArray(expression)) return expression.map((element) => evaluate(element, doc, variables) ?? null);
  if (!isDocument(expression)) return expression;
  const keys = Object.keys(expression);
  const [operator = ''] = keys;
  if (!operator.startsWith('$')) {
    const built: Doc = {};
    for (const key of keys) {
      const value = evaluate(expression[key], doc, variables);
      if (value !== undefined) built[key] = value;
    }
    return built;
  }
  if (keys.length !== 1) throw failure('an object representing an expression must have exactly one field', 15983);
  const run = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (run === undefined)
    throw new MongoError(31325, 'InvalidPipelineOperator', `Unrecognized expression '${operator}', or it is not in the embedded store`);
  const inside: Evaluate = (inner, more) => evaluate(inner, doc, more === undefined ? variables : { ...variables, ...more });
  return run(expression[operator], inside);
}

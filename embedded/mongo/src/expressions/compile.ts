import { type Doc, fieldsOf, firstKey, has, isDocument, own, put } from '../bson';
import { MongoError, notHere } from '../errors';
import { createWorkLimit } from '../work-limit';
import { ARITHMETIC } from './arithmetic';
import { ARRAYS } from './arrays';
import { CONVERSIONS } from './conversions';
import { DATES } from './dates';
import { type Expression, failure, type Operators, type Variables } from './expression';
import { FIELDS } from './fields';
import { fieldPathParts } from './field-path';
import { LOGIC } from './logic';
import { SETS } from './sets';
import { TEXT } from './text';

const OPERATORS: Operators = { ...LOGIC, ...ARITHMETIC, ...TEXT, ...ARRAYS, ...FIELDS, ...SETS, ...DATES, ...CONVERSIONS };
export const EXPRESSION_NAMES = Object.keys(OPERATORS);
/** MongoDB's variables that the store does not have. */
const VARIABLES_NOT_HERE = ['CLUSTER_TIME', 'USER_ROLES', 'JS_SCOPE', 'IS_MR', 'SEARCH_META', 'DESCEND', 'PRUNE', 'KEEP'];

/** A path inside an expression gathers through arrays; a missing value leaves no trace. */
function valueOf(value: unknown, parts: readonly string[], at: number): unknown {
  const part = parts[at];
  if (part === undefined) return value;
  if (Array.isArray(value)) {
    const values: unknown[] = [];
    for (const element of value) {
      const inner = typeof element === 'object' ? valueOf(element, parts, at) : undefined;
      if (inner !== undefined) values.push(inner);
    }
    return values;
  }
  return isDocument(value) && has(value, part) ? valueOf(own(value, part), parts, at + 1) : undefined;
}

interface Context {
  names: ReadonlySet<string>;
  /** No document is there to be read. */
  constant: boolean;
}

function compilePath(path: string, { names, constant }: Context): Expression {
  if (!path.startsWith('$$')) {
    if (path === '$') throw failure("'$' by itself is not a valid FieldPath", 16872);
    if (constant) throw failure(`a constant is needed here, found the path '${path}'`, 40191);
    const parts = fieldPathParts(path.slice(1));
    const [only = ''] = parts;
    return parts.length === 1 ? ({ doc }) => own(doc, only) : ({ doc }) => valueOf(doc, parts, 0);
  }
  const [name = '', ...rest] = path.slice(2).split('.');
  if (path.slice(2).includes('.')) fieldPathParts(path.slice(2));
  if (name === 'REMOVE') return () => undefined;
  if ((name === 'ROOT' || name === 'CURRENT') && !names.has(name)) {
    if (constant) throw failure(`a constant is needed here, found '${path}'`, 40191);
    return ({ doc }) => valueOf(doc, rest, 0);
  }
  if (VARIABLES_NOT_HERE.includes(name)) throw notHere(`the variable $$${name}`);
  if (name !== 'NOW' && !names.has(name)) throw failure(`Use of undefined variable: ${name}`, 17276);
  return ({ variables }) => valueOf(variables[name], rest, 0);
}

function compileObject(fields: Doc, context: Context): Expression {
  const parts = fieldsOf(fields).map(([name, expression]) => {
    if (name.startsWith('$')) throw failure(`an object of fields must not contain the operator ${name}`, 15983);
    if (name === '' || name.includes('.')) throw failure(`FieldPath field names may not contain '.' or be empty. Found: '${name}'`, 16412);
    return { name, value: compileIn(expression, context) };
  });
  return (scope) => {
    const built: Doc = {};
    for (const { name, value } of parts) {
      const computed = value(scope);
      if (computed !== undefined) put(built, name, computed);
    }
    return built;
  };
}

function compileIn(expression: unknown, context: Context): Expression {
  if (typeof expression === 'string' && expression.startsWith('$')) return compilePath(expression, context);
  if (Array.isArray(expression)) {
    const elements = expression.map((element) => compileIn(element, context));
    return (scope) => elements.map((element) => element(scope) ?? null);
  }
  if (!isDocument(expression)) return () => expression;
  const operator = firstKey(expression);
  if (operator?.startsWith('$') !== true) return compileObject(expression, context);
  if (Object.keys(expression).length !== 1)
    throw failure(`an object representing an expression must have exactly one field: ${Object.keys(expression).join(', ')}`, 15983);
  const build = Object.hasOwn(OPERATORS, operator) ? OPERATORS[operator] : undefined;
  if (build === undefined)
    throw new MongoError(
      'InvalidPipelineOperator',
      `Unrecognized expression '${operator}'; if MongoDB has it, it is not in the embedded store: set MONGO_URL to a MongoDB server`,
    );
  return build(expression[operator], {
    operator,
    compile: (inner, bound) =>
      compileIn(inner, bound === undefined ? context : { ...context, names: new Set([...context.names, ...bound]) }),
  });
}

/**
 * An expression as a function. Every fault is refused here, before a document is read. `names`: the
 * variables that are bound around it.
 */
export const compileExpression = (expression: unknown, names: Iterable<string> = []): Expression =>
  compileIn(expression, { names: new Set(names), constant: false });

/** The value of an expression that reads no document. */
export const constantValue = (expression: unknown, variables: Variables = {}): unknown =>
  compileIn(expression, { names: new Set(Object.keys(variables)), constant: true })({ doc: {}, variables, work: createWorkLimit() });

/** A compiled expression over one document. */
export const evaluate = (expression: Expression, doc: Doc, variables: Variables): unknown =>
  expression({ doc, variables, work: createWorkLimit() });

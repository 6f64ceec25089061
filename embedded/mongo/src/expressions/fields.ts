import { documentFrom, type Doc, fieldsOf, isDocument, namesOf } from '../bson';
import { notHere } from '../errors';
import { type Compiler, type Expression, failure, found, missing, type Operators } from './expression';
import { named } from './operands';

/** A field's name, which may hold dots and dollar signs where $literal stands around it. */
function constantName(given: unknown, operator: string): string {
  const name = isDocument(given) && namesOf(given).join() === '$literal' ? given.$literal : given;
  const isPath = typeof given === 'string' && given.startsWith('$');
  if (typeof name !== 'string' || isPath) throw notHere(`${operator} by anything but a constant name`);
  if (name.includes('\0')) throw failure(`${operator}: a field name must not hold a zero byte`);
  return name;
}

/** Changes one field of a document; undefined removes it. */
function setting(fields: Doc, value: Expression, { operator, compile }: Compiler): Expression {
  const name = constantName(fields.field, operator);
  const input = compile(fields.input);
  return (scope) => {
    const before = input(scope);
    if (missing(before)) return null;
    if (!isDocument(before)) throw failure(`${operator} requires 'input' to evaluate to type Object, found: ${found(before)}`, 4161105);
    const entries = fieldsOf(before);
    const at = entries.findIndex(([field]) => field === name);
    const after = value(scope);
    const entry: [string, unknown][] = after === undefined ? [] : [[name, after]];
    if (at === -1) entries.push(...entry);
    else entries.splice(at, 1, ...entry);
    return documentFrom(entries);
  };
}

export const FIELDS: Operators = {
  $getField: (operand, { operator, compile }) => {
    const isNamed = isDocument(operand) && namesOf(operand)[0]?.startsWith('$') !== true;
    const fields = isNamed ? named(operand, operator, ['field', 'input']) : { field: operand, input: '$$CURRENT' };
    const name = constantName(fields.field, operator);
    const input = compile(fields.input);
    return (scope) => {
      const value = input(scope);
      if (missing(value)) return value;
      return isDocument(value) ? fieldsOf(value).find(([field]) => field === name)?.[1] : undefined;
    };
  },
  $setField: (operand, compiler) => {
    const fields = named(operand, '$setField', ['field', 'input', 'value']);
    return setting(fields, compiler.compile(fields.value), compiler);
  },
  $unsetField: (operand, compiler) => setting(named(operand, '$unsetField', ['field', 'input']), () => undefined, compiler),
};

import { type Doc, firstKey, fieldsOf, isDocument } from '../bson';
import { setComputed, structuredCopy, unsetAt } from '../documents';
import { MongoError, notHere } from '../errors';
import { compileExpression, evaluate } from '../expressions/compile';
import type { Variables } from '../expressions/expression';
import { fieldPathParts } from '../expressions/field-path';
import { compileProjection } from '../projection';

/** A stage that makes of each document one document; these stand in update pipelines as well. */
export type DocumentStage = (doc: Doc, variables: Variables) => Doc;

const documentOf = (spec: unknown, operator: string): Doc => {
  if (!isDocument(spec)) throw new MongoError(40272, `${operator} specification stage must be an object`);
  return spec;
};

/**
 * `{ a: { b: x } }` sets a.b and leaves what else is in a; an expression or an empty document is a
 * value.
 */
const flatten = (spec: Doc, prefix = ''): [string, unknown][] =>
  fieldsOf(spec).flatMap(([name, value]): [string, unknown][] => {
    const first = isDocument(value) ? firstKey(value) : undefined;
    if (prefix !== '' && name.includes('.')) throw new MongoError(16412, `FieldPath field names may not contain '.': '${name}'`);
    return isDocument(value) && first !== undefined && !first.startsWith('$')
      ? flatten(value, `${prefix}${name}.`)
      : [[`${prefix}${name}`, value]];
  });

function addFields(spec: Doc, operator: string, names: readonly string[]): DocumentStage {
  const fields = flatten(spec).map(([path, expression]) => ({
    parts: fieldPathParts(path),
    value: compileExpression(expression, names),
  }));
  if (fields.length === 0) throw new MongoError(40177, `Invalid ${operator} :: caused by :: specification must have at least one field`);
  const paths = fields.map(({ parts }) => parts.join('.')).sort();
  paths.slice(1).forEach((path, at) => {
    if (path === paths[at] || path.startsWith(`${paths[at]}.`)) throw new MongoError(31250, `Path collision at ${path}`);
  });
  return (doc, variables) => {
    const copy = structuredCopy(doc);
    for (const { parts, value } of fields) setComputed(copy, parts, evaluate(value, doc, variables));
    return copy;
  };
}

function unset(spec: unknown): DocumentStage {
  const paths: unknown[] = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0 || !paths.every((path) => typeof path === 'string'))
    throw new MongoError(31002, '$unset specification must be a string or an array containing only string values');
  const parts = paths.map((path) => fieldPathParts(path));
  return (doc) => {
    const copy = structuredCopy(doc);
    for (const path of parts) unsetAt(copy, path);
    return copy;
  };
}

function replaceRoot(operator: string, spec: unknown, names: readonly string[]): DocumentStage {
  let root = spec;
  if (operator === '$replaceRoot') {
    const fields = documentOf(spec, operator);
    for (const option of Object.keys(fields))
      if (option !== 'newRoot') throw new MongoError(40415, `BSON field '$replaceRoot.${option}' is an unknown field.`);
    if (!('newRoot' in fields)) throw new MongoError(40231, 'no newRoot specified for the $replaceRoot stage');
    root = fields.newRoot;
  }
  const value = compileExpression(root, names);
  return (doc, variables) => {
    const made = evaluate(value, doc, variables);
    if (!isDocument(made)) throw new MongoError(40228, `'newRoot' expression must evaluate to an object`);
    return made;
  };
}

export function compileDocumentStage(operator: string, spec: unknown, names: readonly string[]): DocumentStage {
  switch (operator) {
    case '$set':
    case '$addFields':
      return addFields(documentOf(spec, operator), operator, names);
    case '$unset':
      return unset(spec);
    case '$project': {
      const project = compileProjection(documentOf(spec, operator), { stage: true, names });
      if (project === undefined)
        throw new MongoError(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
      return project;
    }
    case '$replaceRoot':
    case '$replaceWith':
      return replaceRoot(operator, spec, names);
    default:
      throw notHere(`the ${operator} stage`);
  }
}

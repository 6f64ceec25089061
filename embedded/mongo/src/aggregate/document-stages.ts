import { type Doc, isDocument } from '../bson';
import { setComputed, structuredCopy, unsetAt } from '../documents';
import { failedToParse, MongoError, notHere } from '../errors';
import { evaluate, type Variables } from '../expressions/evaluate';
import { compileProjection } from '../projection';

/** A stage that makes of each document one document; these stand in update pipelines as well. */
export type DocumentStage = (doc: Doc, variables: Variables) => Doc;

const documentOf = (spec: unknown, operator: string): Doc => {
  if (!isDocument(spec)) throw new MongoError(40272, 'Location40272', `${operator} specification stage must be an object`);
  return spec;
};

/** `{ a: { b: x } }` sets a.b and leaves what else is in a; an expression or an empty document is a value. */
const flatten = (spec: Doc, prefix = ''): [string, unknown][] =>
  Object.entries(spec).flatMap(([key, value]): [string, unknown][] =>
    isDocument(value) && Object.keys(value).length > 0 && !(Object.keys(value)[0] ?? '').startsWith('$')
      ? flatten(value, `${prefix}${key}.`)
      : [[`${prefix}${key}`, value]],
  );

function addFields(spec: Doc, operator: string): DocumentStage {
  const fields = flatten(spec).map(([path, expression]) => ({ parts: path.split('.'), expression }));
  if (fields.length === 0)
    throw new MongoError(40177, 'Location40177', `Invalid ${operator} :: caused by :: specification must have at least one field`);
  for (const { parts } of fields)
    if (parts.some((part) => part === '' || part.startsWith('$')))
      throw failedToParse(`Invalid ${operator} :: caused by :: '${parts.join('.')}' is no field path`);
  return (doc, variables) => {
    const copy = structuredCopy(doc);
    for (const { parts, expression } of fields) {
      setComputed(copy, parts, evaluate(expression, doc, variables));
    }
    return copy;
  };
}

function unset(spec: unknown): DocumentStage {
  const paths: unknown[] = Array.isArray(spec) ? spec : [spec];
  if (paths.length === 0 || !paths.every((path) => typeof path === 'string' && path !== ''))
    throw new MongoError(31002, 'Location31002', '$unset specification must be a string or an array containing only string values');
  const parts = paths.map((path) => String(path).split('.'));
  return (doc) => {
    const copy = structuredCopy(doc);
    for (const path of parts) unsetAt(copy, path);
    return copy;
  };
}

export function compileDocumentStage(operator: string, spec: unknown): DocumentStage {
  switch (operator) {
    case '$set':
    case '$addFields':
      return addFields(documentOf(spec, operator), operator);
    case '$unset':
      return unset(spec);
    case '$project': {
      const project = compileProjection(documentOf(spec, operator), true);
      if (project === undefined)
        throw new MongoError(
          51272,
          'Location51272',
          'Invalid $project :: caused by :: projection specification must have at least one field',
        );
      return project;
    }
    case '$replaceRoot':
    case '$replaceWith': {
      const root = operator === '$replaceRoot' ? documentOf(spec, operator).newRoot : spec;
      return (doc, variables) => {
        const value = evaluate(root, doc, variables);
        if (!isDocument(value)) throw new MongoError(40228, 'Location40228', `'newRoot' expression must evaluate to an object`);
        return value;
      };
    }
    default:
      throw notHere(`the ${operator} stage`);
  }
}

import { type Doc, documentFrom, fieldsOf, isArray, isDocument, isRegExp } from '../bson';
import { setPath, structuredCopy } from '../documents';
import { failedToParse, notHere } from '../errors';
import { compileExpression, evaluate } from '../expressions/compile';
import { fieldPathParts } from '../expressions/field-path';
import { named, variableName } from '../expressions/operands';
import { memoryOf } from '../memory-budget';
import { valuesAt } from '../paths';
import { perDocument, type Stage, type StageCompiler } from './stage';

/**
 * A pipeline inside a stage, compiled once for its faults: they must not depend on whether a
 * document ever reaches it.
 */
const pipelineOf = (pipeline: unknown, names: readonly string[], { compile }: StageCompiler): Doc[] => {
  if (pipeline === undefined) return [];
  compile(pipeline, names);
  return isArray(pipeline) ? pipeline.filter(isDocument) : [];
};

export function compileLookup(given: unknown, compiler: StageCompiler): Stage {
  const spec = named(given, '$lookup', ['as'], ['from', 'localField', 'foreignField', 'let', 'pipeline']);
  const { from, as, localField, foreignField } = spec;
  if (isDocument(from) || from === undefined) throw notHere('$lookup without the name of a collection of the same database');
  if (typeof from !== 'string' || typeof as !== 'string') throw failedToParse("$lookup argument 'from' and 'as' must be strings");
  if ((localField === undefined) !== (foreignField === undefined) || (localField === undefined && spec.pipeline === undefined))
    throw failedToParse("$lookup requires both or neither of 'localField' and 'foreignField' to be specified, or a 'pipeline'");
  for (const field of [localField, foreignField])
    if (field !== undefined) {
      if (typeof field !== 'string') throw failedToParse("$lookup argument 'localField' and 'foreignField' must be strings");
      fieldPathParts(field);
    }
  if (spec.let !== undefined && !isDocument(spec.let)) throw failedToParse("$lookup argument 'let' must be an object");
  const lets = fieldsOf(spec.let ?? {}).map(([name, expression]) => ({
    name: variableName(name, '$lookup'),
    value: compileExpression(expression, compiler.names),
  }));
  const names = [...compiler.names, ...lets.map(({ name }) => name)];
  const pipeline = pipelineOf(spec.pipeline, names, compiler);
  const target = fieldPathParts(as);
  return perDocument(async (doc, { variables, run, lease }) => {
    const bound = { ...variables, ...Object.fromEntries(lets.map(({ name, value }) => [name, evaluate(value, doc, variables)])) };
    const stages = [...pipeline];
    // An equality on the foreign field: its index, where there is one, answers it.
    if (typeof localField === 'string' && typeof foreignField === 'string')
      stages.unshift({ $match: documentFrom([[foreignField, { $in: localValues(doc, localField) }]]) });
    const found = await run(from, stages, bound);
    lease.take(found.reduce((sum, one) => sum + memoryOf(one), 0));
    const copy = structuredCopy(doc);
    setPath(copy, target, found);
    return [copy];
  });
}
/** Each element of an array is looked for; where there is no value at all, null is. */
function localValues(doc: Doc, path: string): unknown[] {
  const values = valuesAt(doc, path).flatMap((value) => (isArray(value) ? value : value === undefined ? [] : [value]));
  if (values.some(isRegExp)) throw notHere('$lookup by a regular expression');
  return values.length === 0 ? [null] : values;
}

export function compileUnion(given: unknown, compiler: StageCompiler): Stage {
  const spec = typeof given === 'string' ? { coll: given } : named(given, '$unionWith', ['coll'], ['pipeline']);
  const { coll } = spec;
  if (typeof coll !== 'string') throw failedToParse('$unionWith needs the name of a collection');
  const pipeline = pipelineOf('pipeline' in spec ? spec.pipeline : undefined, compiler.names, compiler);
  return async function* (docs, { run, variables }) {
    yield* docs;
    yield await run(coll, pipeline, variables);
  };
}

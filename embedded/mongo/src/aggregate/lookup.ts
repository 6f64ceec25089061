import { type Doc, isDocument, isRegExp } from '../bson';
import { setPath, structuredCopy } from '../documents';
import { badValue, failedToParse, MongoError, notHere } from '../errors';
import { evaluate } from '../expressions/evaluate';
import { valuesAt } from '../paths';
import { leadingQuery } from './pipeline';
import { compileStage, type Stage } from './stages';

const pipelineOf = (pipeline: unknown): Doc[] => {
  if (pipeline === undefined) return [];
  if (!Array.isArray(pipeline) || !pipeline.every(isDocument)) throw badValue("'pipeline' must be an array of objects");
  // Compiled once for its faults: they are not to depend on whether a document ever reaches it.
  leadingQuery(pipeline).rest.forEach(compileStage);
  return pipeline;
};
const assertOptions = (spec: unknown, operator: string, known: string[]): Doc => {
  if (!isDocument(spec)) throw failedToParse(`the ${operator} stage specification must be an object`);
  for (const option of Object.keys(spec)) if (!known.includes(option)) throw failedToParse(`unknown argument to ${operator}: ${option}`);
  return spec;
};

export function compileLookup(given: unknown): Stage {
  const spec = assertOptions(given, '$lookup', ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline']);
  const { from, as, localField, foreignField } = spec;
  if (isDocument(from) || from === undefined) throw notHere('$lookup without the name of a collection of the same database');
  if (typeof from !== 'string' || typeof as !== 'string') throw failedToParse("$lookup argument 'from' and 'as' must be strings");
  if ((localField === undefined) !== (foreignField === undefined) || (localField === undefined && spec.pipeline === undefined))
    throw failedToParse("$lookup requires both or neither of 'localField' and 'foreignField' to be specified, or a 'pipeline'");
  const pipeline = pipelineOf(spec.pipeline);
  if (spec.let !== undefined && !isDocument(spec.let)) throw failedToParse("$lookup argument 'let' must be an object");
  const lets = Object.entries(spec.let ?? {});
  return (docs, { variables, run }) =>
    docs.map((doc) => {
      const bound = { ...variables, ...Object.fromEntries(lets.map(([name, expression]) => [name, evaluate(expression, doc, variables)])) };
      const stages = [...pipeline];
      // An equality on the foreign field: its index, where there is one, answers it.
      if (typeof localField === 'string' && typeof foreignField === 'string')
        stages.unshift({ $match: { [foreignField]: { $in: localValues(doc, localField) } } });
      const copy = structuredCopy(doc);
      setPath(copy, as.split('.'), run(from, stages, bound));
      return copy;
    });
}
/** Each element of an array is looked for; where there is no value at all, null is. */
function localValues(doc: Doc, path: string): unknown[] {
  const values = valuesAt(doc, path).flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value]));
  if (values.some(isRegExp)) throw notHere('$lookup by a regular expression');
  return values.length === 0 ? [null] : values;
}

export function compileUnion(given: unknown): Stage {
  const spec = typeof given === 'string' ? { coll: given } : assertOptions(given, '$unionWith', ['coll', 'pipeline']);
  const { coll } = spec;
  if (typeof coll !== 'string') throw new MongoError(9, 'FailedToParse', '$unionWith needs the name of a collection');
  const pipeline = pipelineOf('pipeline' in spec ? spec.pipeline : undefined);
  return (docs, { run, variables }) => [...docs, ...run(coll, pipeline, variables)];
}

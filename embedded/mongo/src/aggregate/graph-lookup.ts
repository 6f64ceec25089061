import { type Doc, documentFrom, isArray, isDocument, isNumeric, isRegExp, Long, toDouble } from '../bson';
import { encodeKey } from '../compare';
import { setPath, structuredCopy } from '../documents';
import { failedToParse, MongoError, notHere } from '../errors';
import { compileExpression, evaluate } from '../expressions/compile';
import { fieldPathParts } from '../expressions/field-path';
import { named } from '../expressions/operands';
import { memoryOf } from '../memory-budget';
import { valuesAt } from '../paths';
import { perDocument, type Stage, type StageCompiler } from './stage';

const REQUIRED = ['from', 'startWith', 'connectFromField', 'connectToField', 'as'];
const OPTIONAL = ['maxDepth', 'depthField', 'restrictSearchWithMatch'];

const keyOf = (value: unknown) => encodeKey(value).toString('latin1');
/** Values to look for next: those that are there, each element of an array by itself, each once. */
function different(values: readonly unknown[]): unknown[] {
  const all = values.flatMap((value) => (isArray(value) ? value : [value])).filter((value) => value !== undefined);
  if (all.some(isRegExp)) throw notHere('$graphLookup by a regular expression');
  return [...new Map(all.map((value) => [keyOf(value), value])).values()];
}
function depthOf(spec: unknown): number {
  if (spec === undefined) return Infinity;
  const depth = isNumeric(spec) ? toDouble(spec) : NaN;
  if (!Number.isInteger(depth) || depth < 0) throw new MongoError(40101, 'maxDepth requires a nonnegative whole number');
  return depth;
}
function path(spec: unknown, name: string): string {
  if (typeof spec !== 'string') throw new MongoError(40103, `expected string as argument for ${name}`);
  fieldPathParts(spec);
  return spec;
}

/** Follows references from document to document, one depth after the other. */
export function compileGraphLookup(given: unknown, { names, compile }: StageCompiler): Stage {
  const spec = named(given, '$graphLookup', REQUIRED, OPTIONAL);
  const { from, restrictSearchWithMatch: restriction } = spec;
  if (typeof from !== 'string') throw failedToParse("$graphLookup argument 'from' must be a string");
  const [connectFrom, connectTo] = [path(spec.connectFromField, 'connectFromField'), path(spec.connectToField, 'connectToField')];
  const target = fieldPathParts(path(spec.as, 'as'));
  const depthParts = spec.depthField === undefined ? undefined : fieldPathParts(path(spec.depthField, 'depthField'));
  const maxDepth = depthOf(spec.maxDepth);
  if (restriction !== undefined && !isDocument(restriction)) throw new MongoError(40185, 'restrictSearchWithMatch must be an object');
  if (restriction !== undefined) compile([{ $match: restriction }], names);
  const startWith = compileExpression(spec.startWith, names);
  return perDocument(async (doc, { variables, run, lease }) => {
    const reached = new Map<string, Doc>();
    let wanted = different([evaluate(startWith, doc, variables)]);
    for (let depth = 0; wanted.length > 0 && depth <= maxDepth; depth += 1) {
      const stages = [
        { $match: documentFrom([[connectTo, { $in: wanted }]]) },
        ...(restriction === undefined ? [] : [{ $match: restriction }]),
      ];
      const found = (await run(from, stages, variables)).filter(({ _id }) => !reached.has(keyOf(_id)));
      lease.take(found.reduce((sum, one) => sum + memoryOf(one), 0));
      for (const one of found) {
        const copy = structuredCopy(one);
        if (depthParts !== undefined) setPath(copy, depthParts, Long.fromNumber(depth));
        reached.set(keyOf(one._id), copy);
      }
      wanted = different(found.flatMap((one) => valuesAt(one, connectFrom)));
    }
    const copy = structuredCopy(doc);
    setPath(copy, target, [...reached.values()]);
    return [copy];
  });
}

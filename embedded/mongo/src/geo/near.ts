import { type Doc, documentFrom, fieldsOf, isArray, isDocument } from '../bson';
import { badValue, MongoError, notHere } from '../errors';
import { valuesAt } from '../paths';
import { type GeoKind, hasGeoKey, type Index } from '../storage/keys';
import { isOnSphere, legacyPair, parseGeoJson, storedShape } from './geometry';
import { bounds } from './regions';
import type { Position } from './shapes';
import { distance, EARTH_METRES } from './sphere';

/** A $near or $nearSphere of a filter. */
export interface Near {
  /** Throws where no index answers it, as MongoDB does. */
  assertIndex(indexes: readonly Index[]): void;
  /** The distance of a document in the unit of the operator; undefined: not in its bounds. */
  distanceOf(doc: Doc): number | undefined;
}

const OPERATORS = ['$near', '$nearSphere'];
const PARTS = [...OPERATORS, '$minDistance', '$maxDistance'];
const operatorOf = (condition: unknown): string | undefined =>
  isDocument(condition) ? OPERATORS.find((operator) => Object.hasOwn(condition, operator)) : undefined;

/** From where, measured how, and which indexes MongoDB would take. */
interface Target {
  from: Position;
  kinds: GeoKind[];
  measure(from: Position, to: Position): number;
}
function targetOf(operator: string, operand: unknown): Target {
  if (isDocument(operand) && operand.$geometry !== undefined) {
    if (!isDocument(operand.$geometry)) throw badValue(`${operator} needs a GeoJSON point`);
    const shape = parseGeoJson(operand.$geometry);
    if (shape.kind !== 'point') throw badValue(`${operator} requires a point, found a ${shape.kind}`);
    return { from: shape.at, kinds: ['2dsphere'], measure: (a, b) => distance(a, b) * EARTH_METRES };
  }
  if (Array.isArray(operand) && operand.length > 2) throw notHere(`a distance inside the point of ${operator}`);
  const from = legacyPair(operand);
  if (from === undefined) throw badValue(`${operator} needs a point of two numbers`);
  if (operator === '$near') return { from, kinds: ['2d'], measure: (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) };
  if (!isOnSphere(from)) throw badValue(`${operator}: longitude/latitude is out of bounds`);
  return { from, kinds: ['2d', '2dsphere'], measure: distance };
}

/** The points at a path; a value that is no shape has no distance. */
function pointsOf(doc: Doc, path: string): Position[] {
  return valuesAt(doc, path).flatMap((value) =>
    (legacyPair(value) === undefined && isArray(value) ? value : [value]).flatMap((one) => {
      const shape = typeof one === 'object' ? storedShape(one) : undefined;
      if (shape === undefined) return [];
      if (shape.kind !== 'point') throw notHere('the distance of a shape that is not a point');
      return [shape.at];
    }),
  );
}

function compileNear(path: string, operator: string, condition: Doc): Near {
  const operand = condition[operator];
  const { from, kinds, measure } = targetOf(operator, operand);
  const isGeoJson = kinds.length === 1 && kinds[0] === '2dsphere';
  for (const part of isGeoJson && isDocument(operand) ? Object.keys(operand) : [])
    if (part !== '$geometry' && !PARTS.includes(part)) throw badValue(`invalid argument in geo near query: ${part}`);
  const { least, most } = bounds(isGeoJson && isDocument(operand) ? { ...condition, ...operand } : condition);
  return {
    assertIndex(indexes) {
      if (indexes.some((index) => kinds.some((kind) => hasGeoKey(index, path, kind)))) return;
      throw new MongoError(
        'NoQueryExecutionPlans',
        `error processing query: planner returned error :: caused by :: unable to find index for ${operator} on ${path}`,
      );
    },
    distanceOf(doc) {
      // Of several points the nearest counts, and is Infinity where there is none.
      const nearest = pointsOf(doc, path).reduce((known, point) => Math.min(known, measure(from, point)), Infinity);
      return nearest < Infinity && nearest >= least && nearest <= most ? nearest : undefined;
    },
  };
}

/** Takes $near out of a filter: it stands at the top, once. The rest is a filter of its own. */
export function splitNear(filter: Doc): { near?: Near; others: Doc } {
  const at = fieldsOf(filter).filter(([, condition]) => operatorOf(condition) !== undefined);
  const [found, ...more] = at;
  if (found === undefined) return { others: filter };
  if (more.length > 0) throw badValue('Too many geoNear expressions');
  const [path, condition] = found;
  const operator = operatorOf(condition);
  if (operator === undefined || !isDocument(condition)) return { others: filter };
  const rest = documentFrom(fieldsOf(condition).filter(([name]) => !PARTS.includes(name)));
  const others = documentFrom(
    fieldsOf(filter).flatMap(([name, given]): [string, unknown][] => {
      if (name !== path) return [[name, given]];
      return Object.keys(rest).length === 0 ? [] : [[name, rest]];
    }),
  );
  return { near: compileNear(path, operator, condition), others };
}

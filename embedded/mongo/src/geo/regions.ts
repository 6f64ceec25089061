import { type Doc, fieldsOf, isArray, isDocument, isNumeric, toDouble } from '../bson';
import { badValue, notHere } from '../errors';
import { isOnSphere, legacyPair, parseGeoJson } from './geometry';
import type { Geometry, Position } from './shapes';
import { contains, distance, intersects } from './sphere';

/** Whether a stored shape meets an operator's condition. */
export type GeoTest = (shape: Geometry) => boolean;

const pair = (value: unknown): Position => {
  const found = legacyPair(value);
  if (found === undefined) throw badValue('Point must be an array or object of two numbers');
  return found;
};
const pairs = (value: unknown, operator: string, least: number): Position[] => {
  if (!Array.isArray(value) || value.length < least) throw badValue(`${operator} needs at least ${least} points`);
  return value.map(pair);
};
/** Points of the plane, whichever way they were stored. */
const ofPlane =
  (test: (at: Position) => boolean): GeoTest =>
  (shape) =>
    shape.kind === 'point' && test(shape.at);
/** Shapes of the sphere, and legacy pairs that can lie on it. */
const ofSphere =
  (test: GeoTest): GeoTest =>
  (shape) =>
    (shape.kind !== 'point' || isOnSphere(shape.at)) && test(shape);

function box(operand: unknown): GeoTest {
  const [one, other] = pairs(operand, '$box', 2);
  if (one === undefined || other === undefined) throw badValue('$box needs two points');
  const isBetween = (value: number, a: number, b: number) => value >= Math.min(a, b) && value <= Math.max(a, b);
  return ofPlane(([x, y]) => isBetween(x, one[0], other[0]) && isBetween(y, one[1], other[1]));
}

function circle(operand: unknown, operator: string): { middle: Position; radius: number } {
  const [middle, radius, ...more] = isArray(operand) ? operand : [];
  if (!isNumeric(radius) || !(toDouble(radius) >= 0) || more.length > 0)
    throw badValue(`${operator} needs a point and a radius that is not negative`);
  return { middle: pair(middle), radius: toDouble(radius) };
}
function center(operand: unknown): GeoTest {
  const { middle, radius } = circle(operand, '$center');
  return ofPlane(([x, y]) => Math.hypot(x - middle[0], y - middle[1]) <= radius);
}
function centerSphere(operand: unknown): GeoTest {
  const { middle, radius } = circle(operand, '$centerSphere');
  if (!isOnSphere(middle)) throw badValue('$centerSphere: longitude/latitude is out of bounds');
  if (radius >= Math.PI / 2) throw notHere('a $centerSphere of a hemisphere or more');
  const isNear = (at: Position) => distance(middle, at) <= radius;
  return ofSphere((shape) => {
    if (shape.kind === 'point') return isNear(shape.at);
    return shape.positions.every(isNear);
  });
}

/** Whether a point of the plane lies in a polygon, its edge included. */
function isInside([x, y]: Position, corners: readonly Position[]): boolean {
  let inside = false;
  for (const [at, [ax, ay]] of corners.entries()) {
    const [bx, by] = corners[(at + 1) % corners.length] ?? [ax, ay];
    const side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
    if (side === 0 && x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) && y <= Math.max(ay, by)) return true;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}
function polygon(operand: unknown): GeoTest {
  const corners = pairs(isDocument(operand) ? Object.values(operand) : operand, '$polygon', 3);
  return ofPlane((at) => isInside(at, corners));
}

function geometryOf(operand: unknown): Geometry {
  if (!isDocument(operand)) throw badValue('$geometry needs an object');
  return parseGeoJson(operand);
}
const onlyField = (operand: unknown, operator: string): [string, unknown] => {
  const [field, ...more] = isDocument(operand) ? fieldsOf(operand) : [];
  if (field === undefined || more.length > 0) throw badValue(`${operator} takes an object with one shape`);
  return field;
};

const SHAPES: Record<string, (operand: unknown) => GeoTest> = {
  $box: box,
  $center: center,
  $centerSphere: centerSphere,
  $polygon: polygon,
  $geometry: (operand) => {
    const shape = geometryOf(operand);
    if (shape.kind !== 'polygon') throw badValue('$geoWithin not supported with provided geometry');
    return ofSphere((stored) => contains(shape, stored));
  },
};
/** The operand of $geoWithin. */
export function within(operand: unknown): GeoTest {
  const [name, given] = onlyField(operand, '$geoWithin');
  const build = Object.hasOwn(SHAPES, name) ? SHAPES[name] : undefined;
  if (build === undefined) throw badValue(`unknown shape of $geoWithin: ${name}`);
  return build(given);
}
/** The operand of $geoIntersects. */
export function intersecting(operand: unknown): GeoTest {
  const [name, given] = onlyField(operand, '$geoIntersects');
  if (name !== '$geometry') throw badValue(`$geoIntersects needs a $geometry, found ${name}`);
  const shape = geometryOf(given);
  return ofSphere((stored) => intersects(shape, stored));
}

/** The parts of $near that are named, as `{ $geometry, $minDistance, $maxDistance }`. */
export const bounds = ({ $minDistance: least, $maxDistance: most }: Doc): { least: number; most: number } => {
  const read = (value: unknown, otherwise: number, name: string) => {
    if (value === undefined) return otherwise;
    if (!isNumeric(value) || !(toDouble(value) >= 0)) throw badValue(`${name} must be a number that is not negative`);
    return toDouble(value);
  };
  return { least: read(least, 0, '$minDistance'), most: read(most, Infinity, '$maxDistance') };
};

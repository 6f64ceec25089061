import { type Doc, isArray, isDocument, isNumeric, toDouble } from '../bson';
import { badValue, MongoError, notHere } from '../errors';
import type { Geometry, Polygon, Position } from './shapes';
import { crosses, pathOf } from './sphere';

const NOT_HERE = ['MultiPoint', 'MultiLineString', 'MultiPolygon', 'GeometryCollection'];
/** Every edge of a ring is compared with every other. */
const MAX_POSITIONS = 500;

export const isOnSphere = ([longitude, latitude]: Position) => Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
const isNumber = (value: unknown) => isNumeric(value) && Number.isFinite(toDouble(value));

/** A legacy coordinate pair: two numbers of an array, or the first two fields of a document. */
export function legacyPair(value: unknown): Position | undefined {
  const [x, y] = isArray(value) ? value : isDocument(value) ? Object.values(value) : [];
  return isNumber(x) && isNumber(y) ? [toDouble(x), toDouble(y)] : undefined;
}

function position(value: unknown): Position {
  const pair = Array.isArray(value) ? legacyPair(value) : undefined;
  if (pair === undefined) throw badValue('a position of GeoJSON must be an array of a longitude and a latitude');
  if (!isOnSphere(pair)) throw badValue(`longitude/latitude is out of bounds, lng: ${pair[0]} lat: ${pair[1]}`);
  return pair;
}
function positions(value: unknown, least: number, what: string): Position[] {
  if (!Array.isArray(value) || value.length < least) throw badValue(`${what} must have at least ${least} positions`);
  if (value.length > MAX_POSITIONS) throw notHere(`a ${what} of more than ${MAX_POSITIONS} positions`);
  return value.map(position);
}
const isSame = (a: Position | undefined, b: Position | undefined) => a !== undefined && b !== undefined && a[0] === b[0] && a[1] === b[1];

function ring(value: unknown): Position[] {
  const given = positions(value, 4, 'Loop');
  if (!isSame(given[0], given.at(-1))) throw badValue('Loop is not closed');
  const all = given.filter((one, at) => at === 0 || !isSame(one, given[at - 1]));
  if (all.length < 4) throw badValue('Loop must have at least 3 different vertices');
  if (new Set(all.map(String)).size < all.length - 1) throw badValue('Loop is not valid: duplicate vertices');
  const path = pathOf(all);
  if (path.middle === undefined) throw notHere('a polygon of a hemisphere or more');
  if (crosses(path, path)) throw badValue('Loop is not valid: edges cross');
  return all;
}

function pathsOf(paths: Position[][]): Pick<Polygon, 'positions' | 'paths'> {
  const all = paths.flat();
  if (all.length > MAX_POSITIONS) throw notHere(`a shape of more than ${MAX_POSITIONS} positions`);
  return { positions: all, paths: paths.map(pathOf) };
}

/** A GeoJSON object. Throws BadValue where it is none. */
export function parseGeoJson(given: Doc): Geometry {
  const { type, coordinates } = given;
  if (typeof type === 'string' && NOT_HERE.includes(type)) throw notHere(`the GeoJSON type ${type}`);
  if (given.crs !== undefined) throw notHere('a crs of GeoJSON');
  switch (type) {
    case 'Point':
      return { kind: 'point', at: position(coordinates), flat: false };
    case 'LineString':
      return { kind: 'line', ...pathsOf([positions(coordinates, 2, 'LineString')]) };
    case 'Polygon':
      if (!Array.isArray(coordinates) || coordinates.length === 0) throw badValue('Polygon has no loops');
      return { kind: 'polygon', ...pathsOf(coordinates.map(ring)) };
    default:
      throw badValue(`unknown GeoJSON type: ${typeof type === 'string' ? type : 'none'}`);
  }
}
const GEO_JSON_TYPES = ['Point', 'LineString', 'Polygon', ...NOT_HERE];

/** A stored value as a shape. Throws BadValue where it is none. */
export function parseStored(value: unknown): Geometry {
  if (isDocument(value) && typeof value.type === 'string' && GEO_JSON_TYPES.includes(value.type)) return parseGeoJson(value);
  const pair = legacyPair(value);
  if (pair === undefined) throw badValue('neither GeoJSON nor a legacy coordinate pair');
  return { kind: 'point', at: pair, flat: true };
}
/** A stored value as a shape; undefined where it is none. */
export function storedShape(value: unknown): Geometry | undefined {
  try {
    return value === null ? undefined : parseStored(value);
  } catch (error) {
    if (error instanceof MongoError && error.codeName === 'BadValue') return undefined;
    throw error;
  }
}

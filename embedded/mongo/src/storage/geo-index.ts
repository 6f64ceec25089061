import { type Doc, isArray } from '../bson';
import { MongoError } from '../errors';
import { legacyPair, parseStored, isOnSphere } from '../geo/geometry';
import { valuesAt } from '../paths';

/** The kinds of indexes over geometry. */
export type GeoKind = '2d' | '2dsphere';
export const isGeoKind = (kind: unknown): kind is GeoKind => kind === '2d' || kind === '2dsphere';

function assertPlane(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const pair = legacyPair(value);
  if (pair === undefined) {
    const several = isArray(value) ? value : undefined;
    if (several?.every((one) => legacyPair(one) !== undefined) !== true)
      throw new MongoError(16804, 'location object expected, location array not in correct format');
    several.forEach(assertPlane);
  } else if (!pair.every((one) => one >= -180 && one < 180)) throw new MongoError(13027, 'point not in interval of [ -180, 180 )');
}
function assertSphere(value: unknown): void {
  if (value === undefined || value === null) return;
  const refused = (why: string) => new MongoError(16755, `Can't extract geo keys: ${why}`);
  try {
    const shape = parseStored(value);
    if (shape.kind === 'point' && !isOnSphere(shape.at)) throw refused('longitude/latitude is out of bounds');
  } catch (error) {
    if (error instanceof MongoError && error.codeName === 'BadValue') throw refused(error.message);
    throw error;
  }
}

/**
 * Refuses a document whose value at a path MongoDB would not take into an index over geometry. The
 * index has no entries: queries over geometry look at every document.
 */
export function assertGeometry(doc: Doc, path: string, kind: GeoKind): void {
  for (const value of valuesAt(doc, path)) (kind === '2d' ? assertPlane : assertSphere)(value);
}

import { type Doc, documentFrom, fieldsOf, firstKey, Int32, isDocument, isNumeric, isTrue, toDouble } from '../bson';
import { badValue, MongoError, notHere } from '../errors';
import { fieldPathParts } from '../expressions/field-path';
import { compileFilter } from '../filter/filter';
import { isOperators } from '../filter/leaves';
import { type Index, type IndexKey, type IndexSpec, isGeo, isGeoKind, shownDirection } from '../storage/keys';
import { documentOf } from './command';

export const keyPattern = (index: Pick<Index, 'keys'>): Doc =>
  documentFrom(index.keys.map((key): [string, unknown] => [key.path, key.geo ?? new Int32(key.direction)]));
/** An index as listIndexes shows it. */
export const present = (index: Index): Doc => ({
  v: new Int32(2),
  key: keyPattern(index),
  name: index.name,
  ...(index.keys.some(({ geo }) => geo === '2dsphere') && { '2dsphereIndexVersion': new Int32(3) }),
  ...(index.unique && { unique: true }),
  ...(index.sparse && { sparse: true }),
  ...(index.partial !== undefined && { partialFilterExpression: index.partial }),
  ...(index.expireAfterSeconds !== undefined && { expireAfterSeconds: new Int32(index.expireAfterSeconds) }),
});

export const isIdIndex = ({ keys }: Pick<Index, 'keys'>) => keys.length === 1 && keys[0]?.path === '_id' && keys[0].direction === 1;
const inTtlRange = (seconds: number) => seconds >= 0 && seconds <= 2_147_483_647;
const cannotCreate = (message: string) => new MongoError('CannotCreateIndex', message);

const PARTIAL_OPERATORS = ['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$type', '$exists'];
/** The filters that MongoDB takes for a partial index. */
function assertPartial(filter: Doc): void {
  compileFilter(filter);
  const refused = (what: string) => cannotCreate(`Expression not supported in partial index: ${what}`);
  for (const [key, condition] of fieldsOf(filter)) {
    if ((key === '$and' || key === '$or') && Array.isArray(condition)) condition.filter(isDocument).forEach(assertPartial);
    else if (key.startsWith('$')) throw refused(key);
    else if (isOperators(condition))
      for (const [operator, operand] of Object.entries(condition))
        if (!PARTIAL_OPERATORS.includes(operator) || (operator === '$exists' && !isTrue(operand))) throw refused(`${key}: ${operator}`);
  }
}

const KNOWN = ['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'background', 'v', 'ns'];
const NOT_HERE = [
  'collation',
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'bucketSize',
  'wildcardProjection',
  'hidden',
  'prepareUnique',
  'storageEngine',
  'clustered',
];
function assertIndexOptions(spec: Doc): void {
  for (const [option, value] of fieldsOf(spec)) {
    if (value === undefined || value === null || KNOWN.includes(option)) continue;
    if (!NOT_HERE.includes(option))
      throw new MongoError('InvalidIndexSpecificationOption', `The field '${option}' is not valid for an index specification`);
    const simple = value === false || (isDocument(value) && (firstKey(value) === undefined || value.locale === 'simple'));
    if (!simple) throw notHere(`the option ${option} of an index`);
  }
  for (const flag of ['unique', 'sparse', 'background'])
    if (spec[flag] !== undefined && typeof spec[flag] !== 'boolean' && !isNumeric(spec[flag]))
      throw new MongoError('TypeMismatch', `The field '${flag}' of an index must be a boolean`);
}

function assertGeoIndex(keys: IndexKey[], spec: Doc): void {
  const planes = keys.filter(({ geo }) => geo === '2d');
  if (planes.length > 1) throw new MongoError(16800, "can't have 2 geo fields");
  if (planes.length === 1 && keys[0]?.geo !== '2d') throw new MongoError(16801, '2d has to be first in index');
  if (planes.length === 1 && keys.some(({ geo }) => geo === '2dsphere')) throw notHere('an index with both 2d and 2dsphere keys');
  for (const option of ['unique', 'expireAfterSeconds']) if (isTrue(spec[option])) throw notHere(`the option ${option} of a geo index`);
}

/** Checks an index specification. */
export function parseIndex(given: unknown): Omit<IndexSpec, 'id' | 'multikey'> {
  if (!isDocument(given)) throw new MongoError('TypeMismatch', 'the elements of indexes must be objects');
  const spec = given;
  assertIndexOptions(spec);
  const fields = fieldsOf(documentOf(spec.key, 'key'));
  if (fields.length === 0) throw cannotCreate('Index keys cannot be an empty object');
  if (fields.length > 32) throw new MongoError(13103, 'an index has at most 32 keys');
  const keys = fields.map(([path, direction]): IndexKey => {
    if (typeof direction === 'string' && !isGeoKind(direction)) throw notHere(`a ${direction} index`);
    if (path.includes('$**')) throw notHere('a wildcard index');
    try {
      fieldPathParts(path);
    } catch {
      throw cannotCreate(`Index key contains an illegal field name: '${path}'`);
    }
    if (isGeoKind(direction)) return { path, direction: 1, geo: direction };
    const sign = isNumeric(direction) ? Math.sign(toDouble(direction)) : 0;
    if (sign !== 1 && sign !== -1) throw cannotCreate('Values in v:2 index key pattern must be of type number (not 0) or string');
    return { path, direction: sign };
  });
  const partial = spec.partialFilterExpression;
  if (partial !== undefined) assertPartial(documentOf(partial, 'partialFilterExpression'));
  const sparse = isTrue(spec.sparse);
  if (sparse && partial !== undefined) throw cannotCreate('cannot mix "partialFilterExpression" and "sparse" options');
  if (spec.name !== undefined && (typeof spec.name !== 'string' || spec.name === '' || spec.name === '*'))
    throw cannotCreate("the name of an index must be a string that is not empty and not '*'");
  const name = typeof spec.name === 'string' ? spec.name : keys.map((key) => `${key.path}_${shownDirection(key)}`).join('_');
  if (isGeo({ keys })) assertGeoIndex(keys, spec);
  const expire = spec.expireAfterSeconds;
  if (expire !== undefined && (keys.length !== 1 || keys[0]?.path === '_id' || !isNumeric(expire) || !inTtlRange(toDouble(expire))))
    throw cannotCreate('TTL indexes are single-field indexes, not on _id, with a number of seconds from 0 to 2147483647');
  if (isIdIndex({ keys }) && (spec.unique !== undefined || sparse || partial !== undefined))
    throw new MongoError('InvalidIndexSpecificationOption', 'the index on _id takes no options');
  if (isIdIndex({ keys }) !== (name === '_id_') && name === '_id_') throw badValue("the name '_id_' is that of the index on _id");
  return {
    name,
    keys,
    unique: isTrue(spec.unique),
    sparse,
    ...(isDocument(partial) && { partial }),
    ...(expire !== undefined && { expireAfterSeconds: Math.trunc(toDouble(expire)) }),
  };
}

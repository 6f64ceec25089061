import { type Doc, encode, Int32, isDocument, isNumeric, isTrue, toDouble } from '../bson';
import { badValue, MongoError, notHere } from '../errors';
import { compileFilter } from '../matcher';
import type { Index } from '../storage/keys';
import { type Command, collectionName, documentOf, noSuchNamespace, orCreate, refuse } from './command';

const keyPattern = (index: Pick<Index, 'keys'>): Doc =>
  Object.fromEntries(index.keys.map(({ path, direction }) => [path, new Int32(direction)]));
const present = (index: Index): Doc => ({
  v: new Int32(2),
  key: keyPattern(index),
  name: index.name,
  ...(index.unique && { unique: true }),
  ...(index.sparse && { sparse: true }),
  ...(index.partial !== undefined && { partialFilterExpression: index.partial }),
  ...(index.expireAfterSeconds !== undefined && { expireAfterSeconds: new Int32(index.expireAfterSeconds) }),
});

export const listIndexes: Command = ({ storage, cursors, db, command }) => {
  const name = collectionName(command.listIndexes);
  const collection = storage.collection(db, name);
  if (collection === undefined) throw noSuchNamespace(`${db}.${name}`);
  return cursors.first(
    `${db}.${name}`,
    [{ v: new Int32(2), key: { _id: new Int32(1) }, name: '_id_' }, ...collection.indexes.map(present)].map(encode),
    undefined,
    false,
  );
};

const isIdIndex = ({ keys }: Pick<Index, 'keys'>) => keys.length === 1 && keys[0]?.path === '_id' && keys[0].direction === 1;
const inTtlRange = (seconds: number) => seconds >= 0 && seconds <= 2_147_483_647;
const PARTIAL_OPERATORS = ['$eq', '$gt', '$gte', '$lt', '$lte', '$in', '$type', '$exists'];
/** The filters that MongoDB takes for a partial index. */
function assertPartial(filter: Doc): void {
  compileFilter(filter);
  const refused = (what: string) => new MongoError(67, 'CannotCreateIndex', `Expression not supported in partial index: ${what}`);
  for (const [key, condition] of Object.entries(filter)) {
    if ((key === '$and' || key === '$or') && Array.isArray(condition)) condition.filter(isDocument).forEach(assertPartial);
    else if (key.startsWith('$')) throw refused(key);
    else if (isDocument(condition))
      for (const [operator, operand] of Object.entries(condition))
        if (operator.startsWith('$') && (!PARTIAL_OPERATORS.includes(operator) || (operator === '$exists' && !isTrue(operand))))
          throw refused(`${key}: ${operator}`);
  }
}

function parseIndex(spec: Doc) {
  refuse(
    spec,
    'collation',
    'weights',
    'default_language',
    'language_override',
    'textIndexVersion',
    '2dsphereIndexVersion',
    'bits',
    'wildcardProjection',
    'hidden',
    'prepareUnique',
  );
  for (const option of Object.keys(spec))
    if (
      !['key', 'name', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds', 'background', 'v', 'ns'].includes(option) &&
      spec[option] !== undefined
    )
      throw new MongoError(197, 'InvalidIndexSpecificationOption', `The field '${option}' is not valid for an index specification`);
  const key = documentOf(spec.key, 'key');
  if (Object.keys(key).length === 0) throw new MongoError(67, 'CannotCreateIndex', 'Index keys cannot be an empty object');
  const keys = Object.entries(key).map(([path, direction]) => {
    if (typeof direction === 'string') throw notHere(`a ${direction} index`);
    if (path.includes('$**')) throw notHere('a wildcard index');
    const sign = isNumeric(direction) ? Math.sign(toDouble(direction)) : 0;
    if (sign === 0)
      throw new MongoError(67, 'CannotCreateIndex', 'Values in v:2 index key pattern must be of type number (not 0) or string');
    return { path, direction: sign as 1 | -1 };
  });
  const partial = spec.partialFilterExpression;
  if (partial !== undefined) assertPartial(documentOf(partial, 'partialFilterExpression'));
  const sparse = isTrue(spec.sparse);
  if (sparse && partial !== undefined)
    throw new MongoError(67, 'CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  const name = typeof spec.name === 'string' ? spec.name : keys.map(({ path, direction }) => `${path}_${direction}`).join('_');
  const expire = spec.expireAfterSeconds;
  if (expire !== undefined && (keys.length !== 1 || keys[0]?.path === '_id' || !isNumeric(expire) || !inTtlRange(toDouble(expire))))
    throw new MongoError(
      67,
      'CannotCreateIndex',
      'TTL indexes are single-field indexes, not on _id, with a number of seconds from 0 to 2147483647',
    );
  if (keys.length === 1 && keys[0]?.path === '_id' && (spec.unique !== undefined || sparse || partial !== undefined))
    throw new MongoError(197, 'InvalidIndexSpecificationOption', 'the index on _id takes no options');
  return {
    name,
    keys,
    unique: isTrue(spec.unique),
    sparse,
    ...(partial !== undefined && { partial: partial as Doc }),
    ...(expire !== undefined && { expireAfterSeconds: toDouble(expire) }),
  };
}

export const createIndexes: Command = ({ storage, db, command }) => {
  const name = collectionName(command.createIndexes);
  if (!Array.isArray(command.indexes) || command.indexes.length === 0) throw badValue('Must specify at least one index to create');
  const specs = (command.indexes as Doc[]).map(parseIndex);
  return storage.write((): Doc => {
    const existed = storage.collection(db, name) !== undefined;
    const collection = orCreate(storage, db, name);
    const numIndexesBefore = collection.indexes.length + 1;
    for (const spec of specs) {
      if (isIdIndex(spec)) continue;
      const same = (index: Index) => JSON.stringify(index.keys) === JSON.stringify(spec.keys);
      const alike = (index: Index) =>
        same(index) &&
        index.unique === spec.unique &&
        index.sparse === spec.sparse &&
        index.expireAfterSeconds === spec.expireAfterSeconds &&
        JSON.stringify(index.partial) === JSON.stringify('partial' in spec ? spec.partial : undefined);
      const named = collection.indexes.find((index) => index.name === spec.name);
      if (named !== undefined) {
        if (alike(named)) continue;
        throw new MongoError(
          86,
          'IndexKeySpecsConflict',
          `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. Requested index: ${spec.name}`,
        );
      }
      const twin = collection.indexes.find(
        (index) => same(index) && JSON.stringify(index.partial) === JSON.stringify('partial' in spec ? spec.partial : undefined),
      );
      if (twin !== undefined) throw new MongoError(85, 'IndexOptionsConflict', `Index already exists with a different name: ${twin.name}`);
      storage.addIndex(collection, spec);
    }
    return { numIndexesBefore, numIndexesAfter: collection.indexes.length + 1, createdCollectionAutomatically: !existed, ok: 1 };
  });
};

export const dropIndexes: Command = ({ storage, db, command }) => {
  const name = collectionName(command.dropIndexes);
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    if (collection === undefined) throw noSuchNamespace(`${db}.${name}`);
    const nIndexesWas = collection.indexes.length + 1;
    const wanted: unknown[] = Array.isArray(command.index) ? (command.index as unknown[]) : [command.index];
    if (command.index === '*') for (const index of [...collection.indexes]) storage.dropIndex(collection, index);
    else {
      for (const which of wanted) {
        if (which === '_id_') throw new MongoError(72, 'InvalidOptions', 'cannot drop _id index');
        const found = collection.indexes.find(
          (index) =>
            index.name === which ||
            (isDocument(which) &&
              JSON.stringify(Object.entries(which).map(([path, direction]) => [path, Math.sign(toDouble(direction))])) ===
                JSON.stringify(index.keys.map(({ path, direction }) => [path, direction]))),
        );
        if (found === undefined)
          throw new MongoError(
            27,
            'IndexNotFound',
            `index not found with name [${typeof which === 'string' ? which : JSON.stringify(which)}]`,
          );
        storage.dropIndex(collection, found);
      }
    }
    return { nIndexesWas, ok: 1 };
  });
};

export const collMod: Command = ({ storage, db, command }) => {
  const collection = storage.collection(db, collectionName(command.collMod));
  if (collection === undefined) throw noSuchNamespace(`${db}.${String(command.collMod)}`);
  const spec = command.index;
  if (!isDocument(spec)) return { ok: 1 };
  const index = collection.indexes.find(
    (other) => other.name === spec.name || JSON.stringify(keyPattern(other)) === JSON.stringify(spec.keyPattern),
  );
  if (index === undefined) throw new MongoError(27, 'IndexNotFound', 'cannot find index for collMod');
  if (!isNumeric(spec.expireAfterSeconds)) throw notHere('this change of an index');
  const seconds = toDouble(spec.expireAfterSeconds);
  return storage.write((): Doc => {
    storage.setExpiry(collection, index, seconds);
    return { ok: 1 };
  });
};

import { type Doc, fieldsOf, isDocument, isNumeric, toDouble, typeOf } from '../bson';
import { badValue, MongoError, notHere, typeMismatch } from '../errors';

/** What an option may be: `flag` is a boolean or a number, `any` is checked by its command. */
const KINDS: Record<string, (value: unknown) => boolean> = {
  flag: (value) => typeof value === 'boolean' || isNumeric(value),
  number: isNumeric,
  string: (value) => typeof value === 'string',
  document: isDocument,
  array: Array.isArray,
  any: () => true,
};

/** What drivers may send along with every command. */
const GENERIC =
  '$db:string lsid:document $clusterTime:document $readPreference:document readConcern:document writeConcern:document maxTimeMS:number comment:any apiVersion:string apiStrict:flag apiDeprecationErrors:flag txnNumber:any autocommit:any startTransaction:any';

interface Options {
  /** Done, or without any effect on a server of this kind, each with its kind. */
  known: string;
  /** MongoDB has them, and they change what a command means: refused by name, never passed over. */
  notHere?: string;
}
/** Every command that takes options, and the statements inside some. */
export const OPTIONS: Record<string, Options> = {
  ping: { known: '' },
  insert: { known: 'documents:array ordered:flag bypassDocumentValidation:flag' },
  update: { known: 'updates:array ordered:flag bypassDocumentValidation:flag let:document' },
  'update.updates': {
    known: 'q:document u:any multi:flag upsert:flag arrayFilters:array hint:any sort:document',
    notHere: 'collation c sampleId upsertSupplied',
  },
  delete: { known: 'deletes:array ordered:flag let:document' },
  'delete.deletes': { known: 'q:document limit:number hint:any', notHere: 'collation sampleId' },
  findAndModify: {
    known:
      'query:document sort:document remove:flag update:any new:flag fields:document upsert:flag arrayFilters:array hint:any bypassDocumentValidation:flag let:document',
    notHere: 'collation',
  },
  find: {
    known:
      'filter:document sort:document projection:document hint:any skip:number limit:number batchSize:number singleBatch:flag noCursorTimeout:flag allowDiskUse:flag allowPartialResults:flag oplogReplay:flag let:document',
    notHere: 'collation tailable awaitData min max returnKey showRecordId readOnce',
  },
  getMore: { known: 'collection:string batchSize:number' },
  killCursors: { known: 'cursors:array' },
  count: { known: 'query:document limit:number skip:number hint:any', notHere: 'collation fields' },
  distinct: { known: 'key:string query:document hint:any', notHere: 'collation' },
  aggregate: {
    known: 'pipeline:array cursor:document hint:any let:document allowDiskUse:flag explain:flag bypassDocumentValidation:flag',
    notHere: 'collation exchange',
  },
  explain: { known: 'verbosity:string' },
  create: {
    known: 'autoIndexId:flag',
    notHere:
      'capped size max timeseries validator validationLevel validationAction viewOn pipeline collation clusteredIndex encryptedFields expireAfterSeconds changeStreamPreAndPostImages storageEngine indexOptionDefaults idIndex',
  },
  drop: { known: '' },
  dropDatabase: { known: '' },
  renameCollection: { known: 'to:string dropTarget:flag' },
  listCollections: { known: 'filter:document nameOnly:flag authorizedCollections:flag cursor:document' },
  listDatabases: { known: 'filter:document nameOnly:flag authorizedDatabases:flag' },
  listIndexes: { known: 'cursor:document' },
  createIndexes: { known: 'indexes:array commitQuorum:any ignoreUnknownIndexOptions:flag' },
  dropIndexes: { known: 'index:any' },
  collMod: {
    known: 'index:document',
    notHere:
      'validator validationLevel validationAction viewOn pipeline cappedSize cappedMax changeStreamPreAndPostImages expireAfterSeconds timeseries',
  },
  collStats: { known: 'scale:number' },
  dbStats: { known: 'scale:number freeStorage:number' },
  'writeConcern.writeConcern': { known: 'w:any j:flag fsync:flag wtimeout:number provenance:string' },
  'readConcern.readConcern': { known: 'level:string provenance:string', notHere: 'afterClusterTime atClusterTime afterOpTime' },
  'cursor.cursor': { known: 'batchSize:number' },
};
const words = (text = '') => (text === '' ? [] : text.split(' '));
const kinds = (text: string) =>
  new Map(
    words(text).map((word) => {
      const [name = '', kind = ''] = word.split(':');
      return [name, kind];
    }),
  );
const TABLE = new Map(
  Object.entries(OPTIONS).map(([name, options]) => [name, { known: kinds(options.known), notHere: new Set(words(options.notHere)) }]),
);
const ALWAYS = kinds(GENERIC);

/** False, null, an empty document and the simple collation have no effect. */
const hasNoEffect = (value: unknown) =>
  value === undefined ||
  value === false ||
  value === null ||
  (isDocument(value) && (Object.keys(value).length === 0 || value.locale === 'simple'));

/**
 * Refuses an option that is unknown, that the store does not have, or that has the wrong type.
 * Every command passes here.
 */
export function assertOptions(name: string, given: Doc): void {
  const options = TABLE.get(name);
  if (options === undefined) return;
  const [command = ''] = name.split('.');
  for (const [option, value] of fieldsOf(given)) {
    if (option === command && command === name) continue;
    const kind = options.known.get(option) ?? (command === name ? ALWAYS.get(option) : undefined);
    if (kind === undefined) {
      if (!options.notHere.has(option)) throw new MongoError(40415, `BSON field '${name}.${option}' is an unknown field.`);
      if (!hasNoEffect(value)) throw notHere(`the option ${option} of ${name}`);
    } else if (value !== null && KINDS[kind]?.(value) !== true)
      throw typeMismatch(`BSON field '${name}.${option}' is the wrong type '${typeOf(value)}', expected a ${kind}`);
  }
}

/** What a server that stands alone cannot promise. */
export function assertConcerns({ writeConcern, readConcern, apiVersion, apiStrict }: Doc): void {
  if (isDocument(writeConcern)) {
    assertOptions('writeConcern.writeConcern', writeConcern);
    const { w } = writeConcern;
    if (isNumeric(w) ? toDouble(w) < 0 : w !== undefined && typeof w !== 'string') throw badValue('w has to be a number or a string');
    if (isNumeric(w) && toDouble(w) > 1) throw badValue("cannot use 'w' > 1 when a host is not replicated");
    if (typeof w === 'string' && w !== 'majority')
      throw badValue(`cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`);
  }
  if (isDocument(readConcern)) {
    assertOptions('readConcern.readConcern', readConcern);
    const level = typeof readConcern.level === 'string' ? readConcern.level : undefined;
    if (level === 'snapshot' || level === 'linearizable')
      throw new MongoError('NotAReplicaSet', `node needs to be a replica set member to use readConcern ${level}`);
    if (level !== undefined && !['local', 'available', 'majority'].includes(level))
      throw new MongoError('FailedToParse', `readConcern level '${level}' is none`);
  }
  if (typeof apiVersion === 'string' && apiVersion !== '1')
    throw new MongoError(322, `Provided apiVersion is not supported: ${apiVersion}`);
  if (apiStrict !== undefined && !hasNoEffect(apiStrict)) throw notHere('the option apiStrict');
}

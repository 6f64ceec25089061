import { type Doc, isDocument, isNumeric, toDouble } from '../bson';
import { MongoError, notHere } from '../errors';

/** What drivers may send along with every command. */
const GENERIC =
  '$db lsid $clusterTime $readPreference readConcern writeConcern maxTimeMS comment apiVersion apiStrict apiDeprecationErrors txnNumber autocommit startTransaction';

interface Options {
  /** Done, or without any effect on a server of this kind. */
  known: string;
  /** MongoDB has them, and they change what a command means: refused by name, never passed over. */
  notHere?: string;
}
export const OPTIONS: Record<string, Options> = {
  insert: { known: 'documents ordered bypassDocumentValidation' },
  update: { known: 'updates ordered bypassDocumentValidation', notHere: 'let' },
  'update.updates': { known: 'q u multi upsert arrayFilters hint sort', notHere: 'collation c sampleId' },
  delete: { known: 'deletes ordered', notHere: 'let' },
  'delete.deletes': { known: 'q limit hint', notHere: 'collation' },
  findAndModify: {
    known: 'query sort remove update new fields upsert arrayFilters hint bypassDocumentValidation',
    notHere: 'collation let',
  },
  find: {
    known: 'filter sort projection hint skip limit batchSize singleBatch noCursorTimeout allowDiskUse allowPartialResults',
    notHere: 'collation tailable awaitData min max returnKey showRecordId oplogReplay let readOnce',
  },
  getMore: { known: 'collection batchSize' },
  killCursors: { known: 'cursors' },
  count: { known: 'query limit skip hint', notHere: 'collation fields' },
  distinct: { known: 'key query hint', notHere: 'collation' },
  aggregate: { known: 'pipeline cursor hint let allowDiskUse explain bypassDocumentValidation', notHere: 'collation' },
  explain: { known: 'verbosity' },
  create: {
    known: '',
    notHere:
      'capped size max timeseries validator validationLevel validationAction viewOn pipeline collation clusteredIndex encryptedFields expireAfterSeconds changeStreamPreAndPostImages storageEngine indexOptionDefaults',
  },
  drop: { known: '' },
  dropDatabase: { known: '' },
  renameCollection: { known: 'to dropTarget' },
  listCollections: { known: 'filter nameOnly authorizedCollections cursor' },
  listDatabases: { known: 'filter nameOnly authorizedDatabases' },
  listIndexes: { known: 'cursor' },
  createIndexes: { known: 'indexes commitQuorum ignoreUnknownIndexOptions' },
  dropIndexes: { known: 'index' },
  collMod: {
    known: 'index',
    notHere:
      'validator validationLevel validationAction viewOn pipeline cappedSize cappedMax changeStreamPreAndPostImages expireAfterSeconds timeseries',
  },
  collStats: { known: 'scale' },
  dbStats: { known: 'scale freeStorage' },
};
const words = (text = '') => new Set(text.split(' '));
const TABLE = new Map(
  Object.entries(OPTIONS).map(([name, options]) => [name, { known: words(options.known), notHere: words(options.notHere) }]),
);
const ALWAYS = words(GENERIC);

/** False, null, an empty document and the simple collation ask for nothing. */
const asksForNothing = (value: unknown) =>
  value === undefined ||
  value === false ||
  value === null ||
  (isDocument(value) && (Object.keys(value).length === 0 || value.locale === 'simple'));

/** Refuses what a command or one of its statements carries and this store does not do. */
export function assertOptions(name: string, given: Doc): void {
  const options = TABLE.get(name);
  if (options === undefined) return;
  const [command = ''] = name.split('.');
  for (const option of Object.keys(given)) {
    if (options.known.has(option) || option === command || (command === name && ALWAYS.has(option))) continue;
    if (!options.notHere.has(option)) throw new MongoError(40415, 'Location40415', `BSON field '${name}.${option}' is an unknown field.`);
    if (!asksForNothing(given[option])) throw notHere(`the option ${option} of ${name}`);
  }
}

/** What a server that stands alone cannot promise. */
export function assertConcerns({ writeConcern, readConcern }: Doc): void {
  if (isDocument(writeConcern)) {
    const { w } = writeConcern;
    if (isNumeric(w) && toDouble(w) > 1) throw new MongoError(2, 'BadValue', "cannot use 'w' > 1 when a host is not replicated");
    if (typeof w === 'string' && w !== 'majority')
      throw new MongoError(2, 'BadValue', `cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`);
  }
  if (isDocument(readConcern) && (readConcern.level === 'snapshot' || readConcern.level === 'linearizable'))
    throw new MongoError(123, 'NotAReplicaSet', `node needs to be a replica set member to use readConcern ${readConcern.level}`);
}

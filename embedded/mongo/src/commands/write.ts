import { decode, encode, isDocument, isTrue, ObjectId, toInteger, type Doc } from '../bson';
import { structuredCopy } from '../documents';
import { badValue, failedToParse, MongoError } from '../errors';
import { find } from '../find';
import { compileProjection } from '../projection';
import { parseSort } from '../sort';
import type { Collection, Storage } from '../storage/storage';
import { compileUpdate, isReplacement, upsertSeed } from '../update/update';
import { type Command, collectionName, documentOf, orCreate } from './command';
import { assertOptions } from './options';

const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const MAX_DEPTH = 180;
const MAX_WRITES = 100_000;

const assertFits = (raw: Buffer) => {
  if (raw.length > MAX_DOCUMENT_BYTES)
    throw new MongoError(
      10334,
      'BSONObjectTooLarge',
      `BSONObj size: ${raw.length} is invalid. Size must be between 0 and ${MAX_DOCUMENT_BYTES}`,
    );
};
const assertStorable = (doc: Doc) => {
  const { _id } = doc;
  if (Array.isArray(_id) || (isDocument(_id) && Object.keys(_id).some((key) => key.startsWith('$'))))
    throw badValue(`The '_id' value cannot be of type array, and its fields must not begin with '$'`);
  if ((_id as { _bsontype?: string } | undefined)?._bsontype === 'BSONRegExp' || (_id === undefined && '_id' in doc))
    throw badValue(`The '_id' value cannot be of type regex or undefined`);
  const visit = (value: unknown, depth: number) => {
    if (depth > MAX_DEPTH) throw new MongoError(15, 'Overflow', `cannot nest documents deeper than ${MAX_DEPTH}`);
    if (Array.isArray(value)) for (const element of value) visit(element, depth + 1);
    else if (isDocument(value)) for (const element of Object.values(value)) visit(element, depth + 1);
  };
  visit(doc, 0);
};
/** The stored form has `_id` first, given or made here. */
const withId = (doc: Doc, raw: Buffer | undefined): { doc: Doc; raw: Buffer } => {
  const [first] = Object.keys(doc);
  if (raw !== undefined && first === '_id') return { doc, raw };
  const { _id = new ObjectId(), ...fields } = doc;
  const stored = { _id, ...fields };
  return { doc: stored, raw: encode(stored) };
};

interface Fault {
  index: number;
  code: number;
  errmsg: string;
}
/** Runs statements in order; a failure is noted under its own number, and ends an ordered command. */
function each<T>(statements: T[], ordered: boolean, run: (statement: T, index: number) => void): Fault[] {
  const faults: Fault[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index);
    } catch (error) {
      if (!(error instanceof MongoError)) throw error;
      faults.push({ index, code: error.code, errmsg: error.message, ...error.extra });
      if (ordered) break;
    }
  }
  return faults;
}
const withFaults = (reply: Doc, faults: Fault[]): Doc => (faults.length === 0 ? reply : { ...reply, writeErrors: faults });
const statementsOf = (context: Parameters<Command>[0], field: string): { doc: Doc; raw: Buffer | undefined }[] => {
  const raw = context.sequences.get(field);
  const given = raw === undefined ? context.command[field] : undefined;
  if (raw === undefined && !Array.isArray(given)) throw badValue(`BSON field '${field}' is missing but a required field`);
  const statements = raw?.map((bytes) => ({ doc: decode(bytes), raw: bytes })) ?? (given as Doc[]).map((doc) => ({ doc, raw: undefined }));
  if (statements.length === 0 || statements.length > MAX_WRITES)
    throw new MongoError(
      16,
      'InvalidLength',
      `Write batch sizes must be between 1 and ${MAX_WRITES}. Got ${statements.length} operations.`,
    );
  return statements;
};

export const insert: Command = (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.insert);
  const statements = statementsOf(context, 'documents');
  const ordered = command.ordered !== false;
  return storage.write(() => {
    let n = 0;
    const faults = each(statements, ordered, (statement) => {
      if (!isDocument(statement.doc)) throw badValue('documents must be objects');
      assertStorable(statement.doc);
      const { doc, raw } = withId(statement.doc, statement.raw);
      assertFits(raw);
      storage.insert(orCreate(storage, db, name), doc, raw);
      n += 1;
    });
    return withFaults({ n, ok: 1 }, faults);
  });
};

interface Change {
  filter: Doc;
  update: unknown;
  arrayFilters: Doc[];
}
/** Makes one document new by an update; undefined: it stays as it is. */
function change(
  storage: Storage,
  collection: Collection,
  found: { doc: Doc; raw: Buffer },
  apply: ReturnType<typeof compileUpdate>,
  { filter, arrayFilters }: Change,
): Doc | undefined {
  const before = found.doc;
  const after = apply(structuredCopy(before), { inserting: false, filter, arrayFilters });
  const raw = encode(after);
  if (raw.equals(found.raw)) return undefined;
  assertStorable(after);
  assertFits(raw);
  storage.replace(collection, before, after, raw);
  return after;
}
const usesExpr = (filter: Doc): boolean =>
  Object.entries(filter).some(
    ([key, part]) => key === '$expr' || (['$and', '$or', '$nor'].includes(key) && (part as Doc[]).some(usesExpr)),
  );
function upsert(
  storage: Storage,
  collection: Collection,
  apply: ReturnType<typeof compileUpdate>,
  { filter, update, arrayFilters }: Change,
): Doc {
  if (usesExpr(filter)) throw new MongoError(224, 'QueryFeatureNotAllowed', '$expr is not allowed in the query predicate for an upsert');
  const seed = upsertSeed(filter);
  const start: Doc = isReplacement(update) ? ('_id' in seed ? { _id: seed._id } : {}) : seed;
  const made = withId(apply(start, { inserting: true, filter, arrayFilters }), undefined);
  assertStorable(made.doc);
  assertFits(made.raw);
  storage.insert(collection, made.doc, made.raw);
  return made.doc;
}
/** A statement without a filter must not mean "everything". */
const required = (statement: Doc, field: string): Doc => {
  if (statement[field] === undefined || statement[field] === null)
    throw new MongoError(40414, 'Location40414', `BSON field '${field}' is missing but a required field`);
  return documentOf(statement[field], field);
};
const arrayFiltersOf = (value: unknown): Doc[] => {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every(isDocument)) throw badValue('arrayFilters must be an array of objects');
  return value;
};

export const update: Command = (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.update);
  const statements = statementsOf(context, 'updates');
  return storage.write(() => {
    let n = 0;
    let nModified = 0;
    const upserted: Doc[] = [];
    const faults = each(statements, command.ordered !== false, ({ doc: statement }, index) => {
      assertOptions('update.updates', statement);
      const spec: Change = {
        filter: required(statement, 'q'),
        update: statement.u,
        arrayFilters: arrayFiltersOf(statement.arrayFilters),
      };
      const apply = compileUpdate(spec.update, spec.arrayFilters);
      const multi = isTrue(statement.multi);
      if (multi && isReplacement(spec.update)) throw failedToParse('multi update is not supported for replacement-style update');
      const existing = storage.collection(db, name);
      // Found first and changed after: a document must not be met again where its change has moved it.
      const found = [
        ...find(storage, existing, { filter: spec.filter, limit: multi ? 0 : 1, hint: statement.hint, sort: parseSort(statement.sort) }),
      ];
      for (const match of found) {
        if (existing !== undefined && change(storage, existing, match, apply, spec) !== undefined) nModified += 1;
        n += 1;
      }
      if (found.length === 0 && isTrue(statement.upsert)) {
        const made = upsert(storage, orCreate(storage, db, name), apply, spec);
        n += 1;
        upserted.push({ index, _id: made._id });
      }
    });
    return withFaults({ n, nModified, ...(upserted.length > 0 && { upserted }), ok: 1 }, faults);
  });
};

export const remove: Command = (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.delete);
  const statements = statementsOf(context, 'deletes');
  return storage.write(() => {
    let n = 0;
    const faults = each(statements, command.ordered !== false, ({ doc: statement }) => {
      assertOptions('delete.deletes', statement);
      const limit = toInteger(statement.limit, -1);
      if (limit !== 0 && limit !== 1) throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${limit}`);
      const collection = storage.collection(db, name);
      for (const { doc } of [...find(storage, collection, { filter: required(statement, 'q'), limit, hint: statement.hint })]) {
        if (collection !== undefined) storage.remove(collection, doc);
        n += 1;
      }
    });
    return withFaults({ n, ok: 1 }, faults);
  });
};

export const findAndModify: Command = ({ storage, db, command }) => {
  const name = collectionName(command.findAndModify);
  const removing = isTrue(command.remove);
  if (removing && command.update !== undefined) throw failedToParse('Cannot specify both an update and remove=true');
  if (!removing && command.update === undefined) throw failedToParse('Either an update or remove=true must be specified');
  if (removing && (isTrue(command.upsert) || isTrue(command.new)))
    throw failedToParse("Cannot specify remove=true with upsert=true or new=true; 'remove' always returns the deleted document");
  const project = compileProjection(documentOf(command.fields, 'fields'));
  const show = (doc: Doc | undefined) => (doc === undefined ? null : (project?.(doc) ?? doc));
  const spec: Change = {
    filter: documentOf(command.query, 'query'),
    update: command.update,
    arrayFilters: arrayFiltersOf(command.arrayFilters),
  };
  return storage.write((): Doc => {
    const collection = storage.collection(db, name);
    const [found] = [...find(storage, collection, { filter: spec.filter, sort: parseSort(command.sort), limit: 1, hint: command.hint })];
    if (removing) {
      if (found !== undefined && collection !== undefined) storage.remove(collection, found.doc);
      return { lastErrorObject: { n: found === undefined ? 0 : 1 }, value: show(found?.doc), ok: 1 };
    }
    const apply = compileUpdate(spec.update, spec.arrayFilters);
    if (found !== undefined && collection !== undefined) {
      const before = found.doc;
      const after = change(storage, collection, found, apply, spec) ?? before;
      return { lastErrorObject: { n: 1, updatedExisting: true }, value: show(isTrue(command.new) ? after : before), ok: 1 };
    }
    if (!isTrue(command.upsert)) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null, ok: 1 };
    const made = upsert(storage, orCreate(storage, db, name), apply, spec);
    return { lastErrorObject: { n: 1, updatedExisting: false, upserted: made._id }, value: isTrue(command.new) ? show(made) : null, ok: 1 };
  });
};

import { type Doc, encode, isDocument, isNumeric, isTrue, toDouble } from '../bson';
import { structuredCopy } from '../documents';
import { failedToParse, MongoError, badValue } from '../errors';
import { findNow, LongSearchError, type Found, type Query } from '../find';
import type { Variables } from '../expressions/expression';
import { compileProjection } from '../projection';
import type { Collection, Storage } from '../storage/storage';
import { compileUpdate, isReplacement, type Update } from '../update/update';
import { upsertSeed } from '../update/upsert-seed';
import { type Command, collectionName, documentOf, orCreate, variablesOf } from './command';
import { assertFits, assertStorable, withId } from './documents';
import { longWrite } from './long-write';
import { assertOptions } from './options';
import { orderOf } from './read';
import { runStatements, statementsOf, withFaults } from './statements';

const isOrdered = ({ ordered }: Doc) => ordered === undefined || ordered === null || isTrue(ordered);

export const insert: Command = async (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.insert);
  let n = 0;
  const faults = await runStatements(storage, statementsOf(context, 'documents'), isOrdered(command), (given, _, bytes) => {
    assertStorable(given);
    const { doc, raw } = withId(given, bytes);
    assertFits(raw);
    storage.insert(orCreate(storage, db, name), doc, raw);
    n += 1;
  });
  return withFaults({ n, ok: 1 }, faults);
};

/** One update, compiled. */
interface Change {
  filter: Doc;
  update: unknown;
  apply: Update;
}
const compileChange = (filter: Doc, update: unknown, arrayFilters: unknown, variables: Variables): Change => {
  const filters = arrayFilters === undefined || arrayFilters === null ? [] : arrayFilters;
  if (!Array.isArray(filters) || !filters.every(isDocument)) throw badValue('arrayFilters must be an array of objects');
  return { filter, update, apply: compileUpdate(update, filters, variables) };
};
/** Makes one document new by an update; undefined: it stays as it is. */
function change(storage: Storage, collection: Collection, found: Found, { filter, apply }: Change): Doc | undefined {
  const before = found.doc;
  const after = apply(structuredCopy(before), { inserting: false, filter });
  const raw = encode(after);
  if (raw.equals(found.raw)) return undefined;
  assertStorable(after);
  assertFits(raw);
  storage.replace(collection, before, after, raw);
  return after;
}
const usesExpr = (filter: Doc): boolean =>
  Object.entries(filter).some(
    ([key, part]) =>
      key === '$expr' || (['$and', '$or', '$nor'].includes(key) && Array.isArray(part) && part.filter(isDocument).some(usesExpr)),
  );
function upsert(storage: Storage, collection: Collection, { filter, update, apply }: Change): Doc {
  if (usesExpr(filter)) throw new MongoError('QueryFeatureNotAllowed', '$expr is not allowed in the query predicate for an upsert');
  const seed = upsertSeed(filter);
  const start: Doc = isReplacement(update) ? ('_id' in seed ? { _id: seed._id } : {}) : seed;
  const made = withId(apply(start, { inserting: true, filter }), undefined);
  assertStorable(made.doc);
  assertFits(made.raw);
  storage.insert(collection, made.doc, made.raw);
  return made.doc;
}
/** A statement without a filter must not mean "everything". */
const required = (statement: Doc, field: string): Doc => {
  if (statement[field] === undefined || statement[field] === null)
    throw new MongoError(40414, `BSON field '${field}' is missing but a required field`);
  return documentOf(statement[field], field);
};

export const update: Command = async (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.update);
  const variables = variablesOf(command.let);
  let n = 0;
  let nModified = 0;
  const upserted: Doc[] = [];
  const compiled = (statement: Doc) => {
    assertOptions('update.updates', statement);
    const filter = required(statement, 'q');
    const spec = compileChange(filter, statement.u, statement.arrayFilters, variables);
    const multi = isTrue(statement.multi);
    if (multi && isReplacement(spec.update)) throw failedToParse('multi update is not supported for replacement-style update');
    const query: Query = { filter, limit: multi ? 0 : 1, hint: statement.hint, variables, ...orderOf(statement.sort) };
    return { spec, multi, query, upserts: isTrue(statement.upsert) };
  };
  const apply = (spec: Change) => (collection: Collection, found: Found) => {
    n += 1;
    try {
      if (change(storage, collection, found, spec) !== undefined) nModified += 1;
    } catch (error) {
      n -= 1;
      throw error;
    }
    return true;
  };
  const insertOne = (spec: Change, index: number) => {
    const made = upsert(storage, orCreate(storage, db, name), spec);
    n += 1;
    upserted.push({ index, _id: made._id });
  };
  const faults = await runStatements(
    storage,
    statementsOf(context, 'updates'),
    isOrdered(command),
    (statement, index) => {
      const { spec, query, upserts } = compiled(statement);
      const collection = storage.collection(db, name);
      // Found first and changed after: a document must not be met again where its change has moved
      // it.
      const found = findNow(storage, collection, query);
      if (found.length > MAX_CHANGED_NOW) throw new LongSearchError();
      if (collection !== undefined) for (const one of found) apply(spec)(collection, one);
      if (found.length === 0 && upserts) insertOne(spec, index);
    },
    (statement, index) => {
      const { spec, multi, query, upserts } = compiled(statement);
      const each = apply(spec);
      return longWrite(
        context,
        name,
        query,
        (collection, found) => each(collection, found) && multi,
        upserts ? () => insertOne(spec, index) : undefined,
      );
    },
  );
  return withFaults({ n, nModified, ...(upserted.length > 0 && { upserted }), ok: 1 }, faults);
};
/** More documents are changed in several transactions. */
const MAX_CHANGED_NOW = 1_000;

export const remove: Command = async (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.delete);
  const variables = variablesOf(command.let);
  let n = 0;
  const queryOf = (statement: Doc): Query => {
    assertOptions('delete.deletes', statement);
    const limit = isNumeric(statement.limit) ? toDouble(statement.limit) : -1;
    if (limit !== 0 && limit !== 1) throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${limit}`);
    return { filter: required(statement, 'q'), limit, hint: statement.hint, variables };
  };
  const removeOne = (collection: Collection, { doc }: Found) => {
    storage.remove(collection, doc);
    n += 1;
    return true;
  };
  const faults = await runStatements(
    storage,
    statementsOf(context, 'deletes'),
    isOrdered(command),
    (statement) => {
      const collection = storage.collection(db, name);
      const found = findNow(storage, collection, queryOf(statement));
      if (found.length > MAX_CHANGED_NOW) throw new LongSearchError();
      if (collection !== undefined) for (const one of found) removeOne(collection, one);
    },
    (statement) => {
      const query = queryOf(statement);
      return longWrite(context, name, query, (collection, found) => removeOne(collection, found) && query.limit === 0);
    },
  );
  return withFaults({ n, ok: 1 }, faults);
};

export const findAndModify: Command = async (context) => {
  const { storage, db, command } = context;
  const name = collectionName(command.findAndModify);
  const removing = isTrue(command.remove);
  const given = command.update !== undefined && command.update !== null;
  if (removing && given) throw failedToParse('Cannot specify both an update and remove=true');
  if (!removing && !given) throw failedToParse('Either an update or remove=true must be specified');
  if (removing && (isTrue(command.upsert) || isTrue(command.new)))
    throw failedToParse("Cannot specify remove=true with upsert=true or new=true; 'remove' always returns the deleted document");
  const variables = variablesOf(command.let);
  const filter = documentOf(command.query, 'query');
  const project = compileProjection(documentOf(command.fields, 'fields'), { names: Object.keys(variables), filter });
  const show = (doc: Doc) => project?.(doc, variables) ?? doc;
  const query: Query = { filter, limit: 1, hint: command.hint, variables, ...orderOf(command.sort) };
  const spec = removing ? undefined : compileChange(filter, command.update, command.arrayFilters, variables);

  const shown = (doc: Doc, lastErrorObject: Doc): Doc => ({ lastErrorObject, value: show(doc), ok: 1 });
  const apply = (collection: Collection, found: Found): Doc => {
    if (spec === undefined) {
      // Projected first: where that fails, nothing is removed.
      const reply = shown(found.doc, { n: 1 });
      storage.remove(collection, found.doc);
      return reply;
    }
    const after = change(storage, collection, found, spec) ?? found.doc;
    return shown(isTrue(command.new) ? after : found.doc, { n: 1, updatedExisting: true });
  };
  const none = (): Doc => {
    if (spec === undefined || !isTrue(command.upsert))
      return { lastErrorObject: { n: 0, ...(spec !== undefined && { updatedExisting: false }) }, value: null, ok: 1 };
    const made = upsert(storage, orCreate(storage, db, name), spec);
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: made._id };
    return isTrue(command.new) ? shown(made, lastErrorObject) : { lastErrorObject, value: null, ok: 1 };
  };
  try {
    return await storage.write((): Doc => {
      const collection = storage.collection(db, name);
      const [found] = findNow(storage, collection, query);
      return found === undefined || collection === undefined ? none() : apply(collection, found);
    });
  } catch (error) {
    if (!(error instanceof LongSearchError)) throw error;
  }
  let reply: Doc | undefined;
  await longWrite(
    context,
    name,
    query,
    (collection, found) => {
      reply = apply(collection, found);
      return false;
    },
    () => (reply = none()),
  );
  return reply ?? none();
};

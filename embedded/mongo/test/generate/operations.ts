import { BSON, Double, Int32, type AnyBulkWriteOperation, type CreateIndexesOptions, type Db, type IndexSpecification } from 'mongodb';
import type { Doc, Generator } from './index';
import type { Random } from './random';

export interface Operation {
  kind: string;
  /** Everything that makes it, to be printed and to be compared by. */
  shape: Doc;
  run(db: Db): Promise<unknown>;
  /** It may have changed documents: they are compared behind it. */
  writes: boolean;
}

const TYPED = { promoteValues: false } as const;
const IDS = 30;
/** Which of two equal numbers of different types stands for both is not specified. */
const untyped = (values: unknown[]) =>
  values
    .map((value) =>
      String(typeof value === 'object' && value !== null && 'valueOf' in value ? BSON.EJSON.stringify([Number(value)]) : value),
    )
    .sort();

const isNumber = (value: unknown) => ['Int32', 'Double', 'Long', 'Decimal128'].includes((value as Doc | null)?._bsontype as string);
const untypedId = (id: unknown): unknown => {
  if (isNumber(id)) return new Double(Number(String(id)));
  const fields = Object.entries((id ?? {}) as Doc).map(([name, value]) => [name, isNumber(value) ? untypedId(value) : value]);
  return typeof id === 'object' && id !== null && !('_bsontype' in id) ? Object.fromEntries(fields) : id;
};
/** The documents of a pipeline; where it groups by `n`, of any type, without the type. */
const groupsByValue = (pipeline: Doc[], documents: Doc[]): Doc[] =>
  pipeline.some(({ $group }) => JSON.stringify($group ?? null).includes('"$n"'))
    ? documents.map((document) => ({ ...document, _id: untypedId(document._id) }))
    : documents;

export const INDEXES: { key: IndexSpecification; options?: CreateIndexesOptions }[] = [
  { key: { a: 1, n: -1 } },
  { key: { n: 1 } },
  { key: { n: -1, b: 1, _id: 1 } },
  { key: { list: 1 } },
  { key: { grid: 1 } },
  { key: { 'm.2': 1 } },
  { key: { 'rows.k': 1, s: 1 } },
  { key: { 'sub.x': -1 }, options: { sparse: true } },
  { key: { b: 1 }, options: { partialFilterExpression: { n: { $gte: new Int32(5) } } } },
  { key: { s: 1, a: 1 }, options: { partialFilterExpression: { s: { $exists: true } } } },
  { key: { u: 1 }, options: { unique: true, sparse: true } },
  { key: { u: -1 }, options: { unique: true, partialFilterExpression: { u: { $gte: new Int32(3) } } } },
  { key: { n: 1, u: 1 }, options: { unique: true, partialFilterExpression: { u: { $exists: true } } } },
];

/** Operations as a program sends them, of every kind that has an answer worth comparing. */
export function createOperations(random: Random, generate: Generator) {
  const { int, pick, chance } = random;
  const things = (db: Db) => db.collection<Doc>('things');
  const id = () => new Int32(int(IDS + 4));
  /** One document at most, so that it does not matter which is met first. */
  const one = (): Doc => ({ ...(chance(0.5) && generate.filter()), _id: id() });
  /**
   * Beside a positional `$` no other array may be asked about: which one it then stands for is
   * no one's promise.
   */
  const plain = (many: boolean): Doc => (many ? { n: { $gte: new Int32(int(8)) } } : { _id: id() });
  const projection = (): Doc | undefined =>
    pick<Doc | undefined>(
      undefined,
      { a: 1, 'rows.k': 1 },
      { list: 0, 'sub.x': 0 },
      { _id: 0, n: 1, list: { $slice: pick(1, -2) } },
      { rows: { $elemMatch: { k: new Int32(int(4)) } } },
    );
  const inserted = (): Doc => ({ ...generate.document(int(IDS + 6)), ...(chance(0.6) && { u: new Int32(int(8)) }) });

  const reads: (() => Operation)[] = [
    () => {
      const filter = generate.filter();
      const shown = projection();
      const options = {
        sort: generate.sort() as never,
        skip: int(3),
        ...(chance(0.5) && { limit: 1 + int(10) }),
        ...(shown && { projection: shown }),
      };
      return {
        kind: 'find',
        shape: { filter, ...options },
        writes: false,
        run: (db) =>
          things(db)
            .find(filter, { ...options, ...TYPED })
            .toArray(),
      };
    },
    () => {
      const filter = generate.filter();
      return { kind: 'count', shape: { filter }, writes: false, run: (db) => things(db).countDocuments(filter) };
    },
    () => {
      const filter = generate.filter();
      const key = pick('s', 'n', 'list', 'rows.k', 'sub.x');
      return {
        kind: 'distinct',
        shape: { key, filter },
        writes: false,
        run: async (db) => untyped(await things(db).distinct(key, filter, TYPED)),
      };
    },
    () => {
      const pipeline = generate.pipeline();
      return {
        kind: 'aggregate',
        shape: { pipeline },
        writes: false,
        run: async (db) => groupsByValue(pipeline, await things(db).aggregate(pipeline, TYPED).toArray()),
      };
    },
    () => {
      // Where there are documents: the reference server looks at an expression with the first one.
      const pipeline = [{ $project: { e: generate.malformed() } }];
      return {
        kind: 'malformed',
        shape: { pipeline },
        writes: false,
        run: (db) => db.collection('others').aggregate(pipeline, TYPED).toArray(),
      };
    },
  ];
  const writes: (() => Operation)[] = [
    () => {
      const { update, arrayFilters, also } = generate.change();
      const many = chance(0.5);
      const upsert = !many && chance(0.3);
      const filter = { ...(also !== undefined ? plain(many) : many ? generate.filter() : one()), ...also };
      const options = { ...(arrayFilters && { arrayFilters }), ...(upsert && { upsert }) };
      return {
        kind: 'update',
        shape: { many, filter, update, ...options },
        writes: true,
        run: async (db) => {
          const { matchedCount, upsertedId } = await (many
            ? things(db).updateMany(filter, update, options)
            : things(db).updateOne(filter, update, options));
          return { matchedCount, upsertedId };
        },
      };
    },
    () => {
      const { update, arrayFilters, also } = generate.change();
      const filter = { ...(also === undefined ? one() : plain(false)), ...also };
      const shown = projection();
      const options = {
        returnDocument: pick('before' as const, 'after' as const),
        ...(chance(0.3) && { upsert: true }),
        ...(arrayFilters && { arrayFilters }),
        ...(shown && { projection: shown }),
        ...TYPED,
      };
      return {
        kind: 'findOneAndUpdate',
        shape: { filter, update, ...options },
        writes: true,
        run: (db) => things(db).findOneAndUpdate(filter, update, options),
      };
    },
    () => {
      const filter = generate.filter();
      const sort = generate.sort() as never;
      const replacement = generate.replacement();
      const removing = chance(0.4);
      return {
        kind: removing ? 'findOneAndDelete' : 'findOneAndReplace',
        shape: { filter, sort, ...(!removing && { replacement }) },
        writes: true,
        run: (db) =>
          removing
            ? things(db).findOneAndDelete(filter, { sort, ...TYPED })
            : things(db).findOneAndReplace(filter, replacement, { sort, ...TYPED }),
      };
    },
    () => {
      const ordered = chance(0.5);
      const statements = Array.from({ length: 1 + int(5) }, (): AnyBulkWriteOperation<Doc> =>
        pick<() => AnyBulkWriteOperation<Doc>>(
          () => ({ insertOne: { document: inserted() } }),
          () => ({ insertOne: { document: inserted() } }),
          () => ({ updateOne: { filter: { _id: id() }, update: { $set: { u: new Int32(int(8)) } } } }),
          () => ({ updateOne: { filter: { _id: id() }, update: { $set: { a: generate.scalar() } }, upsert: true } }),
          () => ({ replaceOne: { filter: { _id: id() }, replacement: generate.replacement(), upsert: chance(0.5) } }),
          () => ({ deleteOne: { filter: { _id: id() } } }),
          () => ({ deleteMany: { filter: { _id: { $in: [id(), id()] } } as never } }),
        )(),
      );
      return {
        kind: 'bulkWrite',
        shape: { ordered, statements },
        writes: true,
        run: async (db) => {
          const outcome = (result: Doc) => ({
            inserted: result.insertedCount,
            matched: result.matchedCount,
            deleted: result.deletedCount,
            upserted: result.upsertedCount,
          });
          try {
            return outcome(await things(db).bulkWrite(statements, { ordered }));
          } catch (error) {
            const { result, writeErrors } = error as { result?: Doc; writeErrors?: { index: number; code: number }[] };
            if (result === undefined) throw error;
            return { ...outcome(result), faults: [writeErrors ?? []].flat().map(({ index, code }) => ({ index, code })) };
          }
        },
      };
    },
    () => {
      const filter = chance(0.7) ? one() : generate.filter();
      return { kind: 'deleteMany', shape: { filter }, writes: true, run: (db) => things(db).deleteMany(filter) };
    },
  ];
  return {
    next: (): Operation => (chance(0.5) ? pick(...reads)() : pick(...writes)()),
    inserted,
    fill: (): Doc[] =>
      Array.from({ length: IDS }, (_, at) => ({ ...generate.document(at), ...(chance(0.4) && { u: new Int32(int(20)) }) })),
    others: (): Doc[] =>
      Array.from({ length: 8 }, (_, at) => ({
        _id: new Int32(at),
        ...(chance(0.9) && { k: new Int32(int(6)) }),
        tags: Array.from({ length: int(3) }, () => new Int32(int(6))),
      })),
    indexes: () => INDEXES.filter(() => chance(0.35)),
  };
}

import { type Doc, decode, firstKey, typeOf } from './bson';
import type { Variables } from './expressions/expression';
import { compileFilter, type Matches } from './filter/filter';
import { type Near, splitNear } from './geo/near';
import type { Lease } from './memory-budget';
import { choosePlan, type Plan } from './planner/planner';
import type { Work } from './scheduler';
import { createTop, sortEntries, type Sortable, type SortKey, sortKeyOf } from './sort';
import type { Collection, Reader } from './storage/storage';

export interface Found {
  raw: Buffer;
  doc: Doc;
}
export interface Counters {
  keysExamined: number;
  docsExamined: number;
}
export interface Query {
  filter: Doc;
  sort?: SortKey[];
  /** The order of a scan without a sort. */
  natural?: 1 | -1;
  skip?: number;
  /** 0: no limit. */
  limit?: number;
  hint?: unknown;
  /** What `$expr` may name. */
  variables?: Variables;
  counters?: Counters;
}

/** Steps between two looks at the clock where no document matches. */
const STEPS = 32;
/** Beyond this, skip and limit together keep no bounded list while sorting. */
const MAX_TOP = 10_000;
const ENTRY_BYTES = 160;

/**
 * Documents that a plan leads to, each once, unfiltered; undefined now and then, so that a long
 * scan can pause.
 */
function* candidates(reader: Reader, collection: Collection, plan: Plan, counters: Counters): Generator<Buffer | undefined> {
  const seen = plan.repeats ? new Set<string>() : undefined;
  const ranges = plan.reverse && plan.index !== undefined ? [...plan.ranges].reverse() : plan.ranges;
  for (const { low, high, single } of ranges) {
    if (plan.index === undefined) {
      const documents = single === true ? [reader.get(collection, low)] : reader.scanDocs(collection, low, high, plan.reverse);
      for (const raw of documents) {
        if (raw === undefined) continue;
        counters.docsExamined += 1;
        yield raw;
      }
      continue;
    }
    for (const idKey of reader.scanEntries(plan.index, low, high, plan.reverse)) {
      counters.keysExamined += 1;
      if (counters.keysExamined % STEPS === 0) yield undefined;
      if (seen !== undefined) {
        const id = idKey.toString('latin1');
        if (seen.has(id)) continue;
        seen.add(id);
      }
      const raw = reader.get(collection, idKey);
      if (raw === undefined) continue;
      counters.docsExamined += 1;
      yield raw;
    }
  }
}

/** A document is decoded when it is looked at: most answers are sent on as the bytes they are. */
const lazily = (raw: Buffer): Found => {
  let doc: Doc | undefined;
  return {
    raw,
    get doc() {
      return (doc ??= decode(raw));
    },
  };
};

function* matching(
  documents: Generator<Buffer | undefined>,
  matches: Matches | undefined,
  counters: Counters,
): Generator<Found | undefined> {
  for (const raw of documents) {
    if (raw === undefined) {
      yield undefined;
      continue;
    }
    const found = lazily(raw);
    if (matches === undefined || matches(found.doc)) yield found;
    else if (counters.docsExamined % STEPS === 0) yield undefined;
  }
}

interface Search {
  matches: Matches | undefined;
  plan: Plan;
  /** What the found documents are sorted by where the plan does not sort them. */
  keyOf: (doc: Doc) => Buffer;
}
const byDistance = (near: Near) => (doc: Doc) => {
  const key = Buffer.allocUnsafe(8);
  key.writeDoubleBE(near.distanceOf(doc) ?? 0);
  return key;
};
/** A filter as a function, with the distance that $near allows. */
export function compileSearch(filter: Doc, variables?: Variables): { near?: Near; matches: Matches | undefined } {
  const { near, others } = splitNear(filter);
  const matches = firstKey(others) === undefined ? undefined : compileFilter(others, variables);
  if (near === undefined) return { matches };
  return { near, matches: (doc) => near.distanceOf(doc) !== undefined && (matches === undefined || matches(doc)) };
}
/**
 * How a query is answered; undefined: there is no collection. The filter is compiled for its faults
 * also then.
 */
function prepare(collection: Collection | undefined, { filter, sort = [], hint, natural, variables }: Query): Search | undefined {
  const { near, matches } = compileSearch(filter, variables);
  if (collection === undefined) return undefined;
  const plan = choosePlan(collection, filter, sort, hint, natural);
  near?.assertIndex(collection.indexes);
  if (near === undefined || sort.length > 0) return { matches, plan, keyOf: sortKeyOf(sort) };
  return { matches, plan: { ...plan, sorted: false }, keyOf: byDistance(near) };
}

/** Documents that are handed on at once. */
export const PORTION = 128;

/**
 * What a filter finds, in order, between skip and limit, in portions. Takes turns with other
 * commands. `lease`: accounts for what a sort holds.
 */
export async function* find(
  reader: Reader,
  collection: Collection | undefined,
  query: Query,
  work: Work,
  lease: Lease,
): AsyncGenerator<Found[]> {
  const { skip = 0, limit = 0, counters = { keysExamined: 0, docsExamined: 0 } } = query;
  const search = prepare(collection, query);
  if (search === undefined || collection === undefined) return;
  const { matches, plan, keyOf } = search;
  const found = matching(candidates(reader, collection, plan, counters), matches, counters);
  const end = limit === 0 ? Infinity : skip + limit;
  let position = 0;
  let portion: Found[] = [];
  if (plan.sorted) {
    for (const one of found) {
      if (work.due()) await work.pause();
      if (one === undefined) continue;
      position += 1;
      if (position > skip) portion.push(one);
      if (position >= end) break;
      if (portion.length < PORTION) continue;
      yield portion;
      portion = [];
    }
    if (portion.length > 0) yield portion;
    return;
  }
  const top = end <= MAX_TOP ? createTop<Sortable & { raw: Buffer }>(end) : undefined;
  const all: (Sortable & { raw: Buffer })[] = [];
  for (const one of found) {
    if (work.due()) await work.pause();
    if (one === undefined) continue;
    const entry = { key: keyOf(one.doc), raw: one.raw };
    if (top === undefined) {
      lease.take(entry.key.length + entry.raw.length + ENTRY_BYTES);
      all.push(entry);
    } else top.add(entry);
  }
  const sorted = top === undefined ? await sortEntries(all, work) : top.entries();
  for (let at = skip; at < Math.min(end, sorted.length); at += PORTION)
    yield sorted.slice(at, Math.min(at + PORTION, end)).map(({ raw }) => lazily(raw));
}

/** Whether a query can find one document at most, by its `_id`: it is answered at once. */
export const namesOneId = ({ filter: { _id: id }, hint, natural }: Query): boolean =>
  hint === undefined && natural === undefined && ['objectId', 'string', 'int', 'long'].includes(typeOf(id));

/** Thrown by findNow where a search takes longer than a write transaction should. */
export class LongSearchError extends Error {}
/** Documents and entries that a search inside a write transaction may look at. */
const MAX_STEPS_NOW = 2_000;

/**
 * What a filter finds, at once, inside a write transaction. Throws LongSearchError where that takes
 * long, unless `unbounded`.
 */
export function findNow(reader: Reader, collection: Collection | undefined, query: Query, unbounded = false): Found[] {
  const { skip = 0, limit = 0 } = query;
  const counters = { keysExamined: 0, docsExamined: 0 };
  const search = prepare(collection, query);
  if (search === undefined || collection === undefined) return [];
  const { matches, plan, keyOf } = search;
  const end = limit === 0 ? Infinity : skip + limit;
  const all: Found[] = [];
  for (const one of matching(candidates(reader, collection, plan, counters), matches, counters)) {
    if (!unbounded && counters.docsExamined + counters.keysExamined > MAX_STEPS_NOW) throw new LongSearchError();
    if (one === undefined) continue;
    all.push(one);
    if (plan.sorted && all.length >= end) break;
  }
  if (plan.sorted) return all.slice(skip, end);
  return all
    .map((one) => ({ key: keyOf(one.doc), one }))
    .sort((a, b) => Buffer.compare(a.key, b.key))
    .slice(skip, end)
    .map(({ one }) => one);
}

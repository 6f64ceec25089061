import { type Doc, decode } from './bson';
import type { Variables } from './expressions/evaluate';
import { compileFilter } from './matcher';
import { choosePlan, type Plan } from './planner/planner';
import { parseSort, sortDocs, type SortKey } from './sort';
import type { Collection, Storage } from './storage/storage';

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
  skip?: number;
  /** 0: no limit. */
  limit?: number;
  hint?: unknown;
  /** What `$expr` may name. */
  variables?: Variables;
  counters?: Counters;
  plan?: Plan;
}

/** Documents a plan leads to, each once, unfiltered. */
function* candidates(storage: Storage, collection: Collection, plan: Plan, counters: Counters): Generator<Buffer> {
  const seen = plan.repeats ? new Set<string>() : undefined;
  const ranges = plan.reverse && plan.index !== undefined ? [...plan.ranges].reverse() : plan.ranges;
  for (const { low, high, single } of ranges) {
    if (plan.index === undefined) {
      const met = single === true ? [storage.get(collection, low)] : storage.scanDocs(collection, low, high, plan.reverse);
      for (const raw of met) {
        if (raw === undefined) continue;
        counters.docsExamined += 1;
        yield raw;
      }
      continue;
    }
    for (const idKey of storage.scanEntries(plan.index, low, high, plan.reverse)) {
      counters.keysExamined += 1;
      if (seen !== undefined) {
        const id = idKey.toString('latin1');
        if (seen.has(id)) continue;
        seen.add(id);
      }
      const raw = storage.get(collection, idKey);
      if (raw === undefined) continue;
      counters.docsExamined += 1;
      yield raw;
    }
  }
}

/** What a filter finds, in order, between skip and limit. */
export function* find(
  storage: Storage,
  collection: Collection | undefined,
  { filter, sort = [], skip = 0, limit = 0, hint, variables, counters = { keysExamined: 0, docsExamined: 0 }, plan: given }: Query,
): Generator<Found> {
  const matches = compileFilter(filter, variables);
  if (collection === undefined) return;
  const plan = given ?? choosePlan(collection, filter, sort, hint);
  const all = Object.keys(filter).length === 0;
  const matching = function* (): Generator<Found> {
    for (const raw of candidates(storage, collection, plan, counters)) {
      let doc: Doc | undefined;
      // Read only when somebody looks: most answers are sent on as the bytes they are.
      const found = {
        raw,
        get doc() {
          return (doc ??= decode(raw));
        },
      };
      if (all || matches(found.doc)) yield found;
    }
  };
  let position = 0;
  const end = limit === 0 ? Infinity : skip + limit;
  for (const found of plan.sorted ? matching() : sortDocs([...matching()], sort)) {
    if (position >= end) return;
    if (position >= skip) yield found;
    position += 1;
    if (position >= end) return;
  }
}

export function explain(storage: Storage, collection: Collection | undefined, query: Omit<Query, 'sort'> & { sort?: unknown }) {
  const counters = { keysExamined: 0, docsExamined: 0 };
  const sort = parseSort(query.sort);
  const plan = collection === undefined ? undefined : choosePlan(collection, query.filter, sort, query.hint);
  let nReturned = 0;
  for (const _ of find(storage, collection, { ...query, sort, counters, ...(plan !== undefined && { plan }) })) nReturned += 1;
  const leaf: Doc =
    plan === undefined
      ? { stage: 'EOF' }
      : plan.scan
        ? { stage: 'COLLSCAN', direction: 'forward' }
        : {
            stage: 'FETCH',
            inputStage: {
              stage: 'IXSCAN',
              indexName: plan.index?.name ?? '_id_',
              keyPattern:
                plan.index === undefined ? { _id: 1 } : Object.fromEntries(plan.index.keys.map(({ path, direction }) => [path, direction])),
              isMultiKey: plan.repeats,
              direction: plan.reverse ? 'backward' : 'forward',
            },
          };
  const winningPlan = plan !== undefined && !plan.sorted ? { stage: 'SORT', inputStage: leaf } : leaf;
  return {
    winningPlan,
    executionStats: {
      executionSuccess: true,
      nReturned,
      totalKeysExamined: counters.keysExamined,
      totalDocsExamined: counters.docsExamined,
    },
  };
}

import { type Doc, documentFrom } from './bson';
import { find, type Query } from './find';
import type { Lease } from './memory-budget';
import { choosePlan, type Plan } from './planner/planner';
import type { Work } from './scheduler';
import type { Collection, Reader } from './storage/storage';

const leafOf = (plan: Plan): Doc =>
  plan.scan
    ? { stage: 'COLLSCAN', direction: plan.reverse ? 'backward' : 'forward' }
    : {
        stage: 'FETCH',
        inputStage: {
          stage: 'IXSCAN',
          indexName: plan.index?.name ?? '_id_',
          keyPattern:
            plan.index === undefined
              ? { _id: 1 }
              : documentFrom(plan.index.keys.map(({ path, direction }): [string, unknown] => [path, direction])),
          isMultiKey: plan.repeats,
          direction: plan.reverse ? 'backward' : 'forward',
        },
      };

/** How a query is answered, and what it looked at. The query is run. */
export async function explainQuery(
  reader: Reader,
  collection: Collection | undefined,
  query: Query,
  work: Work,
  lease: Lease,
): Promise<{ winningPlan: Doc; executionStats: Doc }> {
  const counters = { keysExamined: 0, docsExamined: 0 };
  const plan = collection === undefined ? undefined : choosePlan(collection, query.filter, query.sort ?? [], query.hint, query.natural);
  let nReturned = 0;
  for await (const portion of find(reader, collection, { ...query, counters }, work, lease)) nReturned += portion.length;
  const leaf: Doc = plan === undefined ? { stage: 'EOF' } : leafOf(plan);
  return {
    winningPlan: plan !== undefined && !plan.sorted ? { stage: 'SORT', inputStage: leaf } : leaf,
    executionStats: {
      executionSuccess: true,
      nReturned,
      totalKeysExamined: counters.keysExamined,
      totalDocsExamined: counters.docsExamined,
    },
  };
}

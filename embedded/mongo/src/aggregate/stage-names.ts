import { MongoError, notHere } from '../errors';

/** The stages that the store has. */
export const STAGE_NAMES = [
  '$match',
  '$sort',
  '$limit',
  '$skip',
  '$group',
  '$bucket',
  '$unwind',
  '$lookup',
  '$graphLookup',
  '$unionWith',
  '$count',
  '$sortByCount',
  '$facet',
  '$sample',
  '$set',
  '$addFields',
  '$unset',
  '$project',
  '$replaceRoot',
  '$replaceWith',
] as const;
export type StageName = (typeof STAGE_NAMES)[number];

/** MongoDB has these and this store has not. */
const NOT_HERE = [
  '$out',
  '$merge',
  '$geoNear',
  '$changeStream',
  '$changeStreamSplitLargeEvent',
  '$search',
  '$searchMeta',
  '$vectorSearch',
  '$rankFusion',
  '$setWindowFields',
  '$densify',
  '$fill',
  '$collStats',
  '$indexStats',
  '$planCacheStats',
  '$listSessions',
  '$listLocalSessions',
  '$listSampledQueries',
  '$listSearchIndexes',
  '$currentOp',
  '$redact',
  '$bucketAuto',
  '$documents',
  '$querySettings',
  '$queryStats',
  '$shardedDataDistribution',
];

/** Refuses a stage by its name: one that the store does not have, or one that is none. */
export function assertStageName(name: string): asserts name is StageName {
  if (STAGE_NAMES.some((known) => known === name)) return;
  if (NOT_HERE.includes(name)) throw notHere(`the ${name} stage`);
  throw new MongoError(40324, `Unrecognized pipeline stage name: '${name}'`);
}

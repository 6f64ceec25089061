import { isDeepStrictEqual } from 'node:util';
import type { Statement } from './statements';

/**
 * By what each collection would be sharded, and `null` where one shard holds it all. The reasons
 * stand in docs/scaling.md.
 */
export const SHARD_KEYS: Record<string, Record<string, string> | null> = {
  'chat.messages': { chatRoomId: '1' },
  'chat.rooms': { _id: '1' },
  'chat.earlier_texts': { chatRoomId: '1' },
  'chat.room_openings': { _id: 'hashed' },
  'notification.notifications': { userId: '1' },
  'notification.withdrawals': { userId: '1' },
  'notification.removals': { _id: 'hashed' },
  'notification.webhook_deliveries': { _id: 'hashed' },
  'posts.posts': { _id: 'hashed' },
  'posts.likes': { postId: '1' },
  'posts.comments': { postId: '1' },
  'events.gatherings': { _id: 'hashed' },
  'events.rsvps': { gatheringId: '1' },
  'users.users': null,
  'users.sessions': { _id: 'hashed' },
  'users.endings': { _id: 'hashed' },
  'users.attempts': { _id: 'hashed' },
};
/** Small copies and leftovers that every service keeps alike. */
const EVERYWHERE: Record<string, Record<string, string> | null> = { people: { _id: 'hashed' }, parked_events: null };

export function shardKeyOf(service: string, collection: string): string | null {
  const key = EVERYWHERE[collection] ?? SHARD_KEYS[`${service}.${collection}`];
  if (key === undefined && !(collection in EVERYWHERE))
    throw new Error(`${service}.${collection} has no shard key: say in e2e/queries/sharding.ts what it would be`);
  return key === null || key === undefined ? null : (Object.keys(key)[0] ?? null);
}

export type Shards = 'one' | 'those of the list' | 'all';

/** How many shards a router has to request: it looks for the shard key in the filter. */
export function shardsOf(statement: Statement): Shards {
  const key = shardKeyOf(statement.service, statement.collection);
  if (key === null || statement.kind === 'insert') return 'one';
  const condition = statement.filter[key];
  if (condition === undefined || condition === null) return 'all';
  const operators = Object.keys(condition as object).filter((operator) => operator.startsWith('$'));
  if (operators.length === 0 || operators.includes('$eq')) return 'one';
  return operators.includes('$in') ? 'those of the list' : 'all';
}

/** What a sharded cluster would refuse of this statement. */
export function refusedByShards(statement: Statement): string[] {
  const { kind, filter, change = {}, many, upsert, service, collection } = statement;
  const key = shardKeyOf(service, collection);
  if (key === null) return [];
  const faults: string[] = [];
  const exactId = '_id' in filter && !Object.keys(Object(filter._id)).some((operator) => operator.startsWith('$'));
  if (kind === 'insert' && !(key in change) && key !== '_id') faults.push(`an insert without ${key}`);
  if (upsert && shardsOf(statement) !== 'one') faults.push(`an upsert without ${key} in its filter`);
  if (kind === 'findAndModify' && shardsOf(statement) !== 'one') faults.push(`findAndModify without ${key} in its filter`);
  if ((kind === 'update' || kind === 'delete') && !many && shardsOf(statement) !== 'one' && !exactId)
    faults.push(`a write to one document without ${key} or _id in its filter`);
  if (kind === 'update' || kind === 'findAndModify')
    for (const [operator, fields] of Object.entries(change))
      if (operator !== '$setOnInsert' && key in Object(fields)) faults.push(`${operator} changes ${key}`);
  return faults;
}

/** Unique indexes that shards could not keep: every one has to start with the shard key. */
export const keptByShards = (
  service: string,
  collection: string,
  indexes: { name?: string; key: object; unique?: boolean }[],
): string[] => {
  const key = shardKeyOf(service, collection);
  return indexes
    .filter(({ unique, key: fields }) => unique === true && key !== null && !isDeepStrictEqual(Object.keys(fields)[0], key))
    .map(({ name }) => `${service}.${collection}: unique index ${name} does not start with ${key}`);
};

import { type Doc, isDocument, isNumeric, toDouble } from '../bson';
import type { Cursors } from '../cursors';
import { badValue, MongoError, typeMismatch } from '../errors';
import { constantValue } from '../expressions/compile';
import type { Variables } from '../expressions/expression';
import { variableName } from '../expressions/operands';
import type { Lease, MemoryBudget } from '../memory-budget';
import type { Scheduler, Work } from '../scheduler';
import type { Collection, Snapshot, Storage } from '../storage/storage';
import { shown } from '../shown';
import type { Authentication } from '../wire/authentication';

/** What commands work with. */
export interface Engine {
  storage: Storage;
  cursors: Cursors;
  budget: MemoryBudget;
  scheduler: Scheduler;
}
export interface CommandContext extends Engine {
  db: string;
  /** The command's document, checked by options.ts. */
  command: Doc;
  /** Document sequences, as raw bytes. */
  sequences: Map<string, Buffer[]>;
  /** The sign-in of the connection. */
  authentication: Authentication;
}
export type Command = (context: CommandContext) => Doc | Promise<Doc>;

export const collectionName = (value: unknown): string => {
  if (typeof value !== 'string') throw new MongoError('InvalidNamespace', 'collection name has invalid type');
  if (value === '' || value.includes('\0') || value.includes('$') || value.startsWith('.') || value.endsWith('.'))
    throw new MongoError('InvalidNamespace', `Invalid collection name: ${value}`);
  return value;
};
export const documentOf = (value: unknown, what: string): Doc => {
  if (value === undefined || value === null) return {};
  if (!isDocument(value)) throw typeMismatch(`${what} must be an object`);
  return value;
};
/** A whole number that is not negative; fractions are cut off, as MongoDB does. */
export const nonNegative = (value: unknown, name: string): number => {
  if (value === undefined || value === null) return 0;
  const number = isNumeric(value) ? Math.trunc(toDouble(value)) : NaN;
  if (!Number.isFinite(number) || number < 0) throw badValue(`BSON field '${name}' value must be >= 0, actual value '${shown(value)}'`);
  return number;
};
export const noSuchNamespace = (ns: string) => new MongoError('NamespaceNotFound', `ns does not exist: ${ns}`);
export const orCreate = (storage: Storage, db: string, name: string): Collection =>
  storage.collection(db, name) ?? storage.create(db, name);

/** The variables of a command: those of `let`, and $$NOW, which is the same for all documents. */
export const variablesOf = (spec: unknown): Variables => {
  const variables: Record<string, unknown> = { NOW: new Date() };
  for (const [name, expression] of Object.entries(documentOf(spec, 'let')))
    variables[variableName(name, 'let')] = constantValue(expression, variables);
  return variables;
};

/** Reads on a snapshot, with a lease on memory; both end with the command. */
export async function reading<T>(
  { storage, budget, scheduler, command }: CommandContext,
  read: (snapshot: Snapshot, work: Work, lease: Lease) => Promise<T>,
): Promise<T> {
  const lease = budget.lease();
  const snapshot = storage.snapshot();
  try {
    return await read(snapshot, scheduler.work(maxTimeOf(command)), lease);
  } finally {
    snapshot.done();
    lease.free();
  }
}
export const maxTimeOf = ({ maxTimeMS }: Doc): number => {
  const value = nonNegative(maxTimeMS, 'maxTimeMS');
  if (value > 0x7fff_ffff) throw badValue(`${value} value for maxTimeMS is out of range`);
  return value;
};

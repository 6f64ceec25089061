import { decode, type Doc, isArray, isDocument } from '../bson';
import { badValue, MongoError } from '../errors';
import { LongSearchError } from '../find';
import type { Storage } from '../storage/storage';
import type { CommandContext } from './command';
import { itemAt } from '../documents';

const MAX_WRITES = 100_000;
/** A command with many statements gives other commands their turn after this long. */
const SLICE_MS = 100;

export interface Statement {
  doc: Doc;
  /** As it came, where it came as bytes. */
  raw: Buffer | undefined;
}
const toStatement =
  (field: string) =>
  (doc: unknown): Statement => {
    if (!isDocument(doc)) throw badValue(`the elements of '${field}' must be objects`);
    return { doc, raw: undefined };
  };
export function statementsOf({ sequences, command }: CommandContext, field: string): Statement[] {
  const raw = sequences.get(field);
  const given = raw === undefined ? command[field] : undefined;
  if (raw === undefined && !isArray(given)) throw new MongoError(40414, `BSON field '${field}' is missing but a required field`);
  const statements = raw?.map((bytes) => ({ doc: decode(bytes), raw: bytes })) ?? (isArray(given) ? given : []).map(toStatement(field));
  if (statements.length === 0 || statements.length > MAX_WRITES)
    throw new MongoError('InvalidLength', `Write batch sizes must be between 1 and ${MAX_WRITES}. Got ${statements.length} operations.`);
  return statements;
}

interface Fault {
  index: number;
  code: number;
  errmsg: string;
}
export const withFaults = (reply: Doc, faults: Fault[]): Doc => (faults.length === 0 ? reply : { ...reply, writeErrors: faults });

/**
 * Runs statements in order, inside write transactions. A failure is noted under its number, and
 * ends an ordered command. `now` runs one at once and throws LongSearchError where finding its
 * documents takes long; `long` then runs it, giving way to other commands.
 */
export async function runStatements(
  storage: Storage,
  statements: Statement[],
  ordered: boolean,
  now: (statement: Doc, index: number, raw: Buffer | undefined) => void,
  long: (statement: Doc, index: number) => Promise<void> = () => Promise.resolve(),
): Promise<Fault[]> {
  const faults: Fault[] = [];
  let next = 0;
  /** Answers whether the command goes on. */
  const note = (error: unknown): boolean => {
    if (!(error instanceof MongoError)) throw error;
    faults.push({ index: next, code: error.code, errmsg: error.message, ...error.extra });
    if (ordered) next = statements.length;
    return !ordered;
  };
  const slice = (): 'ended' | 'more' | 'long' => {
    for (const until = performance.now() + SLICE_MS; next < statements.length; next += 1) {
      const { doc, raw } = itemAt(statements, next);
      try {
        now(doc, next, raw);
      } catch (error) {
        if (error instanceof LongSearchError) return 'long';
        if (!note(error)) return 'ended';
      }
      if (performance.now() > until) {
        next += 1;
        return 'more';
      }
    }
    return 'ended';
  };
  while (next < statements.length) {
    if ((await storage.write(slice)) !== 'long') continue;
    try {
      await long(itemAt(statements, next).doc, next);
    } catch (error) {
      if (!note(error)) break;
    }
    next += 1;
  }
  return faults;
}

/** MongoDB's E11000, with the fields of the violated index; undefined for every other error. */
export function duplicateKey(error: unknown): { keyPattern: Record<string, unknown>; keyValue: Record<string, unknown> } | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== 11000) return undefined;
  const { keyPattern = {}, keyValue = {} } = error as { keyPattern?: Record<string, unknown>; keyValue?: Record<string, unknown> };
  return { keyPattern, keyValue };
}

/** One document that a bulk insert refused. */
export interface WriteFault {
  index: number;
  code: number;
  errmsg: string;
}

/**
 * The documents that a bulk insert refused as duplicates; undefined if it failed as a whole, or for
 * another reason too.
 */
export function duplicateFaults(error: unknown): WriteFault[] | undefined {
  if (!(error instanceof Error) || error.name !== 'MongoBulkWriteError') return undefined;
  const { writeErrors = [] } = error as { writeErrors?: WriteFault | WriteFault[] };
  const faults = [writeErrors].flat();
  return faults.length > 0 && faults.every((fault) => fault.code === 11000) ? faults : undefined;
}

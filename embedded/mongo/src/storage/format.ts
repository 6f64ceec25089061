import type { Bytes } from './scan';

/** Changes with every change of keys or records that the release before cannot read. */
export const FORMAT = 1;
const KEY = Buffer.from('format');

/** A directory of a newer release than this one. */
export class NewerFormatError extends Error {}

/**
 * The format of the stored data; a directory without a record is one of the releases before formats
 * had numbers.
 */
export function readFormat(internal: Bytes): number | undefined {
  const record = internal.getBinary(KEY);
  return record === undefined ? undefined : record.readUInt32BE(0);
}
export function assertFormat(internal: Bytes, dataDir: string): void {
  const format = readFormat(internal);
  if (format !== undefined && format > FORMAT)
    throw new NewerFormatError(
      `The data directory ${dataDir} has format ${format}; this release of the embedded store reads formats up to ${FORMAT}. Start the release that wrote it, or a newer one.`,
    );
}
export function writeFormat(internal: Bytes): void {
  const record = Buffer.alloc(4);
  record.writeUInt32BE(FORMAT);
  internal.putSync(KEY, record);
}

import { types } from 'node:util';

/**
 * Errors of the MongoDB driver and of mongoose that mean "not reachable", by name: this package
 * does not load them.
 */
const OUTAGE_NAMES = new Set([
  'MongoServerSelectionError',
  'MongoNetworkError',
  'MongoNetworkTimeoutError',
  'MongoNotConnectedError',
  'MongoTopologyClosedError',
  'MongoPoolClearedError',
  'MongoPoolClosedError',
  'MongoWaitQueueTimeoutError',
  'MongoOperationTimeoutError',
  'MongooseServerSelectionError',
  'MongoClientClosedError',
  'MongoExpiredSessionError',
  'PoolClearedOnNetworkError',
  'MongoClosedPoolError',
]);
/** Server codes that pass: shutting down, stepping down, write concern not met in time. */
const PASSING_SERVER_CODES = new Set([6, 7, 50, 64, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436]);
/** System errors that the driver passes through when a connection ends under a command. */
const SYSTEM_CODES = new Set([
  'EPIPE',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const FRAGMENTS = ['buffering timed out', 'before initial connection is complete', 'Client must be connected'];

type DriverError = Error & { code?: unknown; writeErrors?: unknown[] };

/**
 * A bulk write that failed as a whole before a server answered: the driver keeps only the message
 * of the cause.
 */
const isBulkOutage = (error: DriverError) =>
  error.name === 'MongoBulkWriteError' && error.code === undefined && [error.writeErrors ?? []].flat().length === 0;

/** Whether an error means that the database, or the network to it, is away for now. */
export function isOutage(error: unknown): boolean {
  if (!types.isNativeError(error)) return false;
  const { code }: DriverError = error;
  return (
    OUTAGE_NAMES.has(error.name) ||
    isBulkOutage(error) ||
    FRAGMENTS.some((fragment) => error.message.includes(fragment)) ||
    (typeof code === 'string' && SYSTEM_CODES.has(code)) ||
    (error.name.startsWith('Mongo') && typeof code === 'number' && PASSING_SERVER_CODES.has(code))
  );
}

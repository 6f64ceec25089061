/** A failure as MongoDB words it: a command's `{ ok: 0, code, codeName, errmsg }` or one entry of `writeErrors`. */
export class MongoError extends Error {
  constructor(
    readonly code: number,
    readonly codeName: string,
    message: string,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'MongoError';
  }
}
export const badValue = (message: string) => new MongoError(2, 'BadValue', message);
export const typeMismatch = (message: string) => new MongoError(14, 'TypeMismatch', message);
export const failedToParse = (message: string) => new MongoError(9, 'FailedToParse', message);
/** What MongoDB has and this store has not. Never silently something else. */
export const notHere = (what: string) =>
  new MongoError(238, 'NotImplemented', `${what} is not in the embedded store; set MONGO_URL to a MongoDB server`);

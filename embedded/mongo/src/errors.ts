/** Codes as MongoDB numbers them; drivers and mongoose decide by them. */
const CODES = {
  InternalError: 1,
  BadValue: 2,
  FailedToParse: 9,
  Unauthorized: 13,
  TypeMismatch: 14,
  Overflow: 15,
  InvalidLength: 16,
  AuthenticationFailed: 18,
  IllegalOperation: 20,
  NamespaceNotFound: 26,
  IndexNotFound: 27,
  PathNotViable: 28,
  ConflictingUpdateOperators: 40,
  CursorNotFound: 43,
  NamespaceExists: 48,
  MaxTimeMSExpired: 50,
  DollarPrefixedFieldName: 52,
  NotSingleValueField: 54,
  EmptyFieldName: 56,
  CommandNotFound: 59,
  ImmutableField: 66,
  CannotCreateIndex: 67,
  InvalidOptions: 72,
  InvalidNamespace: 73,
  IndexOptionsConflict: 85,
  IndexKeySpecsConflict: 86,
  NotAReplicaSet: 123,
  ExceededMemoryLimit: 146,
  InvalidPipelineOperator: 168,
  CannotIndexParallelArrays: 171,
  QueryFeatureNotAllowed: 224,
  NotImplemented: 238,
  ConversionFailure: 241,
  InvalidIndexSpecificationOption: 197,
  QueryExceededMemoryLimitNoDiskUseAllowed: 292,
  NoQueryExecutionPlans: 291,
  CannotBackfillArray: 10003,
  BSONObjectTooLarge: 10334,
  DuplicateKey: 11000,
  InterruptedAtShutdown: 11600,
  OutOfDiskSpace: 14031,
} as const;
export type CodeName = keyof typeof CODES;

/**
 * A failure as MongoDB words it: a command's `{ ok: 0, code, codeName, errmsg }` or an entry of
 * `writeErrors`.
 */
export class MongoError extends Error {
  readonly code: number;
  readonly codeName: string;
  /** `code`: a name of the table above, or the number of one of MongoDB's unnamed codes. */
  constructor(
    code: CodeName | number,
    message: string,
    readonly extra: Record<string, unknown> = {},
  ) {
    super(message);
    this.name = 'MongoError';
    this.code = typeof code === 'number' ? code : CODES[code];
    this.codeName = typeof code === 'number' ? `Location${code}` : code;
  }
}
export const badValue = (message: string) => new MongoError('BadValue', message);
export const typeMismatch = (message: string) => new MongoError('TypeMismatch', message);
export const failedToParse = (message: string) => new MongoError('FailedToParse', message);
export const overflow = (message: string) => new MongoError('Overflow', message);
/** MongoDB has it and this store has not: every such refusal is made here. */
export const notHere = (what: string) =>
  new MongoError('NotImplemented', `${what} is not in the embedded store; set MONGO_URL to a MongoDB server`);

// By their fields: an error of Node itself is of another class where the code runs in a context of
// its own.
const fieldOf = (error: unknown, name: 'message' | 'code'): string | undefined => {
  const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  return typeof value === 'string' ? value : undefined;
};
export const messageOf = (error: unknown): string => fieldOf(error, 'message') ?? String(error);
export const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(messageOf(error), { cause: error }));
/** The code of an error of the operating system, e.g. ENOENT. */
export const codeOf = (error: unknown): string | undefined => fieldOf(error, 'code');

/** A command's reply that carries a failure. */
export const errorReply = ({ message, code, codeName, extra }: MongoError): Record<string, unknown> => ({
  ok: 0,
  errmsg: message,
  code,
  codeName,
  ...extra,
});

import { type Doc, isDocument } from '../bson';
import type { Cursors } from '../cursors';
import { badValue, MongoError, notHere } from '../errors';
import type { Collection, Storage } from '../storage/storage';

export interface CommandContext {
  storage: Storage;
  cursors: Cursors;
  db: string;
  /** The command's document, document sequences put in their places as raw bytes. */
  command: Doc;
  sequences: Map<string, Buffer[]>;
}
export type Command = (context: CommandContext) => Doc | Promise<Doc>;

export const collectionName = (value: unknown): string => {
  if (typeof value !== 'string') throw new MongoError(73, 'InvalidNamespace', 'collection name has invalid type');
  if (value === '' || value.includes('\0') || value.includes('$'))
    throw new MongoError(73, 'InvalidNamespace', `Invalid collection name: ${value}`);
  return value;
};
export const documentOf = (value: unknown, what: string): Doc => {
  if (value === undefined || value === null) return {};
  if (!isDocument(value)) throw badValue(`${what} must be an object`);
  return value;
};
/** Options that change the meaning of a command and are not here: refused, never passed over. */
export const refuse = (command: Doc, ...options: string[]) => {
  for (const option of options) {
    const value = command[option];
    if (value !== undefined && value !== false && value !== null && !(isDocument(value) && Object.keys(value).length === 0))
      throw notHere(`the option ${option}`);
  }
};
export const noSuchNamespace = (ns: string) => new MongoError(26, 'NamespaceNotFound', `ns does not exist: ${ns}`);
export const orCreate = (storage: Storage, db: string, name: string): Collection =>
  storage.collection(db, name) ?? storage.create(db, name);

import { type Doc, documentFrom, Int32 } from '../bson';
import { MongoError } from '../errors';
import { valueAt } from '../paths';
import { shownFields } from '../shown';
import type { Collection } from './catalog';
import type { Index } from './keys';

/**
 * E11000 as drivers and mongoose read it: `keyPattern` and `keyValue` say which fields clash. No
 * index: that on _id.
 */
export function duplicateKey(collection: Collection, index: Index | undefined, doc: Doc): MongoError {
  const keys = index?.keys ?? [{ path: '_id', direction: 1 }];
  const keyPattern = documentFrom(keys.map(({ path, direction }): [string, unknown] => [path, new Int32(direction)]));
  const keyValue = documentFrom(keys.map(({ path }): [string, unknown] => [path, valueAt(doc, path) ?? null]));
  const message = `E11000 duplicate key error collection: ${collection.db}.${collection.name} index: ${index?.name ?? '_id_'} dup key: ${shownFields(keyValue)}`;
  return new MongoError('DuplicateKey', message, { keyPattern, keyValue });
}

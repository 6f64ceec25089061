import { Schema, type SchemaDefinition } from 'mongoose';

/**
 * A schema whose collection takes declared fields only: an unknown one throws, in documents and in
 * filters.
 */
export const collectionSchema = <T>(collection: string, definition: SchemaDefinition<T>): Schema<T> =>
  new Schema<T>(definition, { strict: 'throw', strictQuery: 'throw', versionKey: false, collection });

import { MongoError } from '../errors';
import { isDbRefField } from '../paths';

const invalid = (code: number, message: string) => new MongoError(code, message);

/**
 * The parts of a field path, checked: no empty name, no dollar sign but that of a DBRef's fields.
 */
export function fieldPathParts(path: string): string[] {
  const parts = path.split('.');
  for (const part of parts) {
    if (part === '')
      throw invalid(
        path.endsWith('.') ? 40353 : 15998,
        `FieldPath '${path}' must not contain an empty field name, and must not end with '.'`,
      );
    if (part.startsWith('$') && !isDbRefField(part))
      throw invalid(16410, `FieldPath field names may not start with '$'. Consider using $getField or $setField. Found: '${part}'`);
    if (part.includes('\0')) throw invalid(16411, 'FieldPath field names may not contain a zero byte');
  }
  return parts;
}

import { type Doc, isDocument, own, remove } from '../bson';
import { badValue } from '../errors';
import { isPositional, locate, parsePath, write } from './update-paths';

/** `$rename` of one field: refused through arrays and for paths that contain each other. */
export function compileRename(path: string, operand: unknown): { from: string[]; to: string[] } {
  if (typeof operand !== 'string') throw badValue(`The 'to' field for $rename must be a string: ${path}`);
  const [from, to] = [parsePath(path), parsePath(operand)];
  if (from.some(isPositional)) throw badValue(`The source field for $rename may not be dynamic: ${path}`);
  if (to.some(isPositional)) throw badValue(`The destination field for $rename may not be dynamic: ${operand}`);
  if (path === operand) throw badValue(`The source and target field for $rename must differ: ${path}: "${path}"`);
  if (`${path}.`.startsWith(`${operand}.`) || `${operand}.`.startsWith(`${path}.`))
    throw badValue(`The source and target field for $rename must not be on the same path: ${path}: "${operand}"`);
  return { from, to };
}

/** The document that holds the last part of a path; undefined where a part is missing. */
function holderOf(doc: Doc, parts: string[], which: string): Doc | undefined {
  let holder: unknown = doc;
  for (const part of parts.slice(0, -1)) {
    if (isDocument(holder)) holder = own(holder, part);
    if (Array.isArray(holder)) throw badValue(`The ${which} field cannot be an array element, '${parts.join('.')}'`);
  }
  return isDocument(holder) ? holder : undefined;
}

export function rename(doc: Doc, { from, to }: { from: string[]; to: string[] }): void {
  const source = holderOf(doc, from, 'source');
  const name = from.at(-1) ?? '';
  const value = source === undefined ? undefined : own(source, name);
  if (source === undefined || value === undefined) return;
  holderOf(doc, to, 'destination');
  const place = locate(doc, to, true);
  if (place !== undefined) write(place, value);
  remove(source, name);
}

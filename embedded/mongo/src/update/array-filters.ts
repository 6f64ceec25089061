import { type Doc, fieldsOf, isDocument } from '../bson';
import { badValue, failedToParse } from '../errors';
import { compileFilter } from '../filter/filter';
import type { ArrayFilters } from './update-paths';

/** The identifier that a filter of `arrayFilters` speaks of; it must be one. */
function identifierOf(filter: Doc): string {
  const names = new Set<string>();
  const collect = (part: Doc) => {
    for (const [key, condition] of fieldsOf(part)) {
      if (['$and', '$or', '$nor'].includes(key) && Array.isArray(condition)) condition.filter(isDocument).forEach(collect);
      else names.add(key.split('.')[0] ?? '');
    }
  };
  collect(filter);
  const [name, other] = [...names];
  if (name === undefined) throw failedToParse('Cannot use an expression without a top-level field name in arrayFilters');
  if (other !== undefined)
    throw failedToParse(
      `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${name}' and '${other}'`,
    );
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name))
    throw badValue(
      `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
    );
  return name;
}

/**
 * The array filters of an update. Each must be named by a path, and each path's must be there: a
 * misspelt one must not pass.
 */
export function compileArrayFilters(update: Doc, given: Doc[]): ArrayFilters {
  const used = new Set<string>();
  for (const fields of Object.values(update))
    if (isDocument(fields))
      for (const path of Object.keys(fields)) for (const [, name = ''] of path.matchAll(/\$\[(\w+)\]/g)) used.add(name);
  const filters = new Map<string, ReturnType<typeof compileFilter>>();
  for (const filter of given) {
    const name = identifierOf(filter);
    if (filters.has(name)) throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    if (!used.has(name)) throw failedToParse(`The array filter for identifier '${name}' was not used in the update`);
    filters.set(name, compileFilter(filter));
  }
  for (const name of used) if (!filters.has(name)) throw badValue(`No array filter found for identifier '${name}'`);
  return filters;
}

import { type Doc, isDocument } from '../bson';
import { badValue, failedToParse } from '../errors';

/** The identifier that a filter of `arrayFilters` speaks of; it must be one. */
export function arrayFilterName(filter: Doc): string {
  const names = new Set<string>();
  const collect = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
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

/** Each must be named by a path of the update, and by one only: a typing mistake must not leave elements as they were. */
export function assertArrayFilters(update: Doc, arrayFilters: Doc[]): void {
  const used = new Set<string>();
  for (const fields of Object.values(update))
    if (isDocument(fields))
      for (const path of Object.keys(fields)) for (const [, name = ''] of path.matchAll(/\$\[(\w+)\]/g)) used.add(name);
  const known = new Set<string>();
  for (const filter of arrayFilters) {
    const name = arrayFilterName(filter);
    if (known.has(name)) throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    if (!used.has(name)) throw failedToParse(`The array filter for identifier '${name}' was not used in the update`);
    known.add(name);
  }
  for (const name of used) if (!known.has(name)) throw badValue(`No array filter found for identifier '${name}'`);
}

import { type Doc, fieldsOf, firstKey, isDocument, isRegExp } from '../bson';
import { setPath } from '../documents';
import { MongoError } from '../errors';
import { branchesOf } from '../filter/filter';
import { isOperators } from '../filter/leaves';

/** The document that an upsert begins with: what the filter fixes by equality. */
export function upsertSeed(filter: Doc): Doc {
  const seed: Doc = {};
  const fixed: string[] = [];
  const fix = (path: string, value: unknown) => {
    const clash = fixed.find((other) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
    if (clash !== undefined)
      throw new MongoError('NotSingleValueField', `cannot infer query fields to set, path '${path}' is matched twice`);
    fixed.push(path);
    setPath(seed, path.split('.'), value);
  };
  const collect = (part: Doc) => {
    for (const [name, condition] of fieldsOf(part)) {
      if (name === '$and') branchesOf(name, condition).forEach(collect);
      else if (name === '$or') {
        const branches = branchesOf(name, condition);
        if (branches.length === 1) branches.forEach(collect);
      } else if (name.startsWith('$')) continue;
      else if (isOperators(condition)) collectOperators(name, condition, fix);
      else if (!isRegExp(condition)) fix(name, condition);
    }
  };
  collect(filter);
  return seed;
}

const isElemMatch = (part: unknown) => isDocument(part) && firstKey(part) === '$elemMatch';
function collectOperators(path: string, condition: Doc, fix: (path: string, value: unknown) => void): void {
  if ('$eq' in condition) fix(path, condition.$eq);
  if (Array.isArray(condition.$all))
    for (const element of condition.$all) if (!isElemMatch(element) && !isRegExp(element)) fix(path, element);
  if (Array.isArray(condition.$in) && condition.$in.length === 1 && !isRegExp(condition.$in[0])) fix(path, condition.$in[0]);
}

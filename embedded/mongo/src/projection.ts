import { type Doc, isDocument, isNumeric, isTrue, toDouble } from './bson';
import { setComputed, structuredCopy, unsetAt } from './documents';
import { badValue, MongoError, notHere } from './errors';
import { evaluate, type Variables } from './expressions/evaluate';
import { compileElemMatch } from './matcher';

export type Project = (doc: Doc, variables?: Variables) => Doc;

interface Tree {
  [part: string]: Tree | true;
}
function include(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value))
    return value
      .map((element) => (isDocument(element) || Array.isArray(element) ? include(element, tree) : undefined))
      .filter((element) => element !== undefined);
  if (!isDocument(value)) return undefined;
  const kept: Doc = {};
  for (const [key, field] of Object.entries(value)) {
    const below = Object.hasOwn(tree, key) ? tree[key] : undefined;
    if (below === undefined) continue;
    const inner = below === true ? field : include(field, below);
    if (inner !== undefined) kept[key] = inner;
  }
  return kept;
}

/** A find's or $project's projection as a function; undefined: everything as it is. */
export function compileProjection(spec: Doc | undefined, aggregation = false): Project | undefined {
  if (spec === undefined || Object.keys(spec).length === 0) return undefined;
  const tree: Tree = {};
  const excluded: string[] = [];
  const computed: [string, unknown][] = [];
  const sliced: string[] = [];
  const shaping: ((doc: Doc, source: Doc) => void)[] = [];
  let keepId = true;
  let including: boolean | undefined;
  const decide = (inclusion: boolean, path: string) => {
    if (including !== undefined && including !== inclusion)
      throw new MongoError(
        inclusion ? 31253 : 31254,
        `Location${inclusion ? 31253 : 31254}`,
        `Cannot do ${inclusion ? 'inclusion' : 'exclusion'} on field ${path} in ${inclusion ? 'exclusion' : 'inclusion'} projection`,
      );
    including = inclusion;
  };
  const add = (path: string) => {
    const parts = path.split('.');
    let at = tree;
    parts.forEach((part, index) => {
      if (index === parts.length - 1) at[part] = true;
      else {
        const below = at[part];
        if (below === true) throw new MongoError(31250, 'Location31250', `Path collision at ${path}`);
        at = at[part] = below ?? {};
      }
    });
  };
  const visit = (path: string, value: unknown) => {
    if (path.endsWith('.$')) throw notHere('the positional projection operator');
    if (typeof value === 'boolean' || isNumeric(value)) {
      const wanted = isTrue(value);
      if (path === '_id') keepId = wanted;
      if (path === '_id' && !wanted) return;
      if (path !== '_id') decide(wanted, path);
      if (wanted) add(path);
      else excluded.push(path);
      return;
    }
    if (isDocument(value) && !aggregation && '$slice' in value) {
      sliced.push(path);
      shaping.push((doc, source) => sliceAt(doc, source, path.split('.'), value.$slice));
      return;
    }
    if (isDocument(value) && !aggregation && '$elemMatch' in value) {
      decide(true, path);
      const test = compileElemMatch(value.$elemMatch);
      shaping.push((doc, source) => {
        const list = source[path];
        const found: unknown = Array.isArray(list) ? list.find(test) : undefined;
        if (found === undefined) delete doc[path];
        else doc[path] = [found];
      });
      return;
    }
    if (isDocument(value) && '$meta' in value) throw notHere('$meta');
    if (isDocument(value) && Object.keys(value).length > 0 && !(Object.keys(value)[0] ?? '').startsWith('$')) {
      for (const [key, inner] of Object.entries(value)) visit(`${path}.${key}`, inner);
      return;
    }
    if (isDocument(value) && Object.keys(value).length === 0)
      throw new MongoError(51270, 'Location51270', 'An empty sub-projection is not a valid value. Found empty object at path');
    computed.push([path, value]);
    if (path !== '_id') decide(true, path);
  };
  for (const [path, value] of Object.entries(spec)) {
    if (path === '') throw badValue('FieldPath cannot be constructed with empty string');
    visit(path, value);
  }
  const inclusive = including ?? (Object.keys(tree).length > 0 || computed.length > 0);
  // A slice shows its field among those included, in the document's own order.
  if (inclusive) sliced.forEach(add);
  if (inclusive && keepId && !Object.hasOwn(tree, '_id')) tree._id = true;

  return (source, variables = {}) => {
    let doc: Doc;
    if (inclusive) doc = include(source, tree) as Doc;
    else {
      doc = excluded.length > 0 || shaping.length > 0 ? structuredCopy(source) : { ...source };
      for (const path of excluded) unsetAt(doc, path.split('.'));
      if (!keepId) delete doc._id;
    }
    for (const shape of shaping) shape(doc, source);
    for (const [path, expression] of computed) {
      setComputed(doc, path.split('.'), evaluate(expression, source, variables));
    }
    return doc;
  };
}

function sliceAt(doc: Doc, source: Doc, parts: string[], spec: unknown): void {
  const [part = '', ...rest] = parts;
  if (rest.length > 0) {
    if (isDocument(source[part])) {
      doc[part] ??= {};
      sliceAt(doc[part] as Doc, source[part], rest, spec);
    }
    return;
  }
  const list = source[part];
  if (!Array.isArray(list)) {
    if (list !== undefined) doc[part] = list;
    return;
  }
  if (!Array.isArray(spec)) {
    const count = toDouble(spec);
    doc[part] = count < 0 ? list.slice(count) : list.slice(0, count);
    return;
  }
  const [skip = 0, limit = 0] = spec.map(toDouble);
  const from = skip < 0 ? Math.max(0, list.length + skip) : skip;
  doc[part] = list.slice(from, from + limit);
}

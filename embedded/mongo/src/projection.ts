import {
  type Doc,
  documentFrom,
  fieldKey,
  fieldName,
  fieldsOf,
  firstKey,
  isDocument,
  isNumeric,
  isTrue,
  own,
  put,
  remove,
  toDouble,
} from './bson';
import { badValue, MongoError, notHere } from './errors';
import { compileExpression, evaluate } from './expressions/compile';
import type { Expression, Variables } from './expressions/expression';
import { fieldPathParts } from './expressions/field-path';
import { compileElemMatch } from './filter/filter';
import { matchedPosition } from './filter/positional';

export type Project = (doc: Doc, variables?: Variables) => Doc;

/** A projection as a tree: `true` at its leaves, or an expression that computes the field. */
interface Tree {
  fields: Map<string, Tree | true>;
  computed: Map<string, Tree | Expression>;
}
const newTree = (): Tree => ({ fields: new Map(), computed: new Map() });
const isTree = (node: unknown): node is Tree => typeof node === 'object';

function include(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((element) => include(element, tree)).filter((element) => element !== undefined);
  if (!isDocument(value)) return undefined;
  const kept: Doc = {};
  for (const key of Object.keys(value)) {
    const below = tree.fields.get(key);
    if (below === undefined) continue;
    const inner = below === true ? value[key] : include(value[key], below);
    if (inner !== undefined) put(kept, fieldName(key), inner);
  }
  return kept;
}
function exclude(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((element) => exclude(element, tree));
  if (!isDocument(value)) return value;
  const kept: Doc = {};
  for (const key of Object.keys(value)) {
    const below = tree.fields.get(key);
    if (below !== true) put(kept, fieldName(key), below === undefined ? value[key] : exclude(value[key], below));
  }
  return kept;
}
const hasComputed = (tree: Tree): boolean => tree.computed.size > 0;

/** Inclusion and computed fields below one path, where both lead through the same array. */
function compute(value: unknown, tree: Tree, run: (expression: Expression) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => compute(element, tree, run));
  const doc: Doc = isDocument(value) ? { ...value } : {};
  for (const [key, node] of tree.computed) {
    const computed = isTree(node) ? compute(doc[key], node, run) : run(node);
    if (computed === undefined) delete doc[key];
    else put(doc, fieldName(key), computed);
  }
  return doc;
}
/** As include, but elements that computed fields replace stay in their array. */
function includeAndCompute(value: unknown, tree: Tree, run: (expression: Expression) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => includeAndCompute(element, tree, run));
  const kept: Doc = {};
  if (isDocument(value))
    for (const key of Object.keys(value)) {
      const below = tree.fields.get(key);
      const computed = tree.computed.get(key);
      if (below === undefined && !isTree(computed)) continue;
      const both: Tree = {
        fields: isTree(below) ? below.fields : newTree().fields,
        computed: isTree(computed) ? computed.computed : newTree().computed,
      };
      const inner = below === true ? value[key] : hasComputed(both) ? includeAndCompute(value[key], both, run) : include(value[key], both);
      if (inner !== undefined) put(kept, fieldName(key), inner);
    }
  for (const [key, node] of tree.computed) {
    if (isTree(node)) {
      if (!Object.hasOwn(kept, key)) put(kept, fieldName(key), compute(undefined, node, run));
      continue;
    }
    const computed = run(node);
    if (computed !== undefined) put(kept, fieldName(key), computed);
  }
  return kept;
}

const collision = (path: string) => new MongoError(31250, `Path collision at ${path}`);
function addLeaf(tree: Tree, which: 'fields' | 'computed', parts: string[], leaf: true | Expression): void {
  let at = tree;
  parts.forEach((part, index) => {
    const key = fieldKey(part);
    const path = parts.join('.');
    const other = at[which === 'fields' ? 'computed' : 'fields'].get(key);
    const here = at[which].get(key);
    if (index === parts.length - 1) {
      if (here !== undefined || other !== undefined) throw collision(path);
      (at[which] as Map<string, unknown>).set(key, leaf);
      return;
    }
    if ((other !== undefined && !isTree(other)) || (here !== undefined && !isTree(here))) throw collision(path);
    let below = here;
    if (below === undefined) at[which].set(key, (below = newTree()));
    at = below;
  });
}

/**
 * A change of the projected document that looks at the source: $slice, $elemMatch, the positional
 * operator.
 */
type Shape = (doc: Doc, source: Doc) => void;
export interface ProjectionOptions {
  /** Of a $project stage: without the operators that only a query has. */
  stage?: boolean;
  names?: Iterable<string>;
  /** Of the query, for the positional operator. */
  filter?: Doc;
}

/** The projection of a query or of $project as a function; undefined: every document as it is. */
export function compileProjection(
  spec: Doc | undefined,
  { stage = false, names = [], filter }: ProjectionOptions = {},
): Project | undefined {
  if (spec === undefined || firstKey(spec) === undefined) return undefined;
  const tree = newTree();
  const sliced: string[][] = [];
  const shapes: Shape[] = [];
  let keepId: boolean | undefined;
  let including: boolean | undefined;
  const decide = (inclusion: boolean, path: string) => {
    if (including !== undefined && including !== inclusion)
      throw new MongoError(
        inclusion ? 31253 : 31254,
        `Cannot do ${inclusion ? 'inclusion' : 'exclusion'} on field ${path} in ${inclusion ? 'exclusion' : 'inclusion'} projection`,
      );
    including = inclusion;
  };
  const operator = (path: string, name: string, operand: unknown): boolean => {
    if (name === '$slice') {
      const parts = fieldPathParts(path);
      sliced.push(parts);
      const slice = compileSlice(operand);
      shapes.push((doc) => sliceAt(doc, parts, slice));
    } else if (name === '$elemMatch') {
      if (path.includes('.')) throw new MongoError(31275, 'Cannot use $elemMatch projection on a nested field');
      decide(true, path);
      const test = compileElemMatch(operand);
      shapes.push((doc, source) => {
        const list = own(source, path);
        const found: unknown = Array.isArray(list) ? list.find(test) : undefined;
        remove(doc, path);
        if (found !== undefined) put(doc, path, [found]);
      });
    } else if (name === '$meta') throw notHere('$meta');
    else return false;
    return true;
  };
  const positional = (path: string) => {
    if (filter === undefined) throw notHere('the positional projection operator in this place');
    decide(true, path);
    const [name = '', ...below] = fieldPathParts(path);
    if (below.length > 0) throw notHere('the positional projection operator below a field');
    shapes.push((doc, source) => {
      const list = own(source, name);
      if (!Array.isArray(list)) return put(doc, name, list);
      const at = matchedPosition(source, list, path, filter);
      if (at === undefined) throw new MongoError(51246, "positional operator '.$' couldn't find a matching element in the array");
      put(doc, name, [list[at]]);
    });
    addLeaf(tree, 'fields', [name], true);
  };
  const visit = (path: string, value: unknown) => {
    if (!stage && path.endsWith('.$')) return positional(path.slice(0, -2));
    if (typeof value === 'boolean' || isNumeric(value)) {
      const wanted = isTrue(value);
      if (path === '_id') {
        keepId = wanted;
        return;
      }
      decide(wanted, path);
      addLeaf(tree, 'fields', fieldPathParts(path), true);
      return;
    }
    if (isDocument(value)) {
      const first = fieldsOf(value)[0];
      if (first === undefined) throw new MongoError(51270, 'An empty sub-projection is not a valid value. Found empty object at path');
      if (!stage && first[0].startsWith('$') && operator(path, first[0], first[1])) return;
      if (!first[0].startsWith('$')) {
        for (const [name, inner] of fieldsOf(value)) {
          if (name.includes('.')) throw badValue(`FieldPath field names may not contain '.' in a sub-projection: ${name}`);
          visit(`${path}.${name}`, inner);
        }
        return;
      }
    }
    if (path !== '_id') decide(true, path);
    addLeaf(tree, 'computed', fieldPathParts(path), compileExpression(value, names));
  };
  for (const [path, value] of fieldsOf(spec)) visit(path, value);

  const inclusive = including ?? (tree.computed.size > 0 || keepId === true);
  if (inclusive) {
    // A slice shows its field among those included, in the document's own order.
    for (const parts of sliced) addLeaf(tree, 'fields', parts, true);
    if (keepId !== false && !tree.computed.has('_id') && !tree.fields.has('_id')) tree.fields.set('_id', true);
  } else if (keepId === false) tree.fields.set('_id', true);

  return (source, variables = {}) => {
    const run = (expression: Expression) => evaluate(expression, source, variables);
    const base = inclusive ? (hasComputed(tree) ? includeAndCompute(source, tree, run) : include(source, tree)) : exclude(source, tree);
    const doc = base as Doc;
    for (const shape of shapes) shape(doc, source);
    return doc;
  };
}

type Slice = (list: unknown[]) => unknown[];
function compileSlice(spec: unknown): Slice {
  const parts: unknown[] = Array.isArray(spec) ? spec : [spec];
  const [first = NaN, second] = parts.map((part) => (isNumeric(part) ? Math.trunc(toDouble(part)) : NaN));
  if (parts.length < 1 || parts.length > 2 || Number.isNaN(first) || (Array.isArray(spec) && parts.length !== 2))
    throw new MongoError(28667, '$slice takes a number, or an array of a number to skip and a number to return');
  if (second === undefined) return (list) => (first < 0 ? list.slice(first) : list.slice(0, first));
  if (!(second > 0)) throw new MongoError(28729, 'the limit of $slice must be positive');
  return (list) => {
    const from = first < 0 ? Math.max(0, list.length + first) : first;
    return list.slice(from, from + second);
  };
}
/** Slices the array at a path, in each document of an array on the way. */
function sliceAt(doc: Doc, parts: string[], slice: Slice): void {
  const [part = '', ...rest] = parts;
  const sliced = sliceValue(own(doc, part), rest, slice);
  if (sliced !== undefined) put(doc, part, sliced);
}
function sliceValue(value: unknown, parts: string[], slice: Slice): unknown {
  const [part, ...rest] = parts;
  if (part === undefined) return Array.isArray(value) ? slice(value) : value;
  if (Array.isArray(value)) return value.map((element: unknown) => (isDocument(element) ? sliceValue(element, parts, slice) : element));
  if (!isDocument(value)) return value;
  return documentFrom(
    fieldsOf(value).map(([name, field]): [string, unknown] => [name, name === part ? sliceValue(field, rest, slice) : field]),
  );
}

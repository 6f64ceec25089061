import { bsonType, type Doc, encode, isDocument, isNumeric, Long, Int32, Timestamp, toDouble, typeName } from './bson';
import { compare, equal } from './compare';
import { badValue, failedToParse, MongoError, notHere, typeMismatch } from './errors';
import { evaluate } from './expressions';
import { compileCondition, compileElemMatch, compileFilter } from './matcher';
import { add, multiply } from './numbers';
import { isIndexPart } from './paths';
import { compareByKeys, parseSort } from './sort';

export interface UpdateContext {
  inserting: boolean;
  filter: Doc;
  arrayFilters: Doc[];
}
/** Changes a document in place; the caller passes a copy. */
export type Update = (doc: Doc, context: UpdateContext) => Doc;

const MAX_DEPTH = 100;
const MAX_ARRAY_GAP = 1_500_000;

/** An update as a function: operators, a replacement, or a pipeline of $set/$unset/$replaceWith. */
export function compileUpdate(update: unknown): Update {
  if (Array.isArray(update)) return compilePipeline(update as Doc[]);
  if (!isDocument(update)) throw failedToParse('Update argument must be either an object or an array');
  const keys = Object.keys(update);
  if (!keys.some((key) => key.startsWith('$'))) return (doc) => replace(doc, update);
  const changes: { path: string; apply: Apply }[] = [];
  for (const [operator, fields] of Object.entries(update)) {
    const build = OPERATORS[operator];
    if (build === undefined)
      throw failedToParse(`Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`);
    if (!isDocument(fields))
      throw failedToParse(
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ...}`,
      );
    for (const [path, operand] of Object.entries(fields)) {
      if (path === '' || path.split('.').includes(''))
        throw new MongoError(56, 'EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
      for (const touched of operator === '$rename' ? [path, String(operand)] : [path]) assertNoConflict(changes, touched);
      changes.push({ path, apply: build(path, operand) });
      if (operator === '$rename') changes.push({ path: String(operand), apply: () => undefined });
    }
  }
  // MongoDB applies in the order of field names, which decides the order of new fields.
  changes.sort((a, b) => comparePaths(a.path, b.path));
  return (doc, context) => {
    const id = doc._id;
    for (const change of changes) change.apply(doc, context);
    if (!context.inserting && !equal(doc._id ?? null, id ?? null))
      throw new MongoError(66, 'ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
    return doc;
  };
}

const comparePaths = (a: string, b: string) => {
  const left = a.split('.');
  const right = b.split('.');
  for (let at = 0; at < Math.min(left.length, right.length); at += 1) {
    const [x = '', y = ''] = [left[at], right[at]];
    if (x === y) continue;
    return isIndexPart(x) && isIndexPart(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return left.length - right.length;
};

function assertNoConflict(changes: { path: string }[], path: string) {
  const clash = changes.find(({ path: other }) => other === path || other.startsWith(`${path}.`) || path.startsWith(`${other}.`));
  if (clash !== undefined)
    throw new MongoError(
      40,
      'ConflictingUpdateOperators',
      `Updating the path '${path}' would create a conflict at '${clash.path.length < path.length ? clash.path : path}'`,
    );
}

function replace(doc: Doc, replacement: Doc): Doc {
  if ('_id' in replacement && doc._id !== undefined && !equal(replacement._id, doc._id))
    throw new MongoError(66, 'ImmutableField', "After applying the update, the (immutable) field '_id' was found to have been altered");
  const { _id, ...fields } = replacement;
  const id = doc._id ?? _id;
  return id === undefined ? fields : { _id: id, ...fields };
}

function compilePipeline(stages: Doc[]): Update {
  return (doc) => {
    let result = doc;
    for (const stage of stages) {
      const [name = '', spec] = Object.entries(stage)[0] ?? [];
      if (name === '$set' || name === '$addFields') {
        const source = result;
        result = structuredCopy(result);
        for (const [path, expression] of Object.entries(spec as Doc)) {
          const value = evaluate(expression, source);
          if (value === undefined) unsetAt(result, path.split('.'));
          else setPath(result, path.split('.'), value);
        }
      } else if (name === '$unset' || name === '$project') {
        if (name === '$project') throw notHere('$project in an update pipeline');
        for (const path of [spec].flat() as string[]) unsetAt(result, path.split('.'));
      } else if (name === '$replaceWith' || name === '$replaceRoot') {
        const value = evaluate(name === '$replaceRoot' ? (spec as Doc).newRoot : spec, result);
        if (!isDocument(value)) throw badValue(`'newRoot' expression must evaluate to an object`);
        result = '_id' in value ? value : { _id: result._id, ...value };
      } else throw new MongoError(72, 'InvalidOptions', `${name} is not allowed to be used within an update`);
    }
    if (doc._id !== undefined && !equal(result._id ?? null, doc._id))
      throw new MongoError(66, 'ImmutableField', "After applying the update, the (immutable) field '_id' was found to have been altered");
    return result;
  };
}

export const structuredCopy = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(structuredCopy) as T;
  if (isDocument(value)) return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, structuredCopy(field)])) as T;
  return value;
};

type Apply = (doc: Doc, context: UpdateContext) => void;
/** Where a path leads: the holder of its last part. */
interface Place {
  holder: Doc | unknown[];
  key: string;
}
const read = ({ holder, key }: Place): unknown =>
  Array.isArray(holder) ? holder[Number(key)] : Object.hasOwn(holder, key) ? holder[key] : undefined;
const write = ({ holder, key }: Place, value: unknown) => {
  if (!Array.isArray(holder)) {
    holder[key] = value;
    return;
  }
  const at = Number(key);
  if (at > holder.length + MAX_ARRAY_GAP) throw badValue(`can't backfill more than ${MAX_ARRAY_GAP} elements`);
  while (holder.length < at) holder.push(null);
  holder[at] = value;
};

/** Every place a path leads to: `$`, `$[]` and `$[name]` may lead to several. With `create`, missing documents on the way are made. */
function places(doc: Doc, path: string, create: boolean, context: UpdateContext): Place[] {
  const parts = path.split('.');
  if (parts.length > MAX_DEPTH) throw new MongoError(10003, 'CannotBackfillArray', 'the path is too deep');
  let holders: (Doc | unknown[])[] = [doc];
  parts.forEach((part, at) => {
    if (at === parts.length - 1) return;
    holders = holders.flatMap((holder) =>
      keysOf(holder, part, parts, at, doc, context).flatMap((key) => descend(holder, key, create, path, parts[at + 1] ?? '')),
    );
  });
  const last = parts.at(-1) ?? '';
  return holders.flatMap((holder) => keysOf(holder, last, parts, parts.length - 1, doc, context).map((key) => ({ holder, key })));
}

function descend(holder: Doc | unknown[], key: string, create: boolean, path: string, next: string): (Doc | unknown[])[] {
  const place = { holder, key };
  const value = read(place);
  if (Array.isArray(value) || isDocument(value)) {
    if (Array.isArray(value) && !isIndexPart(next) && !next.startsWith('$')) {
      if (create)
        throw new MongoError(
          28,
          'PathNotViable',
          `Cannot create field '${next}' in element {${key}: ${JSON.stringify(value).slice(0, 200)}}`,
        );
      return [];
    }
    return [value];
  }
  if (!create) return [];
  if (value !== undefined || (Array.isArray(holder) && !isIndexPart(key)))
    throw new MongoError(
      28,
      'PathNotViable',
      `Cannot create field '${next}' in element {${key}: ${value === null ? 'null' : JSON.stringify(value)}} (path ${path})`,
    );
  const made: Doc = {};
  write(place, made);
  return [made];
}

function keysOf(holder: Doc | unknown[], part: string, parts: string[], at: number, doc: Doc, context: UpdateContext): string[] {
  if (!part.startsWith('$')) {
    if (Array.isArray(holder) && !isIndexPart(part)) throw new MongoError(28, 'PathNotViable', `Cannot create field '${part}' in an array`);
    return [part];
  }
  const path = parts.slice(0, at).join('.');
  if (!Array.isArray(holder)) {
    if (part === '$') throw badValue('The positional operator did not find the match needed from the query.');
    throw badValue(`Cannot apply array updates to non-array element ${path}`);
  }
  if (part === '$') return [String(positional(doc, holder, path, context))];
  const [, name] = /^\$\[(\w*)\]$/.exec(part) ?? [];
  if (name === undefined) throw badValue(`The path '${parts.join('.')}' has an invalid positional part`);
  if (name === '') return holder.map((_, index) => String(index));
  const filter = context.arrayFilters.find((candidate) => filterName(candidate) === name);
  if (filter === undefined) throw badValue(`No array filter found for identifier '${name}' in path '${parts.join('.')}'`);
  const matches = compileFilter(filter);
  return holder.flatMap((element, index) => (matches({ [name]: element }) ? [String(index)] : []));
}
const filterName = (filter: Doc): string => {
  const [key = ''] = Object.keys(filter);
  if (key === '$and' || key === '$or') return filterName((filter[key] as Doc[])[0] ?? {});
  return key.split('.')[0] ?? '';
};

/** Which element of the array at `path` made the filter match: what `$` stands for. */
function positional(_doc: Doc, elements: unknown[], path: string, { filter }: UpdateContext): number {
  const conditions: [string, unknown][] = [];
  const collect = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
      if (key === '$and') (condition as Doc[]).forEach(collect);
      else if (!key.startsWith('$') && (key === path || key.startsWith(`${path}.`)))
        conditions.push([key.slice(path.length + 1), condition]);
    }
  };
  collect(filter);
  for (const [rest, condition] of conditions) {
    const elemMatch =
      isDocument(condition) && '$elemMatch' in condition && rest === '' ? compileElemMatch(condition.$elemMatch) : undefined;
    const [, indexPart] = /^(\d+)(?:\.|$)/.exec(rest) ?? [];
    if (indexPart !== undefined) return Number(indexPart);
    const test = rest === '' ? compileCondition(condition) : undefined;
    const matches = rest === '' ? undefined : compileFilter({ [rest]: condition });
    const found = elements.findIndex((element) =>
      elemMatch !== undefined
        ? elemMatch(element)
        : test !== undefined
          ? test([element])
          : isDocument(element) && matches?.(element) === true,
    );
    if (found >= 0) return found;
  }
  throw badValue('The positional operator did not find the match needed from the query.');
}

export function setPath(doc: Doc, parts: string[], value: unknown): void {
  const [part = '', ...rest] = parts;
  if (rest.length === 0) {
    doc[part] = value;
    return;
  }
  const inner = doc[part];
  if (Array.isArray(inner)) {
    for (const element of inner) if (isDocument(element)) setPath(element, rest, value);
    return;
  }
  if (!isDocument(inner)) doc[part] = {};
  setPath(doc[part] as Doc, rest, value);
}
export function unsetAt(doc: unknown, parts: string[]): void {
  const [part = '', ...rest] = parts;
  if (Array.isArray(doc)) {
    for (const element of doc) unsetAt(element, parts);
    return;
  }
  if (!isDocument(doc)) return;
  if (rest.length === 0) delete doc[part];
  else unsetAt(doc[part], rest);
}

const each =
  (create: boolean, change: (place: Place, value: unknown, path: string) => void) =>
  (path: string): Apply =>
  (doc, context) => {
    for (const place of places(doc, path, create, context)) change(place, read(place), path);
  };

const numericOperand = (operator: string, path: string, operand: unknown) => {
  if (!isNumeric(operand))
    throw typeMismatch(
      `Cannot ${operator === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`,
    );
  return operand;
};
const arithmetic =
  (operator: '$inc' | '$mul') =>
  (path: string, operand: unknown): Apply => {
    const by = numericOperand(operator, path, operand);
    return each(true, (place, value) => {
      if (value === undefined) return write(place, operator === '$inc' ? by : (multiply(by, new Int32(0)) ?? new Int32(0)));
      if (!isNumeric(value))
        throw typeMismatch(
          `Cannot apply ${operator} to a value of non-numeric type. {${path}: ${JSON.stringify(value)}} has the field '${place.key}' of non-numeric type ${typeName(value)}`,
        );
      const result = operator === '$inc' ? add(value, by) : multiply(value, by);
      if (result === undefined)
        throw badValue(`Failed to apply ${operator} operations to current value (${JSON.stringify(value)}): it would overflow`);
      write(place, result);
    })(path);
  };
const extreme = (sign: number) => (path: string, operand: unknown) =>
  each(true, (place, value) => {
    if (value === undefined || compare(operand, value) * sign > 0) write(place, operand);
  })(path);

const arrayAt = (place: Place, value: unknown, operator: string, path: string): unknown[] | undefined => {
  if (value === undefined) return undefined;
  if (!Array.isArray(value))
    throw operator === '$pop'
      ? typeMismatch(`Path '${path}' contains an element of non-array type '${typeName(value)}'`)
      : badValue(`The field '${place.key}' must be an array but is of type ${typeName(value)} in document`);
  return value as unknown[];
};

function push(path: string, operand: unknown): Apply {
  const modifiers = isDocument(operand) && '$each' in operand ? operand : undefined;
  if (modifiers !== undefined) {
    for (const key of Object.keys(modifiers))
      if (!['$each', '$slice', '$sort', '$position'].includes(key)) throw badValue(`Unrecognized clause in $push: ${key}`);
    if (!Array.isArray(modifiers.$each))
      throw badValue(`The argument to $each in $push must be an array but it was of type ${typeName(modifiers.$each)}`);
  }
  const added = modifiers === undefined ? [operand] : (modifiers.$each as unknown[]);
  return each(true, (place, value) => {
    const list = [...(arrayAt(place, value, '$push', path) ?? [])];
    const position = modifiers?.$position === undefined ? list.length : toDouble(modifiers.$position);
    list.splice(position, 0, ...structuredCopy(added));
    if (modifiers?.$sort !== undefined) {
      if (isNumeric(modifiers.$sort)) list.sort((a, b) => compare(a, b) * toDouble(modifiers.$sort));
      else {
        const keys = parseSort(modifiers.$sort);
        list.sort((a, b) => compareByKeys(keys, isDocument(a) ? a : {}, isDocument(b) ? b : {}));
      }
    }
    const slice = modifiers?.$slice === undefined ? undefined : toDouble(modifiers.$slice);
    write(place, slice === undefined ? list : slice < 0 ? list.slice(slice) : list.slice(0, slice));
  })(path);
}

function addToSet(path: string, operand: unknown): Apply {
  const added = isDocument(operand) && '$each' in operand ? operand.$each : [operand];
  if (!Array.isArray(added)) throw typeMismatch('The argument to $each in $addToSet must be an array');
  return each(true, (place, value) => {
    const list = [...(arrayAt(place, value, '$addToSet', path) ?? [])];
    for (const element of added) if (!list.some((other) => equal(other, element))) list.push(structuredCopy(element));
    write(place, list);
  })(path);
}

function pull(path: string, operand: unknown): Apply {
  const plain = isDocument(operand) && Object.keys(operand)[0]?.startsWith('$') !== true ? compileFilter(operand) : undefined;
  const test = plain === undefined ? compileCondition(operand) : undefined;
  return each(false, (place, value) => {
    const list = arrayAt(place, value, '$pull', path);
    if (list === undefined) return;
    write(
      place,
      list.filter((element) => !(plain === undefined ? test?.([element]) === true : isDocument(element) && plain(element))),
    );
  })(path);
}

function bit(path: string, operand: unknown): Apply {
  if (!isDocument(operand)) throw badValue('The $bit modifier is not compatible with this operand');
  return each(true, (place, value) => {
    let result = value === undefined ? new Int32(0) : value;
    for (const [name, by] of Object.entries(operand)) {
      const types = [bsonType(result), bsonType(by)];
      if (types.some((type) => type !== 16 && type !== 18)) throw badValue('Cannot apply $bit to a value of non-integral type');
      const [x, y] = [result, by].map((part) => (bsonType(part) === 18 ? (part as Long).toBigInt() : BigInt(toDouble(part)))) as [
        bigint,
        bigint,
      ];
      const bits = name === 'and' ? x & y : name === 'or' ? x | y : name === 'xor' ? x ^ y : undefined;
      if (bits === undefined) throw badValue(`The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
      result = types.includes(18) ? Long.fromBigInt(BigInt.asIntN(64, bits)) : new Int32(Number(BigInt.asIntN(32, bits)));
    }
    write(place, result);
  })(path);
}

const OPERATORS: Record<string, (path: string, operand: unknown) => Apply> = {
  $set: (path, operand) => each(true, (place) => write(place, structuredCopy(operand)))(path),
  $setOnInsert: (path, operand) => (doc, context) => {
    if (context.inserting) each(true, (place) => write(place, structuredCopy(operand)))(path)(doc, context);
  },
  $unset: (path) =>
    each(false, ({ holder, key }) => {
      if (!Array.isArray(holder)) delete holder[key];
      else if (Number(key) < holder.length) holder[Number(key)] = null;
    })(path),
  $inc: arithmetic('$inc'),
  $mul: arithmetic('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $currentDate: (path, operand) => {
    const type = isDocument(operand) ? operand.$type : 'date';
    if (type !== 'date' && type !== 'timestamp') throw badValue(`The '$type' string field is required to be 'date' or 'timestamp'`);
    return each(true, (place) => write(place, type === 'date' ? new Date() : Timestamp.fromBits(1, Math.floor(Date.now() / 1000))))(path);
  },
  $rename: (path, operand) => {
    if (typeof operand !== 'string') throw badValue(`The 'to' field for $rename must be a string: ${path}`);
    return (doc, context) => {
      const [from] = places(doc, path, false, context);
      const value = from === undefined ? undefined : read(from);
      if (from === undefined || value === undefined) return;
      if (Array.isArray(from.holder)) throw badValue('The source field cannot be an array element');
      delete from.holder[from.key];
      for (const to of places(doc, operand, true, context)) write(to, value);
    };
  },
  $push: push,
  $addToSet: addToSet,
  $pop: (path, operand) => {
    const end = isNumeric(operand) ? toDouble(operand) : 0;
    if (end !== 1 && end !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${JSON.stringify(operand)}`);
    return each(false, (place, value) => {
      const list = arrayAt(place, value, '$pop', path);
      if (list !== undefined) write(place, end === 1 ? list.slice(0, -1) : list.slice(1));
    })(path);
  },
  $pull: pull,
  $pullAll: (path, operand) => {
    if (!Array.isArray(operand)) throw badValue('$pullAll requires an array argument');
    return each(false, (place, value) => {
      const list = arrayAt(place, value, '$pullAll', path);
      if (list !== undefined)
        write(
          place,
          list.filter((element) => !operand.some((other) => equal(other, element))),
        );
    })(path);
  },
  $bit: bit,
};

/** The document an upsert begins with: what the filter fixes by equality. */
export function upsertSeed(filter: Doc): Doc {
  const seed: Doc = {};
  const collect = (part: Doc) => {
    for (const [key, condition] of Object.entries(part)) {
      if (key === '$and') (condition as Doc[]).forEach(collect);
      else if (key.startsWith('$')) continue;
      else if (isDocument(condition) && Object.keys(condition)[0]?.startsWith('$') === true) {
        if ('$eq' in condition) setPath(seed, key.split('.'), condition.$eq);
        else if (Array.isArray(condition.$all) && condition.$all.length === 1) setPath(seed, key.split('.'), condition.$all[0]);
        else if (Array.isArray(condition.$in) && condition.$in.length === 1) setPath(seed, key.split('.'), condition.$in[0]);
      } else if (bsonType(condition) !== 11) setPath(seed, key.split('.'), condition);
    }
  };
  collect(filter);
  return seed;
}
export const sameDocument = (a: Doc, b: Doc) => encode(a).equals(encode(b));

import { Int32 } from 'mongodb';
import type { Doc, Documents } from './documents';
import type { Random } from './random';

export interface Change {
  update: Doc | Doc[];
  arrayFilters?: Doc[];
  /** Joined to the filter, so that `$` has an element to stand for. */
  also?: Doc;
}

/** Updates with every operator, on fields, elements and documents inside arrays. */
export function createUpdates({ int, pick, chance }: Random, { value, scalar, number, condition, rows, grid, numbered }: Documents) {
  const small = (below: number) => new Int32(int(below));
  const field = (): Doc =>
    pick<() => Doc>(
      () => ({ $set: { [pick('a', 'b', 'sub.x', 'sub.z', 'new')]: value() } }),
      () => ({ $set: { [pick('c', 'deep.er.still')]: pick<unknown>(value(), { x: number() }, [number()]) } }),
      () => ({ $inc: { [pick('n', 'b', 'fresh', 'sub.count')]: number() } }),
      () => ({ $mul: { [pick('n', 'fresh')]: small(4) } }),
      () => ({ $min: { [pick('b', 'n', 'a')]: number() } }),
      () => ({ $max: { [pick('b', 'n', 'a')]: number() } }),
      () => ({ $unset: { [pick('a', 'sub.x', 'list', 'rows.0', 'nothing')]: '' } }),
      () => ({ $rename: { [pick('s', 'a')]: pick('renamed', 'sub.s') } }),
      () => ({ $set: { a: scalar() }, $inc: { n: new Int32(1) }, $unset: { c: '' } }),
      () => ({ $bit: { n: { [pick('or', 'xor', 'and')]: new Int32(1 + int(7)) } } }),
      () => ({ $set: { a: scalar() }, $setOnInsert: { made: small(9) } }),
      () => ({ $set: { [pick('m.2', 'm.10', 'm.b')]: number() } }),
      () => ({ $set: { m: numbered() } }),
      () => ({ $set: { grid: grid() } }),
      () => ({ $push: { grid: [small(6)] } }),
      () => ({ $unset: { [pick('m.0', 'm.2')]: '' } }),
    )();
  const array = (): Doc =>
    pick<() => Doc>(
      () => ({ $push: { list: scalar() } }),
      () => ({
        $push: {
          list: {
            $each: [number(), scalar()].slice(int(2)),
            ...(chance(0.4) && { $slice: new Int32(pick(-3, -1, 2)) }),
            ...(chance(0.4) && { $sort: new Int32(pick(1, -1)) }),
            ...(chance(0.4) && { $position: new Int32(pick(-2, 0, 1, 9)) }),
          },
        },
      }),
      () => ({
        $push: {
          rows: {
            $each: [{ k: small(4), v: number() }, ...rows()],
            $sort: { k: pick(1, -1) },
            ...(chance(0.5) && { $slice: new Int32(2) }),
          },
        },
      }),
      () => ({ $addToSet: { list: pick<unknown>(scalar(), { $each: [small(6), small(6), scalar()] }) } }),
      // No number: see the difference on documents that $addToSet compares.
      () => ({ $addToSet: { rows: { k: small(4), v: pick<unknown>('ann', '', null, true) } } }),
      () => ({ $pull: { list: pick<unknown>(small(6), scalar(), { $gte: small(6) }, { $in: [small(6), scalar()] }) } }),
      () => ({ $pull: { rows: pick<Doc>({ k: small(4) }, { k: { $lt: small(4) } }, { k: small(4), v: condition() }) } }),
      () => ({ $pullAll: { list: [small(6), scalar()] } }),
      () => ({ $pop: { [pick('list', 'rows')]: new Int32(pick(1, -1)) } }),
      () => ({ $set: { 'rows.$[].v': number() } }),
      () => ({ $set: { [pick('list.1', 'rows.0.v', 'list.7', 'rows.1.w')]: number() } }),
      () => ({ $inc: { 'rows.$[].k': new Int32(1) } }),
    )();
  const change = (): Change =>
    pick<() => Change>(
      () => ({ update: field() }),
      () => ({ update: field() }),
      () => ({ update: array() }),
      () => ({ update: array() }),
      () => ({ update: { $set: { 'list.$[some]': number() } }, arrayFilters: [{ some: { $gte: small(6) } }] }),
      () => ({ update: { $set: { 'rows.$[row].v': scalar() } }, arrayFilters: [{ 'row.k': pick<unknown>(small(4), { $gt: small(3) }) }] }),
      () => ({ update: { $inc: { 'rows.$[row].k': new Int32(2) } }, arrayFilters: [{ 'row.k': { $lt: small(4) } }] }),
      () => ({
        update: { $set: { 'list.$': scalar() } },
        also: { list: pick<unknown>(small(6), { $gt: small(5) }, { $elemMatch: { $lt: small(6) } }) },
      }),
      () => ({ update: { $set: { 'rows.$.v': scalar() } }, also: { 'rows.k': small(4) } }),
      () => ({ update: { $set: { 'rows.$.k': small(9), 'rows.$.v': scalar() } }, also: { 'rows.k': small(4) } }),
      () => ({ update: { $set: { 'rows.$.k': small(9) }, $unset: { 'rows.$.v': '' } }, also: { 'rows.k': small(4) } }),
      () => ({
        update: { $inc: { 'rows.$.k': small(9) }, $set: { a: scalar() } },
        also: { rows: { $elemMatch: { k: { $gte: small(4) } } } },
      }),
      () => ({
        update: { $set: { 'rows.$[row].k': small(9), 'rows.$[row].v': scalar() } },
        arrayFilters: [{ 'row.k': pick<unknown>(small(4), { $gt: small(3) }) }],
      }),
      () => ({
        update: { $inc: { 'rows.$[row].k': small(9) }, $unset: { 'rows.$[row].v': '' } },
        arrayFilters: [{ 'row.k': { $lt: small(4) } }],
      }),
      () => ({ update: { $unset: { 'rows.$.v': '' } }, also: { rows: { $elemMatch: { k: { $gte: small(4) } } } } }),
      () => ({ update: [{ $set: { total: { $add: [{ $ifNull: ['$n', new Int32(0)] }, new Int32(1)] } } }] }),
      () => ({
        update: [
          { $set: { 'sub.y': '$a', list: { $concatArrays: [{ $ifNull: ['$list', []] }, [small(5)]] } } },
          { $unset: pick('c', 'sub.x') },
        ],
      }),
      () => ({ update: [{ $replaceWith: { $mergeObjects: ['$$ROOT', { a: scalar() }] } }] }),
    )();
  const replacement = (): Doc => ({ a: scalar(), n: small(10), ...(chance(0.5) && { list: [scalar(), number()] }) });
  return { change, replacement };
}

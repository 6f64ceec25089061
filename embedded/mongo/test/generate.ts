import { Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import type { Random } from './random';

export type Doc = Record<string, unknown>;
const FIELDS = ['a', 'b', 'c', 'n', 's', 'list', 'sub.x', 'sub.y', 'rows.k', 'rows.v'];

/** Values, filters, updates and pipelines over one small vocabulary, so that they meet each other. */
export function createGenerator(random: Random) {
  const { int, pick, chance } = random;
  const number = (): unknown =>
    pick<() => unknown>(
      () => new Int32(int(6)),
      () => new Int32(int(6)),
      () => new Double(int(12) / 2),
      () => Long.fromNumber(int(6)),
      () => Long.fromString(`90071992547409${int(90) + 10}`),
      () => Decimal128.fromString(String(int(6))),
      () => new Int32(-int(4)),
    )();
  const scalar = (): unknown =>
    pick<() => unknown>(
      number,
      number,
      () => pick('ann', 'ben', 'Cid', 'dör', '', 'ann b'),
      () => null,
      () => chance(0.5),
      () => new Date(1_700_000_000_000 + int(5) * 1000),
      () => new ObjectId(`65a0000000000000000000${(int(5) + 10).toString()}`),
    )();
  const value = (depth = 0): unknown => {
    const kind = int(10);
    if (depth < 2 && kind === 0) return Array.from({ length: 1 + int(3) }, () => scalar());
    if (depth < 2 && kind === 1) return { x: scalar(), y: value(depth + 1) };
    return scalar();
  };
  const rows = () => Array.from({ length: int(4) }, () => ({ k: new Int32(int(4)), v: scalar() }));
  const document = (id: number): Doc => ({
    _id: new Int32(id),
    ...(chance(0.9) && { a: scalar() }),
    ...(chance(0.8) && { b: number() }),
    ...(chance(0.6) && { c: value() }),
    ...(chance(0.8) && { n: new Int32(int(10)) }),
    ...(chance(0.7) && { s: pick('ann', 'ben', 'cid', 'Ann', '') }),
    ...(chance(0.7) && { list: Array.from({ length: int(5) }, () => (chance(0.8) ? new Int32(int(6)) : scalar())) }),
    ...(chance(0.6) && { sub: { x: scalar(), ...(chance(0.6) && { y: scalar() }) } }),
    ...(chance(0.6) && { rows: rows() }),
  });

  const condition = (): unknown =>
    pick<() => unknown>(
      scalar,
      scalar,
      () => ({ $gt: scalar() }),
      () => ({ $gte: number(), $lt: number() }),
      () => ({ $lte: scalar() }),
      () => ({ $ne: scalar() }),
      () => ({ $in: [scalar(), scalar(), scalar()] }),
      () => ({ $nin: [scalar(), scalar()] }),
      () => ({ $exists: chance(0.5) }),
      () => ({ $type: pick('number', 'string', 'array', 'object', 'null', 'date', 'int', 'long', 'double', 'bool') }),
      () => ({ $size: new Int32(int(4)) }),
      () => ({ $all: [new Int32(int(6)), new Int32(int(6))] }),
      () => ({ $elemMatch: { $gte: new Int32(int(4)), $lt: new Int32(int(6) + 1) } }),
      () => ({ $not: { $gt: number() } }),
      () => ({ $mod: [new Int32(int(3) + 2), new Int32(int(2))] }),
      () => ({ $regex: pick('^a', 'n', 'B', '^$'), $options: pick('', 'i') }),
    )();
  const filter = (depth = 0): Doc => {
    const kind = int(12);
    if (depth < 2 && kind === 0) return { $or: [filter(depth + 1), filter(depth + 1)] };
    if (depth < 2 && kind === 1) return { $and: [filter(depth + 1), filter(depth + 1)] };
    if (depth < 2 && kind === 2) return { $nor: [filter(depth + 1)] };
    if (kind === 3) return { rows: { $elemMatch: { k: new Int32(int(4)), v: condition() } } };
    if (kind === 4) return { _id: pick<unknown>(new Int32(int(30)), { $in: [new Int32(int(30)), new Int32(int(30))] }) };
    if (kind === 5) return { $expr: { [pick('$gt', '$eq', '$gte')]: [`$${pick('n', 'b')}`, number()] } };
    return Object.fromEntries(
      Array.from({ length: 1 + int(2) }, () => {
        const field = pick(...FIELDS);
        const wanted = condition();
        // The other server crashes on $elemMatch under the second key of a compound index.
        return [field === 'n' && (wanted as Doc | null)?.$elemMatch !== undefined ? 'list' : field, wanted];
      }),
    );
  };
  const sort = (): Doc => ({
    ...Object.fromEntries(Array.from({ length: int(3) }, () => [pick('a', 'b', 'n', 's', 'sub.x'), pick(1, -1)])),
    _id: pick(1, -1),
  });
  const update = (): Doc | Doc[] =>
    pick<() => Doc | Doc[]>(
      () => ({ $set: { [pick('a', 'b', 'sub.x', 'sub.z', 'new')]: value() } }),
      () => ({ $inc: { [pick('n', 'b', 'fresh')]: number() } }),
      () => ({ $mul: { n: new Int32(int(4)) } }),
      () => ({ $min: { [pick('b', 'n')]: number() } }),
      () => ({ $max: { [pick('b', 'n')]: number() } }),
      () => ({ $unset: { [pick('a', 'sub.x', 'list')]: '' } }),
      () => ({ $rename: { s: pick('renamed', 'sub.s') } }),
      () => ({ $push: { list: scalar() } }),
      () => ({
        $push: {
          list: { $each: [number(), scalar()], ...(chance(0.5) && { $slice: pick(-3, 2) }), ...(chance(0.5) && { $sort: pick(1, -1) }) },
        },
      }),
      () => ({ $addToSet: { list: { $each: [new Int32(int(6)), new Int32(int(6)), scalar()] } } }),
      () => ({ $pull: { list: pick<unknown>(new Int32(int(6)), { $gte: new Int32(int(6)) }) } }),
      () => ({ $pull: { rows: { k: new Int32(int(4)) } } }),
      () => ({ $pullAll: { list: [new Int32(int(6)), scalar()] } }),
      () => ({ $pop: { list: pick(1, -1) } }),
      () => ({ $set: { 'rows.$[].v': number() } }),
      () => ({ $set: { 'list.1': number() } }),
      () => ({ $set: { a: scalar() }, $inc: { n: new Int32(1) }, $unset: { c: '' } }),
      () => ({ $bit: { n: { [pick('or', 'xor')]: new Int32(1 + int(7)) } } }),
      () => [{ $set: { total: { $add: [{ $ifNull: ['$n', new Int32(0)] }, new Int32(1)] } } }],
    )();
  /** Over `_id`, whose type never varies: which of two equal numbers of different types wins is nobody's promise. */
  const accumulator = () => pick<Doc>({ $sum: '$_id' }, { $sum: 1 }, { $min: '$_id' }, { $max: '$_id' }, { $avg: '$_id' });
  const stage = (): Doc =>
    pick<() => Doc>(
      () => ({ $match: filter() }),
      () => ({ $skip: int(5) }),
      () => ({ $limit: 1 + int(15) }),
      () => ({ $project: pick<Doc>({ a: 1, n: 1 }, { list: 0, rows: 0 }, { n: 1, twice: { $multiply: ['$n', new Int32(2)] } }) }),
      () => ({ $addFields: { big: { $cond: [{ $gt: ['$n', new Int32(int(8))] }, 'yes', 'no'] } } }),
      () => ({ $unwind: pick<unknown>('$list', { path: '$rows', preserveNullAndEmptyArrays: true }) }),
    )();
  /** Sorted by `_id` first, so that the order of what follows is defined. */
  const pipeline = (): Doc[] => {
    const stages: Doc[] = [{ $sort: { _id: 1 } }, ...Array.from({ length: int(4) }, stage)];
    if (chance(0.3)) stages.push({ $group: { _id: '$s', value: accumulator() } }, { $sort: { _id: 1 } });
    return stages;
  };
  return { document, filter, sort, update, pipeline, value, scalar };
}

import { Decimal128, Double, Int32, Long, ObjectId } from 'mongodb';
import type { Random } from './random';

export type Doc = Record<string, any>;
const FIELDS = ['a', 'b', 'c', 'n', 's', 'list', 'sub.x', 'sub.y', 'rows.k', 'rows.v', 'm.2', 'm.b', 'grid', 'grid.0'];

/** Documents and filters over one small vocabulary, so that they meet each other. */
export function createDocuments(random: Random) {
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
  /** Arrays inside an array. */
  const grid = () =>
    Array.from({ length: int(3) }, () => (chance(0.8) ? Array.from({ length: int(3) }, () => new Int32(int(6))) : new Int32(int(6))));
  /** Names that JavaScript objects would move to the front. */
  const numbered = () =>
    new Map<string, unknown>([
      ['b', new Int32(int(6))],
      ['2', scalar()],
      ...(chance(0.5) ? [['0', new Int32(int(6))] as [string, unknown]] : []),
    ]);
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
    ...(chance(0.4) && { grid: grid() }),
    ...(chance(0.4) && { m: numbered() }),
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
    if (kind === 6)
      return {
        grid: pick<() => unknown>(
          () => ({ $elemMatch: { $elemMatch: { $gte: new Int32(int(6)) } } }),
          () => ({ $elemMatch: { $gt: new Int32(int(6)) } }),
          () => [new Int32(int(6)), new Int32(int(6))],
          () => ({ $elemMatch: { $exists: true } }),
        )(),
      };
    if (kind === 7) return { m: numbered() };
    if (kind === 5) return { $expr: { [pick('$gt', '$eq', '$gte')]: [`$${pick('n', 'b')}`, number()] } };
    return Object.fromEntries(
      Array.from({ length: 1 + int(2) }, () => {
        const field = pick(...FIELDS);
        const wanted = condition();
        return [field, wanted];
      }),
    );
  };
  const sort = (): Doc => ({
    ...Object.fromEntries(Array.from({ length: int(3) }, () => [pick('a', 'b', 'n', 's', 'sub.x'), pick(1, -1)])),
    _id: pick(1, -1),
  });
  return { document, filter, sort, value, scalar, number, condition, rows, grid, numbered };
}
export type Documents = ReturnType<typeof createDocuments>;

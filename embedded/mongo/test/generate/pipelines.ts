import { Int32 } from 'mongodb';
import type { Doc, Documents } from './documents';
import type { Random } from './random';

/** Between a stage that removes fields and the next; see differences.ts. */
const BARRIER = { $limit: 1_000_000 };
const removes = (stage: Doc) => '$unset' in stage || stage.$project?.list === 0;

/** Pipelines whose result has a defined order: sorted by `_id` in front, groups sorted behind. */
export function createPipelines({ int, pick, chance }: Random, { filter, number, scalar }: Documents) {
  const small = (below: number) => new Int32(int(below));
  /**
   * Over whole numbers that are there: what MongoDB says to other types differs from operator to
   * operator and is tested by hand.
   */
  const whole = (): unknown => pick<unknown>({ $ifNull: ['$n', small(5)] }, '$_id', small(9));
  const list = { $cond: [{ $isArray: '$list' }, '$list', []] };
  const expression = (depth = 0): unknown =>
    pick<() => unknown>(
      whole,
      () => ({ $add: [whole(), whole()] }),
      () => ({ $subtract: [whole(), whole()] }),
      () => ({ $multiply: [whole(), number()] }),
      () => ({ $mod: [whole(), new Int32(1 + int(5))] }),
      () => ({ $abs: { $subtract: [whole(), small(9)] } }),
      () => ({ $cond: [{ $gt: [whole(), whole()] }, 'yes', depth < 2 ? expression(depth + 1) : 'no'] }),
      () => ({ $ifNull: [pick('$a', '$sub.x', '$missing'), scalar()] }),
      () => ({ $switch: { branches: [{ case: { $lt: [whole(), small(9)] }, then: 'low' }], default: 'high' } }),
      () => ({ $concat: ['<', { $ifNull: ['$s', '?'] }, '>'] }),
      () => ({ $toUpper: { $ifNull: ['$s', ''] } }),
      () => ({ $substrCP: [{ $ifNull: ['$s', 'empty'] }, 1, 2] }),
      () => ({ $strLenCP: { $ifNull: ['$s', ''] } }),
      () => ({ $size: list }),
      () => ({ $slice: [list, pick(1, -2, 3)] }),
      () => ({ $arrayElemAt: [list, pick(0, 1, -1)] }),
      () => ({ $reverseArray: list }),
      () => ({ $concatArrays: [list, [small(3)]] }),
      () => ({ $in: [small(6), list] }),
      () => ({ $filter: { input: list, as: 'one', cond: { $gte: ['$$one', small(6)] } } }),
      () => ({ $map: { input: list, as: 'one', in: { value: '$$one' } } }),
      () => ({ $reduce: { input: [whole(), whole()], initialValue: new Int32(0), in: { $add: ['$$value', '$$this'] } } }),
      () => ({ $let: { vars: { x: whole() }, in: { $multiply: ['$$x', new Int32(2)] } } }),
      () => ({ $type: pick('$a', '$b', '$missing', '$list') }),
      () => ({ $eq: ['$a', scalar()] }),
      () => ({ $and: [{ $gt: [whole(), small(5)] }, pick<unknown>('$a', '$missing', true)] }),
      () => ({ $min: [whole(), whole()] }),
      () => ({ $max: [whole(), whole(), null] }),
      () => ({ $dateToString: { date: new Date(1_700_000_000_000 + int(1e9)), format: '%Y-%m-%d %H:%M:%S' } }),
      () => ({ $size: { $setUnion: [[small(4), small(4)], [small(4)]] } }),
      () => ({ $range: [0, whole(), 2] }),
      () => ({ $toInt: whole() }),
      () => ({ $toString: whole() }),
      () => ({ $mergeObjects: [{ p: whole() }, { q: '$s' }] }),
      () => '$rows.k',
      () => '$sub.x',
    )();
  /**
   * Over `_id`, whose type never varies: which of two equal numbers of different types wins is
   * no one's promise.
   */
  const accumulator = () =>
    pick<Doc>(
      { $sum: '$_id' },
      { $sum: new Int32(1) },
      { $sum: '$n' },
      { $min: '$_id' },
      { $max: '$_id' },
      { $avg: '$_id' },
      { $count: {} },
    );
  const groupBy = () => pick<unknown>('$s', { s: '$s', n: '$n' }, null, { $mod: ['$_id', new Int32(3)] }, '$n');
  /**
   * Expressions that MongoDB does not take: fields that are misspelt or missing, operands of a
   * wrong number or kind.
   */
  const malformed = (): unknown =>
    pick<unknown>(
      { $cond: { if: true, then: 1 } },
      { $cond: [true, 1] },
      { $map: { input: list, inn: 1 } },
      { $map: { input: list, in: 1, extra: 1 } },
      { $filter: { input: list, as: 'one', condition: true } },
      { $reduce: { input: list, initial: 0, in: 1 } },
      { $switch: { branches: [{ cas: true, then: 1 }] } },
      { $let: { vars: { X: 1 }, in: 1 } },
      { $ifNull: ['$n'] },
      { $eq: ['$n'] },
      { $not: ['$n', 1] },
      { $dateToString: { dat: new Date(0) } },
      { $year: { date: new Date(0), zone: 'UTC' } },
      { $frobnicate: 1 },
      { $add: [1], $subtract: [2, 1] },
      '$$undefined',
    );
  const stage = (): Doc =>
    pick<() => Doc>(
      () => ({ $match: filter() }),
      () => ({ $match: filter() }),
      () => ({ $skip: int(5) }),
      () => ({ $limit: 1 + int(15) }),
      () => ({
        $project: pick<Doc>(
          { a: 1, n: 1 },
          { list: 0, rows: 0 },
          // Not a bare number: see the difference on stages that no document reaches.
          { n: 1, twice: { $ifNull: [expression(), null] } },
          { _id: 0, 'rows.k': 1 },
          { _id: 1, sub: { x: 1 } },
        ),
      }),
      () => ({ [pick('$set', '$addFields')]: { [pick('e', 'sub.e', 'grown.path')]: expression() } }),
      // `n` stays a number: see the difference on fields that no later stage reads.
      () => ({ [pick('$set', '$addFields')]: { n: { $add: [whole(), whole()] } } }),
      () => ({ $set: { nested: { one: expression(), two: expression() } } }),
      () => ({ $unset: pick<unknown>('a', ['c', 'list']) }),
      () => ({
        $unwind: pick<unknown>('$list', { path: '$rows', preserveNullAndEmptyArrays: true }, { path: '$list', includeArrayIndex: 'at' }),
      }),
      () => ({
        $lookup: {
          from: 'others',
          localField: pick('n', 'list', 'rows.k', 'missing'),
          foreignField: pick('k', 'tags'),
          pipeline: [{ $sort: { _id: 1 } }],
          as: pick('found', 'sub.found'),
        },
      }),
      () => ({ $replaceRoot: { newRoot: { _id: '$_id', n: '$n', whole: { $ifNull: ['$sub', {}] } } } }),
    )();
  /** Sorted again: a join need not keep the order. */
  const correlated = (): Doc[] => [
    {
      $lookup: {
        from: 'others',
        let: { mine: { $ifNull: ['$n', small(9)] } },
        pipeline: [{ $match: { $expr: { $eq: ['$k', '$$mine'] } } }, { $project: { tags: 0 } }, { $sort: { _id: 1 } }],
        as: 'found',
      },
    },
    { $sort: { _id: 1 } },
  ];
  const end = (): Doc[] =>
    pick<() => Doc[]>(
      () => [{ $group: { _id: groupBy(), value: accumulator() } }, { $sort: { _id: 1 } }],
      () => [
        { $group: { _id: groupBy(), value: accumulator(), other: accumulator() } },
        { $match: { value: { $exists: true } } },
        { $sort: { _id: -1 } },
      ],
      () => [{ $sortByCount: '$s' }, { $sort: { count: -1, _id: 1 } }],
      () => [{ $count: 'n' }, { $match: { n: { $gt: 0 } } }],
      () => [
        {
          $facet: {
            few: [{ $limit: 2 }, { $project: { _id: 1, few: { $literal: 1 } } }],
            ids: [{ $match: { n: { $gte: 5 } } }, { $group: { _id: null, n: { $sum: 1 } } }],
          },
        },
      ],
      () => [
        {
          $bucket: {
            groupBy: '$_id',
            boundaries: [0, 5, 20],
            default: 'rest',
            output: { n: { $sum: new Int32(1) }, top: { $max: '$_id' } },
          },
        },
        { $sort: { _id: 1 } },
      ],
    )();
  return {
    malformed,
    pipeline: (): Doc[] => [
      ...(chance(0.4) ? [{ $match: filter() }] : []),
      { $sort: { _id: 1 } },
      ...(chance(0.15) ? correlated() : []),
      ...Array.from({ length: int(4) }, stage).flatMap((one) => (removes(one) ? [one, BARRIER] : [one])),
      ...(chance(0.35) ? end() : []),
    ],
    expression,
  };
}

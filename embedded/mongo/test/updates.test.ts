import { describeServers, freshCollection } from './servers';

type Doc = Record<string, any>;
/** What an update makes of a document; MongoDB's code for it where it is refused. */
interface Case {
  name: string;
  before: Doc;
  filter?: Doc;
  update: Doc | Doc[];
  arrayFilters?: Doc[];
  after: Doc | number;
}
const list = (...values: unknown[]) => ({ list: values });

const CASES: Case[] = [
  { name: '$push adds at the end, and makes the array', before: {}, update: { $push: { list: 1 } }, after: list(1) },
  {
    name: '$push with $each and $position',
    before: list(1, 2),
    update: { $push: { list: { $each: [8, 9], $position: 1 } } },
    after: list(1, 8, 9, 2),
  },
  {
    name: '$push with a negative $position counts from the end',
    before: list(1, 2, 3),
    update: { $push: { list: { $each: [9], $position: -1 } } },
    after: list(1, 2, 9, 3),
  },
  {
    name: '$push with $sort and $slice keeps the greatest',
    before: list(5, 1),
    update: { $push: { list: { $each: [4, 9], $sort: 1, $slice: -3 } } },
    after: list(4, 5, 9),
  },
  {
    name: '$push sorts documents by their fields',
    before: list({ k: 2 }, { k: 1 }),
    update: { $push: { list: { $each: [{ k: 3 }], $sort: { k: -1 }, $slice: 2 } } },
    after: list({ k: 3 }, { k: 2 }),
  },
  { name: '$push with $slice 0 empties', before: list(1), update: { $push: { list: { $each: [2], $slice: 0 } } }, after: list() },
  { name: '$push to what is no array', before: { list: 'text' }, update: { $push: { list: 1 } }, after: 2 },
  { name: '$push with an unknown clause', before: list(), update: { $push: { list: { $each: [1], $sometimes: 1 } } }, after: 2 },
  {
    name: '$addToSet leaves out what is there, as a number or a document',
    before: list(1, { a: 1 }),
    update: { $addToSet: { list: { $each: [1, 2, 2, { a: 1 }] } } },
    after: list(1, { a: 1 }, 2),
  },
  { name: '$addToSet adds an array as one element', before: list(1), update: { $addToSet: { list: [1] } }, after: list(1, [1]) },
  { name: '$pull by value', before: list(1, 2, 1), update: { $pull: { list: 1 } }, after: list(2) },
  { name: '$pull by condition', before: list(1, 5, 9), update: { $pull: { list: { $gte: 5 } } }, after: list(1) },
  {
    name: '$pull by fields of the elements',
    before: list({ k: 1, v: 1 }, { k: 1, v: 2 }),
    update: { $pull: { list: { k: 1, v: { $lt: 2 } } } },
    after: list({ k: 1, v: 2 }),
  },
  { name: '$pull does not look into inner arrays', before: list([1, 2], 1), update: { $pull: { list: 1 } }, after: list([1, 2]) },
  { name: '$pullAll', before: list(1, 2, 3, 2), update: { $pullAll: { list: [2, 3] } }, after: list(1) },
  { name: '$pop takes the last', before: list(1, 2, 3), update: { $pop: { list: 1 } }, after: list(1, 2) },
  { name: '$pop takes the first', before: list(1, 2, 3), update: { $pop: { list: -1 } }, after: list(2, 3) },
  { name: '$pop of what is no array', before: { list: 1 }, update: { $pop: { list: 1 } }, after: 14 },
  {
    name: '$ is the element that matched',
    before: list(1, 5, 9),
    filter: { list: { $gt: 4 } },
    update: { $set: { 'list.$': 0 } },
    after: list(1, 0, 9),
  },
  {
    name: '$ leads to fields of the element',
    before: list({ k: 1 }, { k: 2 }),
    filter: { 'list.k': 2 },
    update: { $set: { 'list.$.v': 'x' } },
    after: list({ k: 1 }, { k: 2, v: 'x' }),
  },
  {
    name: '$ with $elemMatch',
    before: list({ k: 1, v: 9 }, { k: 2, v: 9 }),
    filter: { list: { $elemMatch: { k: { $gt: 1 }, v: 9 } } },
    update: { $inc: { 'list.$.v': 1 } },
    after: list({ k: 1, v: 9 }, { k: 2, v: 10 }),
  },
  { name: '$ without an array in the filter', before: list(1), update: { $set: { 'list.$': 0 } }, after: 2 },
  {
    name: '$[] is every element',
    before: list({ v: 1 }, { v: 2 }),
    update: { $inc: { 'list.$[].v': 10 } },
    after: list({ v: 11 }, { v: 12 }),
  },
  {
    name: '$[name] is those of its filter',
    before: list(1, 5, 9),
    update: { $set: { 'list.$[big]': 0 } },
    arrayFilters: [{ big: { $gte: 5 } }],
    after: list(1, 0, 0),
  },
  {
    name: '$[name] within $[name]',
    before: {
      rows: [
        { k: 1, cells: [1, 2] },
        { k: 2, cells: [1, 2] },
      ],
    },
    update: { $set: { 'rows.$[row].cells.$[cell]': 0 } },
    arrayFilters: [{ 'row.k': 2 }, { cell: { $gt: 1 } }],
    after: {
      rows: [
        { k: 1, cells: [1, 2] },
        { k: 2, cells: [1, 0] },
      ],
    },
  },
  { name: '$[name] without its filter', before: list(1), update: { $set: { 'list.$[x]': 0 } }, after: 2 },
  { name: 'an array filter that no path names', before: list(1), update: { $set: { a: 0 } }, arrayFilters: [{ x: 1 }], after: 9 },
  {
    name: 'two array filters of one name',
    before: list(1),
    update: { $set: { 'list.$[x]': 0 } },
    arrayFilters: [{ x: 1 }, { x: 2 }],
    after: 9,
  },
  {
    name: '$set fills the gap up to an index with null',
    before: list(1),
    update: { $set: { 'list.3': 4 } },
    after: list(1, null, null, 4),
  },
  { name: '$unset leaves null in an array', before: list(1, 2), update: { $unset: { 'list.0': '' } }, after: list(null, 2) },
  { name: '$set makes documents on its way', before: {}, update: { $set: { 'a.b.c': 1 } }, after: { a: { b: { c: 1 } } } },
  { name: '$set does not go through a scalar', before: { a: 1 }, update: { $set: { 'a.b': 1 } }, after: 28 },
  { name: '$rename', before: { a: 1, sub: {} }, update: { $rename: { a: 'sub.b' } }, after: { sub: { b: 1 } } },
  { name: '$rename to itself', before: { a: 1 }, update: { $rename: { a: 'a' } }, after: 2 },
  {
    name: '$min and $max across types',
    before: { a: 5, b: 5 },
    update: { $min: { a: 3 }, $max: { b: 'text' } },
    after: { a: 3, b: 'text' },
  },
  { name: '$mul of nothing is 0', before: {}, update: { $mul: { n: 7 } }, after: { n: 0 } },
  { name: '$bit', before: { n: 12 }, update: { $bit: { n: { and: 10 } } }, after: { n: 8 } },
  {
    name: 'a pipeline reads what is there',
    before: { a: 2 },
    update: [{ $set: { b: { $multiply: ['$a', 3] } } }, { $unset: 'a' }],
    after: { b: 6 },
  },
  { name: 'a pipeline merges documents', before: { sub: { x: 1 } }, update: [{ $set: { sub: { y: 2 } } }], after: { sub: { x: 1, y: 2 } } },
  { name: 'a stage that may not stand in an update', before: {}, update: [{ $match: {} }], after: 72 },
  { name: 'an unknown operator', before: {}, update: { $enlarge: { a: 1 } }, after: 9 },
];

describeServers('Update operators', (server, kind) => {
  test.each(CASES)('$name', async ({ before, filter = {}, update, arrayFilters, after }) => {
    const things = freshCollection(server());
    await things.insertOne({ _id: 1, ...before });
    const updating = things.updateOne({ _id: 1, ...filter }, update, { ...(arrayFilters && { arrayFilters }) });
    if (typeof after === 'number') {
      // The other server refuses as well, not always under the same number.
      await expect(updating).rejects.toMatchObject({ code: kind === 'embedded' ? after : expect.any(Number) });
      expect(await things.findOne()).toEqual({ _id: 1, ...before });
    } else {
      await updating;
      expect(await things.findOne()).toEqual({ _id: 1, ...after });
    }
  });
});

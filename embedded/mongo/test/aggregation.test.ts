import { Decimal128, Long } from 'mongodb';
import { describeServers, freshCollection } from './servers';

type Doc = Record<string, any>;
const POSTS: Doc[] = [
  { _id: 1, author: 'ann', likes: 3, tags: ['a', 'b'], at: new Date('2026-01-05T10:00:00Z') },
  { _id: 2, author: 'ben', likes: 5, tags: ['b'], at: new Date('2026-01-06T10:00:00Z') },
  { _id: 3, author: 'ann', likes: 4, tags: [], at: new Date('2026-02-01T10:00:00Z') },
  { _id: 4, author: 'eve', likes: 0 },
];

describeServers('Aggregation', (server) => {
  const run = async (pipeline: Doc[]) => {
    const posts = freshCollection(server());
    await posts.insertMany(POSTS.map((post) => ({ ...post })));
    return posts.aggregate(pipeline).toArray();
  };
  test.each<[string, Doc[], Doc[]]>([
    [
      '$group sums',
      [
        { $group: { _id: '$author', likes: { $sum: '$likes' }, n: { $sum: 1 }, most: { $max: '$likes' }, mean: { $avg: '$likes' } } },
        { $sort: { likes: -1 } },
      ],
      [
        { _id: 'ann', likes: 7, n: 2, most: 4, mean: 3.5 },
        { _id: 'ben', likes: 5, n: 1, most: 5, mean: 5 },
        { _id: 'eve', likes: 0, n: 1, most: 0, mean: 0 },
      ],
    ],
    ['$group of everything', [{ $group: { _id: null, n: { $count: {} }, least: { $min: '$likes' } } }], [{ _id: null, n: 4, least: 0 }]],
    [
      '$unwind leaves out what is empty',
      [{ $unwind: '$tags' }, { $sort: { _id: 1, tags: 1 } }, { $project: { tags: 1 } }],
      [
        { _id: 1, tags: 'a' },
        { _id: 1, tags: 'b' },
        { _id: 2, tags: 'b' },
      ],
    ],
    [
      '$unwind keeps it if asked',
      [
        { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } },
        { $match: { _id: { $gt: 2 } } },
        { $sort: { _id: 1 } },
        { $project: { tags: 1 } },
      ],
      [{ _id: 3 }, { _id: 4 }],
    ],
    [
      'fields of any name are set, read and removed',
      [
        { $match: { _id: 4 } },
        { $replaceWith: { $setField: { field: 'a.b', input: '$$ROOT', value: '$likes' } } },
        { $replaceWith: { $setField: { field: { $literal: '$c' }, input: '$$ROOT', value: 1 } } },
        { $set: { sum: { $add: [{ $getField: 'a.b' }, { $getField: { $literal: '$c' } }] } } },
        { $replaceWith: { $unsetField: { field: 'author', input: '$$ROOT' } } },
        { $replaceWith: { $setField: { field: 'likes', input: '$$ROOT', value: '$$REMOVE' } } },
      ],
      [{ _id: 4, 'a.b': 0, $c: 1, sum: 1 }],
    ],
    [
      '$project computes',
      [
        { $match: { _id: 1 } },
        { $project: { _id: 0, who: { $toUpper: '$author' }, first: { $arrayElemAt: ['$tags', 0] }, n: { $size: '$tags' } } },
      ],
      [{ who: 'ANN', first: 'a', n: 2 }],
    ],
    [
      '$set and $unset',
      [{ $match: { _id: 4 } }, { $set: { 'stats.likes': '$likes', hot: { $gt: ['$likes', 3] } } }, { $unset: ['likes', 'author'] }],
      [{ _id: 4, stats: { likes: 0 }, hot: false }],
    ],
    [
      '$sort, $skip and $limit in their order',
      [{ $sort: { likes: -1 } }, { $skip: 1 }, { $limit: 2 }, { $project: { _id: 1 } }],
      [{ _id: 3 }, { _id: 1 }],
    ],
    ['$limit before $skip', [{ $sort: { likes: -1 } }, { $limit: 2 }, { $skip: 1 }, { $project: { _id: 1 } }], [{ _id: 3 }]],
    [
      '$match behind $limit sees what is left',
      [{ $sort: { _id: 1 } }, { $limit: 2 }, { $match: { author: 'ben' } }, { $project: { _id: 1 } }],
      [{ _id: 2 }],
    ],
    ['$sortByCount', [{ $sortByCount: '$author' }, { $limit: 1 }], [{ _id: 'ann', count: 2 }]],
    ['$count', [{ $match: { likes: { $gte: 3 } } }, { $count: 'hot' }], [{ hot: 3 }]],
    [
      '$bucket',
      [{ $bucket: { groupBy: '$likes', boundaries: [0, 1, 4], default: 'many' } }, { $sort: { _id: 1 } }],
      [
        { _id: 0, count: 1 },
        { _id: 1, count: 1 },
        { _id: 'many', count: 2 },
      ],
    ],
    [
      '$facet',
      [{ $facet: { top: [{ $sort: { likes: -1 } }, { $limit: 1 }, { $project: { _id: 1 } }], n: [{ $count: 'n' }] } }],
      [{ top: [{ _id: 2 }], n: [{ n: 4 }] }],
    ],
    [
      '$replaceRoot',
      [{ $match: { _id: 2 } }, { $replaceRoot: { newRoot: { id: '$_id', tag: { $first: '$tags' } } } }],
      [{ id: 2, tag: 'b' }],
    ],
    [
      'dates as text',
      [
        { $match: { _id: 1 } },
        { $project: { _id: 0, day: { $dateToString: { date: '$at', format: '%Y-%m-%d' } }, month: { $month: '$at' } } },
      ],
      [{ day: '2026-01-05', month: 1 }],
    ],
    [
      'missing is not null in an expression',
      [{ $sort: { _id: 1 } }, { $project: { none: { $eq: ['$at', null] }, kind: { $type: '$at' } } }, { $skip: 3 }],
      [{ _id: 4, none: false, kind: 'missing' }],
    ],
  ])('%s', async (_, pipeline, expected) => {
    expect(await run(pipeline)).toEqual(expected);
  });

  test('when $lookup joins by a field, then arrays join by each element, nothing joins with nothing, and an index answers', async () => {
    const [posts, people] = [freshCollection(server()), freshCollection(server())];
    await posts.insertMany([{ _id: 1, by: ['ann', 'ben'] }, { _id: 2, by: 'ben' }, { _id: 3 }]);
    await people.insertMany([{ _id: 10, name: 'ann' }, { _id: 11, name: 'ben' }, { _id: 12 }]);
    await people.createIndex({ name: 1 });
    const joined = await posts
      .aggregate([{ $lookup: { from: people.collectionName, localField: 'by', foreignField: 'name', as: 'who' } }, { $sort: { _id: 1 } }])
      .toArray();
    expect(joined.map(({ who }) => who.map(({ _id }: Doc) => _id).sort())).toEqual([[10, 11], [11], [12]]);
    const correlated = await posts
      .aggregate([
        { $match: { _id: 2 } },
        {
          $lookup: {
            from: people.collectionName,
            let: { name: '$by' },
            pipeline: [{ $match: { $expr: { $eq: ['$name', '$$name'] } } }, { $project: { _id: 0, hello: '$$name' } }],
            as: 'who',
          },
        },
      ])
      .toArray();
    expect(correlated).toEqual([{ _id: 2, by: 'ben', who: [{ hello: 'ben' }] }]);
  });

  test('when $graphLookup follows references, then each document is reached once, with its depth, up to the greatest', async () => {
    const people = freshCollection(server());
    await people.insertMany([
      { _id: 1, name: 'ann', at: [{ boss: 'eve' }] },
      { _id: 2, name: 'ben', at: [{ boss: 'ann' }, { boss: 'eve' }] },
      { _id: 3, name: 'cid', at: [{ boss: 'ben' }] },
      { _id: 4, name: 'eve', at: [{ boss: 'ann' }, { boss: null }] },
      { _id: 5, at: [] },
    ]);
    const follow = async (id: number, more: Doc = {}) => {
      const [{ bosses }] = (await people
        .aggregate([
          { $match: { _id: id } },
          {
            $graphLookup: {
              from: people.collectionName,
              startWith: '$at.boss',
              connectFromField: 'at.boss',
              connectToField: 'name',
              depthField: 'depth',
              as: 'bosses',
              ...more,
            },
          },
        ])
        .toArray()) as [Doc];
      return bosses
        .map(({ _id, depth }: Doc) => `${_id}@${depth}`)
        .sort()
        .join(' ');
    };
    expect(await follow(3)).toBe('1@1 2@0 4@1 5@2');
    expect(await follow(3, { maxDepth: 0 })).toBe('2@0');
    expect(await follow(3, { maxDepth: 5, restrictSearchWithMatch: { _id: { $lt: 4 } } })).toBe('1@1 2@0');
    expect(await follow(5)).toBe('');
    expect(await follow(4, { startWith: '$none' })).toBe('');
    for (const wrong of [{ maxDepth: -1 }, { depthField: 1 }, { restrictSearchWithMatch: 1 }, { from: 1 }, { depth: 1 }])
      await expect(follow(1, wrong)).rejects.toMatchObject({ code: expect.any(Number) });
  });

  test('when collections are put together, then $unionWith brings both', async () => {
    const [one, two] = [freshCollection(server()), freshCollection(server())];
    await one.insertMany([{ _id: 1 }, { _id: 2 }]);
    await two.insertMany([{ _id: 3 }, { _id: 4 }]);
    expect(
      await one
        .aggregate([{ $unionWith: { coll: two.collectionName, pipeline: [{ $match: { _id: 4 } }] } }, { $sort: { _id: 1 } }])
        .toArray(),
    ).toEqual([{ _id: 1 }, { _id: 2 }, { _id: 4 }]);
  });

  test('when money is summed and shared, then decimals stay decimals and longs stay whole', async () => {
    const things = freshCollection(server());
    await things.insertMany([
      { price: Decimal128.fromString('0.10'), big: Long.fromString('9007199254740993') },
      { price: Decimal128.fromString('0.20'), big: Long.fromNumber(1) },
    ]);
    const [sums] = await things
      .aggregate([{ $group: { _id: null, total: { $sum: '$price' }, mean: { $avg: '$price' }, big: { $sum: '$big' } } }], {
        promoteValues: false,
      })
      .toArray();
    expect([String(sums?.total), Number(String(sums?.mean)), String(sums?.big)]).toEqual(['0.30', 0.15, '9007199254740994']);
  });

  test('when a stage or an expression is not one, then it is refused by its name, also where no document comes by', async () => {
    const things = freshCollection(server());
    await expect(things.aggregate([{ $match: { a: 1 } }, { $frobnicate: {} }]).toArray()).rejects.toThrow(/\$frobnicate/);
    await things.insertOne({});
    await expect(things.aggregate([{ $project: { a: { $frobnicate: 1 } } }]).toArray()).rejects.toThrow(/\$frobnicate/);
    await expect(things.aggregate([{ $project: { a: { $divide: [1, 0] } } }]).toArray()).rejects.toMatchObject({ code: 2 });
  });
});

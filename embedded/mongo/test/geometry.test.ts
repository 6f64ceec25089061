import type { Collection } from 'mongodb';
import { describeServers, freshCollection } from './servers';

type Doc = Record<string, any>;
const point = (...coordinates: number[]) => ({ type: 'Point', coordinates });
const polygon = (...coordinates: number[][][]) => ({ type: 'Polygon', coordinates });
const SQUARE = [
  [0, 0],
  [10, 0],
  [10, 10],
  [0, 10],
  [0, 0],
];
const HOLE = [
  [4, 4],
  [6, 4],
  [6, 6],
  [4, 6],
  [4, 4],
];
const names = async (things: Collection<any>, filter: Doc, sort: Record<string, 1 | -1> = { _id: 1 }) =>
  (await things.find(filter, { sort }).toArray()).map(({ _id }) => String(_id)).join(' ');

describeServers('Geometry', (server, kind) => {
  const plane = async () => {
    const things = freshCollection(server());
    await things.createIndex({ at: '2d' });
    await things.insertMany([
      { _id: 'array', at: [10, 20] },
      { _id: 'document', at: { long: 40, lat: 90 } },
      { _id: 'origin', at: [0, 0] },
      { _id: 'none' },
    ]);
    return things;
  };
  const sphere = async () => {
    const things = freshCollection(server());
    await things.createIndex({ at: '2dsphere' });
    await things.insertMany([
      { _id: 'middle', at: point(5, 5) },
      { _id: 'side', at: point(2, 2) },
      { _id: 'far', at: point(20, 20) },
      { _id: 'pair', at: [1, 1] },
      { _id: 'line', at: { type: 'LineString', coordinates: [[-5, 5], [15, 5.5]] } }, // prettier-ignore
      { _id: 'area', at: polygon([[1, 1], [3, 1], [2, 3], [1, 1]]) }, // prettier-ignore
      { _id: 'none' },
    ]);
    return things;
  };

  test.each<[string, Doc, string]>([
    ['$box', { $box: [[8, 1], [50, 100]] }, 'array document'], // prettier-ignore
    ['$box with its corners the other way round', { $box: [[50, 100], [8, 1]] }, 'array document'], // prettier-ignore
    ['$polygon', { $polygon: [[8, 1], [8, 100], [50, 100], [50, 1]] }, 'array document'], // prettier-ignore
    ['$center', { $center: [[11, 20], 1] }, 'array'],
    ['$centerSphere', { $centerSphere: [[11, 20], 0.4] }, 'array origin'],
  ])('when pairs are looked for within %s, then those inside or on its edge are found', async (_, shape, found) => {
    const things = await plane();
    expect(await names(things, { at: { $geoWithin: shape } })).toBe(found);
    expect(await names(things, { at: { $within: shape } })).toBe(found);
  });

  test('when $near and $nearSphere measure pairs, then the nearest comes first and bounds hold', async () => {
    const things = await plane();
    const near = async (condition: Doc) => (await things.find({ at: condition }).toArray()).map(({ _id }) => String(_id)).join(' ');
    expect(await near({ $near: [9, 20] })).toBe('array origin document');
    expect(await near({ $near: { x: 9, y: 20 }, $maxDistance: 51 })).toBe('array origin');
    expect(await near({ $near: [9, 20], $minDistance: 2 })).toBe('origin document');
    expect(await near({ $nearSphere: [9, 20], $maxDistance: 0.1 })).toBe('array');
    expect(await things.find({ at: { $near: [9, 20] } }, { skip: 1, limit: 1 }).toArray()).toMatchObject([{ _id: 'origin' }]);
    expect(await names(things, { at: { $near: [9, 20] } }, { _id: -1 })).toBe('origin document array');
    if (kind === 'reference') return;
    // DocumentDB has no $near in updates, holes, compound 2dsphere indexes and bounds of pairs.
    expect(await things.findOneAndUpdate({ at: { $near: [1, 1] } }, { $set: { seen: true } })).toMatchObject({ _id: 'origin' });
  });

  test('when shapes of the sphere are looked for, then those within and those that meet are found', async () => {
    const things = await sphere();
    const inside = (...rings: number[][][]) => ({ at: { $geoWithin: { $geometry: polygon(...rings) } } });
    const meeting = ($geometry: Doc) => ({ at: { $geoIntersects: { $geometry } } });
    expect(await names(things, inside(SQUARE))).toBe('area middle pair side');
    if (kind === 'embedded') expect(await names(things, inside(SQUARE, HOLE))).toBe('area pair side');
    expect(await names(things, meeting(polygon(SQUARE)))).toBe('area line middle pair side');
    expect(await names(things, meeting({ type: 'LineString', coordinates: [[2, 0], [2, 9]] }))).toBe('area line side'); // prettier-ignore
    expect(await names(things, meeting(point(20, 20)))).toBe('far');
    expect(await names(things, { at: { $geoWithin: { $centerSphere: [[2, 2], 0.05] } } })).toBe('area pair side');
  });

  test('when $near measures GeoJSON points, then in metres', async () => {
    const things = freshCollection(server());
    await things.createIndex({ at: '2dsphere' });
    await things.insertMany([
      { _id: 'a', at: point(0, 1) },
      { _id: 'b', at: point(0, 3) },
      { _id: 'c', at: point(0, 2) },
    ]);
    const near = async (more: Doc) =>
      (await things.find({ at: { $near: { $geometry: point(0, 0), ...more } } }).toArray()).map(({ _id }) => String(_id)).join('');
    expect(await near({})).toBe('acb');
    expect(await near({ $maxDistance: 250_000 })).toBe('ac');
    expect(await near({ $minDistance: 200_000 })).toBe('cb');
  });

  test.each<[string, Doc]>([
    ['a string', { at: 'here' }],
    ['a longitude beyond 180', { at: point(200, 0) }],
    ['a ring that is not closed', { at: polygon(SQUARE.slice(0, -1)) }],
    ['a ring that crosses itself', { at: polygon([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]) }], // prettier-ignore
    ['an empty array', { at: [] }],
  ])('when an index over geometry is there, then a document with %s is refused', async (what, doc) => {
    const things = freshCollection(server());
    await things.createIndex({ at: '2dsphere' });
    if (kind === 'embedded' || !['an empty array', 'a ring that crosses itself'].includes(what))
      await expect(things.insertOne(doc)).rejects.toMatchObject({ message: expect.stringMatching(/geo|extract|Loop/i) });
  });

  test.each<[string, Doc]>([
    ['$near without an index', { at: { $near: [1, 2] } }],
    ['$near of GeoJSON without an index', { at: { $near: { $geometry: point(1, 2) } } }],
    ['$near below $or', { $or: [{ at: { $near: [1, 2] } }] }],
    ['two $near', { at: { $near: [1, 2] }, to: { $near: [1, 2] } }],
    ['$geoWithin of a point', { at: { $geoWithin: { $geometry: point(1, 2) } } }],
    ['an unknown shape', { at: { $geoWithin: { $square: [1, 2] } } }],
    ['a ring that is not closed', { at: { $geoIntersects: { $geometry: polygon(SQUARE.slice(0, -1)) } } }],
  ])('when a filter has %s, then it is refused', async (_, filter) => {
    const things = freshCollection(server());
    await things.insertOne({ at: [1, 2] });
    await expect(things.find(filter).toArray()).rejects.toMatchObject({ code: expect.any(Number) });
  });

  if (kind === 'reference') return;
  test('when an index over geometry is there, then it is listed, kept and dropped by its keys', async () => {
    const things = freshCollection(server());
    expect(await things.createIndex({ at: '2dsphere', n: 1 })).toBe('at_2dsphere_n_1');
    expect(await things.createIndex({ at: '2dsphere', n: 1 })).toBe('at_2dsphere_n_1');
    expect(await things.indexes()).toMatchObject([{}, { key: { at: '2dsphere', n: 1 }, '2dsphereIndexVersion': 3 }]);
    await things.insertMany([{ at: point(1, 1), n: 1 }, { n: 2 }]);
    expect(await things.find({ n: { $gte: 1 } }, { sort: { n: 1 }, projection: { _id: 0, n: 1 } }).toArray()).toEqual([{ n: 1 }, { n: 2 }]);
    await things.dropIndex({ at: '2dsphere', n: 1 } as never);
    expect(await things.indexes()).toHaveLength(1);
  });

  test('when a plane has bounds, then a pair beyond them is refused', async () => {
    const things = await plane();
    await expect(things.insertOne({ at: [180, 5] })).rejects.toThrow(/180/);
    await expect(things.insertOne({ at: ['here'] })).rejects.toThrow(/location/);
  });

  test.each<[string, Doc]>([
    ['MultiPoint', { at: { $geoIntersects: { $geometry: { type: 'MultiPoint', coordinates: [[1, 2]] } } } }],
    ['a polygon of a hemisphere', { at: { $geoWithin: { $geometry: polygon([[-170, -80], [0, -80], [170, -80], [0, 80], [-170, -80]]) } } }], // prettier-ignore
    ['$centerSphere of a hemisphere', { at: { $geoWithin: { $centerSphere: [[0, 0], 2] } } }],
    ['a crs', { at: { $geoWithin: { $geometry: { ...polygon(SQUARE), crs: {} } } } }],
  ])('when a filter has %s, then it is refused by name', async (_, filter) => {
    await expect(freshCollection(server()).find(filter).toArray()).rejects.toMatchObject({
      code: 238,
      message: expect.stringContaining('not in the embedded store; set MONGO_URL'),
    });
  });
});

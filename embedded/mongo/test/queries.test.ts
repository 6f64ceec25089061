import { Decimal128, Double, Int32, Long, MaxKey, MinKey } from 'mongodb';
import { describeServers, freshCollection } from './servers';

type Doc = Record<string, any>;

describeServers('Queries', (server, kind) => {
  /** The ids of those that a filter finds among documents numbered from 0. */
  const idsOf = async (documents: Doc[], filter: Doc) => {
    const things = freshCollection(server());
    await things.insertMany(documents.map((document, _id) => ({ _id, ...document })));
    return (await things.find(filter).sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  };

  const NULLS = [{}, { a: null }, { a: 1 }, { a: [] }, { a: [null] }, { a: { b: null } }, { a: [{ b: 1 }, {}] }, { a: [1, 2] }];
  test.each<[string, Doc, number[]]>([
    ['null is nothing, or null itself', { a: null }, [0, 1, 4]],
    ['$exists false is nothing alone', { a: { $exists: false } }, [0]],
    ['$ne null is the rest', { a: { $ne: null } }, [2, 3, 5, 6, 7]],
    ['$in with null', { a: { $in: [null, 1] } }, [0, 1, 2, 4, 7]],
    ['$type null is null itself', { a: { $type: 'null' } }, [1, 4]],
    ['a missing field inside documents of an array is null', { 'a.b': null }, [0, 1, 2, 3, 4, 5, 6].filter((id) => ![3, 4].includes(id))],
  ])('%s', async (_, filter, found) => {
    expect(await idsOf(NULLS, filter)).toEqual(found);
  });

  const KINDS = [{ a: 1 }, { a: 5 }, { a: '5' }, { a: true }, { a: new Date(5) }, { a: null }, { a: [3, 9] }, { a: { x: 1 } }, {}];
  test.each<[string, Doc, number[]]>([
    ['$gt of a number finds numbers alone', { a: { $gt: 2 } }, [1, 6]],
    ['$lt of a text finds texts alone', { a: { $lt: '9' } }, [2]],
    ['$gte of a date finds dates alone', { a: { $gte: new Date(0) } }, [4]],
    ['$lt of false finds nothing', { a: { $lt: false } }, []],
    ['$not $gt finds all the rest', { a: { $not: { $gt: 2 } } }, [0, 2, 3, 4, 5, 7, 8]],
    ['bounds may be met by two elements', { a: { $gt: 8, $lt: 4 } }, [6]],
    ['$elemMatch by one alone', { a: { $elemMatch: { $gt: 8, $lt: 4 } } }, []],
  ])('%s', async (_, filter, found) => {
    expect(await idsOf(KINDS, filter)).toEqual(found);
  });

  const PATHS = [
    {
      rows: [
        { k: 1, v: 'a' },
        { k: 2, v: 'b' },
      ],
    },
    { rows: [{ k: 2, v: 'a' }] },
    { rows: { k: 1, v: 'b' } },
    { rows: [] },
    { rows: [[{ k: 1 }]] },
  ];
  test.each<[string, Doc, number[]]>([
    ['a path leads through arrays', { 'rows.k': 1 }, [0, 2]],
    ['two paths may be met by two elements', { 'rows.k': 1, 'rows.v': 'b' }, [0, 2]],
    ['$elemMatch holds them together', { rows: { $elemMatch: { k: 1, v: 'b' } } }, []],
    ['a number in a path is a position', { 'rows.0.v': 'a' }, [0, 1]],
    ['$size counts elements', { rows: { $size: 1 } }, [1, 4]],
    ['$all finds those that have every one', { 'rows.k': { $all: [1, 2] } }, [0]],
    ['a whole document matches with its order of fields', { rows: { k: 1, v: 'b' } }, [2]],
    ['and in no other', { rows: { v: 'b', k: 1 } }, []],
  ])('%s', async (_, filter, found) => {
    expect(await idsOf(PATHS, filter)).toEqual(found);
  });

  test('when numbers are equal, then whatever their types; whole ones beyond 2^53 are distinguished, decimals are exact', async () => {
    const big = Long.fromString('9007199254740993');
    const documents = [
      { a: new Int32(2) },
      { a: new Double(2) },
      { a: Long.fromNumber(2) },
      { a: Decimal128.fromString('2.0') },
      { a: big },
      { a: new Double(9007199254740992) },
      { a: Decimal128.fromString('0.1') },
      { a: 0.1 },
    ];
    expect(await idsOf(documents, { a: 2 })).toEqual([0, 1, 2, 3]);
    expect(await idsOf(documents, { a: big })).toEqual([4]);
    expect(await idsOf(documents, { a: { $gt: new Double(9007199254740992) } })).toEqual([4]);
    expect(await idsOf(documents, { a: Decimal128.fromString('0.10') })).toEqual([6]);
    expect(await idsOf(documents, { a: { $mod: [2, 0] } })).toEqual([0, 1, 2, 3, 5, 6, 7]);
  });

  test('when documents are sorted, then by type first and by value within it', async () => {
    const things = freshCollection(server());
    const values = [
      new MinKey(),
      null,
      new Int32(-1),
      Decimal128.fromString('1.5'),
      Long.fromNumber(2),
      'A',
      'a',
      { x: 1 },
      [],
      true,
      new Date(1),
      new MaxKey(),
    ];
    // MinKey is below all, an empty array below null: so says MongoDB's documentation, but the
    // other server has it above.
    const order = [0, 8, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11].filter((_id) => _id !== 8 || kind === 'embedded');
    await things.insertMany(order.map((_id) => ({ _id, value: values[_id] })).reverse());
    expect((await things.find().sort({ value: 1 }).toArray()).map(({ _id }) => _id)).toEqual(order);
    expect((await things.find().sort({ value: -1 }).toArray()).map(({ _id }) => _id)).toEqual([...order].reverse());
  });

  test('when values of every type are stored, then they come back as they were', async () => {
    const things = freshCollection(server());
    const document = {
      _id: 1,
      int: new Int32(1),
      double: new Double(1),
      long: Long.fromString('9223372036854775807'),
      decimal: Decimal128.fromString('1.10'),
      date: new Date(-1),
      nothing: null,
      ['__proto__']: 1,
    };
    await things.insertOne(document);
    const stored = await things.findOne({ _id: 1 }, { promoteValues: false });
    expect(stored).toMatchObject({ int: new Int32(1), double: new Double(1), long: Long.fromString('9223372036854775807') });
    expect(String(stored?.decimal)).toBe('1.10');
    expect(stored?.date).toEqual(new Date(-1));
    expect(stored?.nothing).toBeNull();
  });

  const WHOLE = {
    _id: 1,
    a: 1,
    sub: { x: 1, y: 2 },
    rows: [
      { k: 1, v: 1 },
      { k: 2, v: 2 },
    ],
    list: [1, 2, 3],
  };
  test.each<[string, Doc, Doc]>([
    ['what is named', { a: 1 }, { _id: 1, a: 1 }],
    ['what is named, without the id', { a: 1, _id: 0 }, { a: 1 }],
    ['all but what is named', { rows: 0, list: 0 }, { _id: 1, a: 1, sub: { x: 1, y: 2 } }],
    ['fields of inner documents', { 'sub.x': 1, 'rows.k': 1 }, { _id: 1, sub: { x: 1 }, rows: [{ k: 1 }, { k: 2 }] }],
    ['the same, nested', { sub: { x: 1 } }, { _id: 1, sub: { x: 1 } }],
    ['a slice of an array, and everything else', { list: { $slice: -2 }, rows: 0 }, { _id: 1, a: 1, sub: { x: 1, y: 2 }, list: [2, 3] }],
    ['the first element that matches', { rows: { $elemMatch: { k: { $gt: 1 } } } }, { _id: 1, rows: [{ k: 2, v: 2 }] }],
    ['a computed field', { sum: { $add: ['$a', '$sub.y'] } }, { _id: 1, sum: 3 }],
  ])('a projection shows %s', async (_, projection, shown) => {
    const things = freshCollection(server());
    await things.insertOne(WHOLE);
    expect(await things.findOne({}, { projection })).toEqual(shown);
  });
  test('when a projection includes and excludes, then it is refused', async () => {
    const things = freshCollection(server());
    await things.insertOne(WHOLE);
    await expect(things.findOne({}, { projection: { a: 1, list: 0 } })).rejects.toThrow(/exclusion/);
  });

  test.each<[string, string, string, boolean]>([
    ['^a', '', 'abc', true],
    ['^a', 'i', 'ABC', true],
    ['b$', '', 'ab\n', true],
    ['b$', '', 'ab\nc', false],
    ['b$', 'm', 'ab\nc', true],
    ['a.c', '', 'a\nc', false],
    ['a.c', '', 'a\rc', true],
    ['a.c', 's', 'a\nc', true],
    ['a[.$]c', '', 'abc', false],
    ['a\\.c', '', 'abc', false],
    ['é+', '', 'caféé', true],
  ])('a regular expression /%s/%s in %j: %s', async ($regex, $options, text, found) => {
    expect(await idsOf([{ text }], { text: { $regex, $options } })).toEqual(found ? [0] : []);
  });

  test('when a filter holds an unknown operator, then it is refused by its name', async () => {
    const things = freshCollection(server());
    await things.insertOne({ a: 1 });
    await expect(things.findOne({ a: { $like: 'x' } } as never)).rejects.toMatchObject({
      code: 2,
      message: expect.stringContaining('$like'),
    });
    await expect(things.findOne({ $xor: [] } as never)).rejects.toMatchObject({ code: 2, message: expect.stringContaining('$xor') });
    await expect(things.findOne({ a: { $in: 1 } } as never)).rejects.toMatchObject({ code: 2 });
  });
});

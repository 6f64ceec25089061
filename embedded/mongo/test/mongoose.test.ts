import mongoose, { Schema, Types } from 'mongoose';
import { describeServers } from './servers';

interface Task {
  title: string;
  owner: Types.ObjectId;
  tags: string[];
  steps: { name: string; done: boolean }[];
  reads: Map<string, number>;
  due?: Date;
}
const taskSchema = new Schema<Task>(
  {
    title: { type: String, required: true },
    owner: { type: Schema.Types.ObjectId, ref: 'Owner', required: true },
    tags: [String],
    steps: [{ _id: false, name: String, done: { type: Boolean, default: false } }],
    reads: { type: Map, of: Number, default: {} },
    due: Date,
  },
  { timestamps: true },
);
taskSchema.index({ owner: 1, title: 1 }, { unique: true });
const ownerSchema = new Schema<{ name: string }>({ name: String });

const createModels = (connection: mongoose.Connection) => ({
  Owners: connection.model('Owner', ownerSchema),
  Tasks: connection.model('Task', taskSchema),
});

describeServers('Unmodified mongoose', (server) => {
  let connection: mongoose.Connection;
  let Tasks: ReturnType<typeof createModels>['Tasks'];
  let Owners: ReturnType<typeof createModels>['Owners'];
  beforeAll(async () => {
    connection = await mongoose.createConnection(server().url, { dbName: server().db.databaseName }).asPromise();
    ({ Tasks, Owners } = createModels(connection));
    await Tasks.init();
  });
  afterAll(() => connection.close());

  test('when a document is made, changed and saved, then only what changed is sent, and it is read back whole', async () => {
    const owner = await Owners.create({ name: 'Ann' });
    const task = await Tasks.create({ title: 'Paint', owner: owner._id, tags: ['home'], steps: [{ name: 'buy' }] });
    task.tags.push('weekend');
    task.steps[0]!.done = true;
    task.reads.set('ben', 3);
    await task.save();
    const found = await Tasks.findById(task._id).populate<{ owner: { name: string } }>('owner').orFail();
    expect(found.toObject({ flattenMaps: true })).toMatchObject({
      title: 'Paint',
      owner: { name: 'Ann' },
      tags: ['home', 'weekend'],
      steps: [{ name: 'buy', done: true }],
      reads: { ben: 3 },
    });
    expect(found.__v).toBe(1);
    const stale = await Tasks.findById(task._id).orFail();
    await Tasks.updateOne({ _id: task._id }, { $pull: { tags: 'home' }, $inc: { __v: 1 } });
    stale.tags = ['other'];
    stale.increment();
    await expect(stale.save()).rejects.toThrow(mongoose.Error.VersionError);
  });

  test('when the same is created twice, then mongoose gets the fields that clash', async () => {
    const owner = new Types.ObjectId();
    await Tasks.create({ title: 'Once', owner });
    await expect(Tasks.create({ title: 'Once', owner })).rejects.toMatchObject({ code: 11000, keyPattern: { owner: 1, title: 1 } });
    await expect(
      Tasks.insertMany(
        [
          { title: 'A', owner },
          { title: 'Once', owner },
          { title: 'B', owner },
        ],
        { ordered: false },
      ),
    ).rejects.toMatchObject({ code: 11000 });
    expect(await Tasks.countDocuments({ owner })).toBe(3);
  });

  test('when queries are chained, then they sort, page, select, and count', async () => {
    const owner = new Types.ObjectId();
    await Tasks.insertMany(
      Array.from({ length: 30 }, (_, n) => ({ title: `task ${String(n).padStart(2, '0')}`, owner, due: new Date(n * 1_000) })),
    );
    const page = await Tasks.find({ owner, due: { $gte: new Date(10_000) } })
      .sort('-due')
      .skip(2)
      .limit(3)
      .select('title -_id')
      .lean();
    expect(page).toEqual([{ title: 'task 27' }, { title: 'task 26' }, { title: 'task 25' }]);
    expect(await Tasks.countDocuments({ owner, title: /^task 1/ })).toBe(10);
    expect(await Tasks.exists({ owner, title: 'task 99' })).toBeNull();
    const seen: string[] = [];
    for await (const { title } of Tasks.find({ owner }).sort({ title: 1 }).cursor({ batchSize: 4 })) seen.push(title);
    expect(seen).toHaveLength(30);
    const groups = await Tasks.aggregate<{ _id: number; n: number }>([
      { $match: { owner } },
      { $group: { _id: { $mod: [{ $second: '$due' }, 2] }, n: { $sum: 1 } } },
      { $sort: { _id: 1 } },
    ]);
    expect(groups).toEqual([
      { _id: 0, n: 15 },
      { _id: 1, n: 15 },
    ]);
  });

  test('when one is found and changed, then it comes back as asked, with its times', async () => {
    const owner = new Types.ObjectId();
    const made = await Tasks.findOneAndUpdate(
      { owner, title: 'Upserted' },
      { $addToSet: { tags: { $each: ['a', 'a', 'b'] } } },
      { upsert: true, returnDocument: 'after', setDefaultsOnInsert: true },
    ).lean();
    expect(made).toMatchObject({
      title: 'Upserted',
      tags: ['a', 'b'],
      steps: [],
      createdAt: expect.any(Date),
      updatedAt: expect.any(Date),
    });
    const { modifiedCount } = await Tasks.updateMany({ owner }, { $set: { 'steps.0': { name: 'first', done: false } } });
    expect(modifiedCount).toBe(1);
    await Tasks.updateOne({ owner, 'steps.name': 'first' }, { $set: { 'steps.$.done': true } });
    expect((await Tasks.findOne({ owner }).lean())?.steps).toEqual([{ name: 'first', done: true }]);
    expect(await Tasks.findOneAndDelete({ owner }).lean()).toMatchObject({ title: 'Upserted' });
    expect(await Tasks.findOne({ owner })).toBeNull();
  });
});

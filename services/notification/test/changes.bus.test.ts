import { createNotificationService, loadConfig } from '@linsta/notification';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { Types } from 'mongoose';

const ben = 'b'.repeat(24);
const id = () => new Types.ObjectId().toHexString();

let inbox: ServiceFixture;
/** Requests to realtime, in order. */
const pushed: any[] = [];
let online = new Set<string>();
let deliver: () => Promise<void> | void;
beforeAll(async () => {
  inbox = await createServiceFixture({ name: 'notification', create: createNotificationService, loadConfig });
  const { users, realtime } = inbox.upstreams;
  users.persist().post('/internal/people').reply(200, { users: [] });
  realtime
    .persist()
    .post('/internal/deliveries')
    .reply(async (_path, body: any) => {
      await deliver();
      pushed.push(...body.notifications.map((payload: any) => ({ event: 'notification', payload })));
      return [200, { deliveredIds: body.notifications.filter(({ userId }: any) => online.has(userId)).map(({ _id }: any) => _id) }];
    });
  realtime
    .persist()
    .post('/internal/broadcasts')
    .reply(200, (_path, body: any) => (pushed.push(...body.broadcasts), {}));
  await inbox.publishEvent('USER_CHANGED', 'ben', { userId: ben, name: 'Ben', avatarUrl: 'https://example.com/ben.png' });
});
afterAll(() => inbox.stop());
beforeEach(() => {
  pushed.length = 0;
  online = new Set();
  deliver = () => undefined;
});

let serial = 0;
const start = Date.now() - 100_000;
/** A bus event later than all events before it. */
const tell = (type: 'LIKE' | 'UNLIKE' | 'COMMENT' | 'EVENT_RSVP', data: any, eventId = `event ${serial}`) =>
  inbox.publishEvent(type, eventId, data, new Date(start + (serial += 1)));
const about = (recipientId: string, actorId = ben, referenceId = id()) => ({ recipientId, actorId, referenceId });
const list = async (userId: string, query = '') => (await inbox.call('GET', `/api/notifications${query}`, userId)).body as any[];
const read = (userId: string, { _id }: { _id: string }) => inbox.call('PATCH', `/api/notifications/${_id}/read`, userId);
const unread = async (userId: string) => (await inbox.call('GET', '/api/notifications/unread-count', userId)).body.unread as number;
const rows = () => inbox.database.collection('notifications');
const forwarded = () => waitFor(async () => (await rows().countDocuments({ forwardAt: { $exists: true } })) === 0, 'every push');
const resume = async (userId: string, after: string) => (await inbox.callInternal('/resume', { userId, after })).body;
const undelivered = async (userId: string) =>
  (await inbox.callInternal('/undelivered', { userId, limit: 100 })).body.notifications as any[];

describe('a repeat', () => {
  test('when a user answers an event 15 times, then it is one unread notification with the last answer', async () => {
    const ann = id();
    const data = about(ann);
    for (let n = 0; n < 15; n += 1) await tell('EVENT_RSVP', { ...data, status: (['going', 'maybe', 'declined'] as const)[n % 3] });
    const [row, ...others] = await list(ann);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ status: 'declined', message: 'Ben declined your event', version: 15, count: 1, isRead: false });
    await forwarded();
    expect(pushed.map(({ payload }) => payload._id)).toEqual(pushed.map(() => row._id));
    const versions = pushed.map(({ payload }) => payload.version);
    expect(versions).toEqual(versions.toSorted((a: number, b: number) => a - b));
    expect(versions.at(-1)).toBe(15);
  });
  test('when comments come at once and are delivered again, then each counts once', async () => {
    const ann = id();
    const data = about(ann);
    const ids = Array.from({ length: 30 }, (_, n) => `comment ${ann} ${n}`);
    await Promise.all([...ids, ...ids].map((eventId) => tell('COMMENT', { ...data, excerpt: 'x' }, eventId)));
    expect(await list(ann)).toMatchObject([{ count: 30, version: 30 }]);
    expect(await unread(ann)).toBe(1);
  });
  test('when an earlier answer arrives after a later one, then the later one stays', async () => {
    const ann = id();
    const data = about(ann);
    const at = (seconds: number) => new Date(start + seconds * 1000);
    await inbox.publishEvent('EVENT_RSVP', `late ${ann}`, { ...data, status: 'going' }, at(2));
    await inbox.publishEvent('EVENT_RSVP', `early ${ann}`, { ...data, status: 'maybe' }, at(1));
    expect(await list(ann)).toMatchObject([{ status: 'going', version: 1 }]);
  });
  test('when the notification was read, then an answer and a comment are new at the top, and the old one is removed', async () => {
    const ann = id();
    for (const [type, more] of [
      ['COMMENT', { excerpt: 'again' }],
      ['EVENT_RSVP', { status: 'going' }],
    ] as const) {
      const data = { ...about(ann), ...more };
      await tell(type, data);
      const [first] = await list(ann);
      await read(ann, first);
      await tell('LIKE', about(ann));
      await tell(type, data);
      const [newest] = await list(ann);
      expect(newest).toMatchObject({ type, isRead: false, version: 1, count: 1 });
      expect((await list(ann)).map(({ _id }) => _id)).not.toContain(first._id);
      await waitFor(() => pushed.find(({ event, payload }) => event === 'notification_removed' && payload.id === first._id));
    }
  });
  test('when a like was seen, then unlike and like make no further notification', async () => {
    const ann = id();
    const data = about(ann);
    await tell('LIKE', data);
    const [row] = await list(ann);
    await read(ann, row);
    for (let n = 0; n < 5; n += 1) {
      await tell('UNLIKE', data);
      await tell('LIKE', data);
    }
    expect(await list(ann)).toMatchObject([{ _id: row._id, isRead: true }]);
    expect(await unread(ann)).toBe(0);
  });
  test('when it changes after its delivery, then it is undelivered again, and an answer about the old version does not mark it', async () => {
    const ann = id();
    const data = about(ann);
    await tell('COMMENT', data);
    await forwarded();
    const [first] = await undelivered(ann);
    await inbox.callInternal('/delivered', { userId: ann, notifications: [first] });
    expect(await undelivered(ann)).toEqual([]);
    await tell('COMMENT', data);
    await forwarded();
    const [second] = await undelivered(ann);
    expect(second).toMatchObject({ _id: first._id, version: 2 });
    await inbox.callInternal('/delivered', { userId: ann, notifications: [first] });
    expect(await undelivered(ann)).toMatchObject([{ version: 2 }]);
    await inbox.callInternal('/delivered', { userId: ann, notifications: [second] });
    expect(await undelivered(ann)).toEqual([]);
  });
  test('when it changes while its push is in flight, then the change is pushed as well', async () => {
    const ann = id();
    const data = about(ann);
    online.add(ann);
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    let inFlight = false;
    deliver = () => ((inFlight = true), held);
    await tell('COMMENT', data);
    await waitFor(() => inFlight);
    await tell('COMMENT', data);
    go();
    await waitFor(() => pushed.some(({ payload }) => payload.version === 2));
    await forwarded();
    expect(pushed.map(({ payload }) => payload.version)).toEqual([1, 2]);
  });
});

describe('a withdrawal', () => {
  test('when a user likes and unlikes five times, then devices show what the server has: none', async () => {
    const ann = id();
    const data = about(ann);
    online.add(ann);
    for (let n = 0; n < 5; n += 1) {
      await tell('LIKE', data);
      await tell('UNLIKE', data);
    }
    expect(await list(ann)).toEqual([]);
    expect(await rows().countDocuments({ userId: new Types.ObjectId(ann) })).toBe(0);
    await waitFor(() => pushed.filter(({ event }) => event === 'notification_removed').length === 5, 'five removals');
    expect(pushed.at(-1)).toMatchObject({ event: 'notification_removed', userIds: [ann], payload: { unread: 0 } });
    const shown = new Set<string>();
    for (const { event, payload } of pushed) {
      if (event === 'notification') shown.add(payload._id);
      else shown.delete(payload.id);
    }
    expect([...shown]).toEqual([]);
  });
  test('when the push of the like is in flight, then the removal follows it', async () => {
    const ann = id();
    const data = about(ann);
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    let inFlight = false;
    deliver = () => ((inFlight = true), held);
    await tell('LIKE', data);
    await waitFor(() => inFlight);
    await tell('UNLIKE', data);
    go();
    await waitFor(() => pushed.length === 2);
    expect(pushed.map(({ event }) => event)).toEqual(['notification', 'notification_removed']);
  });
});

describe('resuming', () => {
  test('when a device missed changes of older notifications, then it gets them too', async () => {
    const ann = id();
    const [commented, liked] = [about(ann), about(ann)];
    await tell('COMMENT', commented);
    await tell('LIKE', liked);
    const [newest] = await list(ann);
    await tell('COMMENT', commented);
    await tell('LIKE', about(ann));
    const { notifications, reset } = await resume(ann, newest._id);
    expect(reset).toBe(false);
    expect(notifications).toMatchObject([
      { type: 'COMMENT', version: 2 },
      { type: 'LIKE', version: 1 },
    ]);
  });
  test('when more was missed than fits, then it is the newest page, marked as a reset', async () => {
    const ann = id();
    await tell('LIKE', about(ann));
    const [known] = await list(ann);
    for (let n = 0; n < 100; n += 1) await tell('LIKE', about(ann));
    expect(await resume(ann, known._id)).toMatchObject({ reset: false, notifications: { length: 100 }, unread: 101 });
    await tell('LIKE', about(ann));
    const { notifications, reset } = await resume(ann, known._id);
    expect(reset).toBe(true);
    expect(notifications.map(({ _id }: any) => _id).reverse()).toEqual((await list(ann, '?limit=100')).map(({ _id }) => _id));
  });
  test('when a notification was removed meanwhile, then the list is reset', async () => {
    const ann = id();
    const data = about(ann);
    await tell('LIKE', about(ann));
    await tell('LIKE', data);
    const [newest, older] = await list(ann);
    await tell('UNLIKE', data);
    expect(await resume(ann, newest._id)).toMatchObject({ reset: true, notifications: [{ _id: older._id }] });
  });
});

describe('reading all', () => {
  test('when it is up to one notification, then later ones stay unread', async () => {
    const ann = id();
    for (let n = 0; n < 5; n += 1) await tell('LIKE', about(ann));
    const shown = (await list(ann))[2];
    const readAll = (body?: object) => inbox.call('POST', '/api/notifications/read-all', ann, body);
    expect((await readAll({ upTo: shown._id })).body).toEqual({ updated: 3 });
    expect((await list(ann)).map(({ isRead }) => isRead)).toEqual([false, false, true, true, true]);
    await waitFor(() => pushed.find(({ event }) => event === 'notification_read'));
    expect(pushed.find(({ event }) => event === 'notification_read')).toMatchObject({ payload: { all: true, upTo: shown._id, unread: 2 } });
    expect((await readAll({ upTo: 'x' })).status).toBe(400);
    expect((await readAll()).body).toEqual({ updated: 2 });
    expect(await unread(ann)).toBe(0);
  });
});

describe('an event of another publisher', () => {
  const FAR = new Date('9999-12-31T23:59:59Z');
  test('when it is dated far in the future, then it counts as now: later ones have an effect', async () => {
    const ann = id();
    const data = about(ann);
    await inbox.publishEvent('UNLIKE', `far ${ann}`, data, FAR);
    await inbox.publishEvent('LIKE', `near ${ann}`, data, new Date(Date.now() + 1_000));
    expect(await list(ann)).toHaveLength(1);
    const carl = id();
    await inbox.publishEvent('USER_CHANGED', `far ${carl}`, { userId: carl, name: 'Frozen' }, FAR);
    await inbox.publishEvent('USER_CHANGED', `near ${carl}`, { userId: carl, name: 'Thawed' }, new Date(Date.now() + 1_000));
    await inbox.publishEvent('LIKE', `carl ${ann}`, about(ann, carl));
    expect((await list(ann))[0]).toMatchObject({ message: 'Thawed liked your post', actor: { name: 'Thawed' } });
  });
  test('when its texts have controls, overrides or nothing visible, then they are cleaned or left out', async () => {
    const ann = id();
    const names = ['Eve\u202e\u0085 X\u0000', '\u200b\u3164', null];
    for (const [n, actorName] of names.entries())
      await tell('COMMENT', { ...about(ann, id()), actorName, excerpt: n === 0 ? 'a\u009bb\u2066c' : null });
    expect((await list(ann)).reverse()).toMatchObject([
      { message: 'Eve X commented on your post', excerpt: 'abc', actor: { name: 'Eve X' } },
      { message: 'User commented on your post' },
      { message: 'User commented on your post' },
    ]);
    expect((await list(ann))[0]).not.toHaveProperty('excerpt');
  });
});

test('when rows are of version 0.2, then they are listed, read and withdrawn, and new events work beside them', async () => {
  const ann = id();
  const data = about(ann);
  const old = (eventId: string, more: object) => ({
    userId: new Types.ObjectId(ann),
    actorId: new Types.ObjectId(ben),
    referenceId: new Types.ObjectId(data.referenceId),
    eventId,
    eventTime: new Date(0),
    isRead: false,
    createdAt: new Date(0),
    ...more,
  });
  await rows().insertMany([
    old('1', { type: 'EVENT_RSVP', message: 'Ben is going to your event' }),
    old('2', { type: 'EVENT_RSVP', message: 'Ben declined your event' }),
    old('3', { type: 'LIKE', message: 'Ben liked your post', waiting: true, forwardAt: new Date(0) }),
  ]);
  expect(await list(ann)).toMatchObject([
    { type: 'LIKE', version: 1, count: 1, actor: { name: 'Ben', avatarUrl: 'https://example.com/ben.png' } },
    { message: 'Ben declined your event' },
    { message: 'Ben is going to your event' },
  ]);
  await waitFor(() => pushed.some(({ payload }) => payload.userId === ann), 'the pending push', 15_000);
  await forwarded();
  await inbox.callInternal('/delivered', { userId: ann, notifications: (await list(ann)).slice(0, 1) });
  expect(await undelivered(ann)).toEqual([]);
  await inbox.publishEvent('EVENT_RSVP', '2', { ...data, status: 'declined' });
  await tell('EVENT_RSVP', { ...data, status: 'maybe' });
  await tell('EVENT_RSVP', { ...data, status: 'going' });
  expect((await list(ann))[0]).toMatchObject({ status: 'going', version: 2 });
  await tell('UNLIKE', data);
  expect(await list(ann, '?unread=true')).toHaveLength(3);
});

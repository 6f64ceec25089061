import { createNotificationService, loadConfig } from '@linsta/notification';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { Types } from 'mongoose';

const [ben, eve] = ['b', 'e'].map((letter) => letter.repeat(24)) as [string, string];
const id = () => new Types.ObjectId().toHexString();

let inbox: ServiceFixture;
/** Requests to realtime, and the users with a subscribed socket. */
const delivered: any[] = [];
const broadcasts: any[] = [];
let online = new Set<string>();
let realtimeUp = true;
let usersUp = true;
beforeAll(async () => {
  inbox = await createServiceFixture({ name: 'notification', create: createNotificationService, loadConfig });
  const { users, realtime } = inbox.upstreams;
  users
    .persist()
    .post('/internal/people')
    .reply(() => (usersUp ? [200, { users: [{ _id: eve, name: 'Eve', email: null, avatarUrl: null }] }] : [500, {}]));
  realtime
    .persist()
    .post('/internal/deliveries')
    .reply((_path, body: any) => {
      if (!realtimeUp) return [500, {}];
      delivered.push(...body.notifications);
      return [200, { deliveredIds: body.notifications.filter(({ userId }: any) => online.has(userId)).map(({ _id }: any) => _id) }];
    });
  realtime
    .persist()
    .post('/internal/broadcasts')
    .reply(200, (_path, body: any) => (broadcasts.push(...body.broadcasts), {}));
  await inbox.publishEvent('USER_CHANGED', 'ben', { userId: ben, name: 'Ben', email: null });
});
afterAll(() => inbox.stop());
beforeEach(() => {
  [delivered, broadcasts].forEach((list) => (list.length = 0));
  online = new Set();
});

const list = async (userId: string, query = '') => (await inbox.call('GET', `/api/notifications${query}`, userId)).body as any[];
const about = (recipientId: string, actorId = ben, referenceId = id()) => ({ recipientId, actorId, referenceId });

describe('a bus event', () => {
  test('when it is a like, a comment or an RSVP, then its recipient has one notification each, in these words', async () => {
    const ann = id();
    const data = about(ann);
    await inbox.publishEvent('LIKE', `${ann} 1`, { ...data, actorName: 'Ann' });
    await inbox.publishEvent('COMMENT', `${ann} 2`, data);
    for (const [n, status] of ['going', 'maybe', 'declined'].entries())
      await inbox.publishEvent('EVENT_RSVP', `${ann} ${3 + n}`, { ...data, status: status as 'going' });
    expect((await list(ann)).map(({ message }) => message).reverse()).toEqual([
      'Ann liked your post',
      'Ben commented on your post',
      'Ben is going to your event',
      'Ben might go to your event',
      'Ben declined your event',
    ]);
    expect((await list(ann))[4]).toEqual({
      _id: expect.any(String),
      userId: ann,
      type: 'LIKE',
      message: 'Ann liked your post',
      referenceId: data.referenceId,
      actorId: ben,
      isRead: false,
      createdAt: expect.any(String),
    });
  });
  test('when it is delivered many times at once, then it is one notification and one push', async () => {
    const ann = id();
    const data = about(ann);
    await Promise.all(Array.from({ length: 20 }, () => inbox.publishEvent('LIKE', `same ${ann}`, data)));
    expect(await list(ann)).toHaveLength(1);
    await waitFor(() => delivered.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(delivered).toHaveLength(1);
    // The same id for another recipient is a notification of that recipient.
    const other = id();
    await inbox.publishEvent('LIKE', `same ${ann}`, { ...data, recipientId: other });
    expect(await list(other)).toHaveLength(1);
  });
  test('when the actor is the recipient, then there is no notification', async () => {
    const ann = id();
    await inbox.publishEvent('LIKE', `own ${ann}`, about(ann, ann));
    expect(await list(ann)).toEqual([]);
  });
  test('when the name of the actor is unknown, then users is requested; during its outage the name is "User"', async () => {
    const ann = id();
    await inbox.publishEvent('LIKE', `eve ${ann}`, about(ann, eve));
    usersUp = false;
    await inbox.publishEvent('LIKE', `nobody ${ann}`, about(ann, id()));
    usersUp = true;
    expect((await list(ann)).map(({ message }) => message)).toEqual(['User liked your post', 'Eve liked your post']);
  });
  test.each(['LIKE first', 'UNLIKE first'])(
    'when a like is withdrawn, %s, then its unread notification is removed; a read one stays',
    async (order) => {
      const ann = id();
      const data = about(ann);
      const [early, late] = [new Date(Date.now() - 2_000), new Date(Date.now() - 1_000)];
      const facts = [
        () => inbox.publishEvent('LIKE', `like ${ann}`, data, early),
        () => inbox.publishEvent('UNLIKE', `unlike ${ann}`, data, late),
      ];
      for (const fact of order === 'LIKE first' ? facts : facts.reverse()) await fact();
      expect(await list(ann)).toEqual([]);
      // A later like is a new notification.
      await inbox.publishEvent('LIKE', `again ${ann}`, data, new Date());
      const [row] = await list(ann);
      await inbox.call('PATCH', `/api/notifications/${row._id}/read`, ann);
      await inbox.publishEvent('UNLIKE', `unlike again ${ann}`, data, new Date(Date.now() + 1_000));
      expect(await list(ann)).toMatchObject([{ _id: row._id, isRead: true }]);
    },
  );
  test('when it is malformed, then it is parked with the reason, and the next event is handled', async () => {
    const ann = id();
    await inbox.publishEvent('LIKE', `bad ${ann}`, { actorId: ben, referenceId: id() } as never);
    await inbox.publishEvent('COMMENT', `good ${ann}`, about(ann));
    expect(await list(ann)).toHaveLength(1);
    const parked = await inbox.database.collection('parked_events').find({}).toArray();
    expect(parked).toMatchObject([{ queue: 'notification.inbox', reason: expect.stringContaining('data.recipientId'), attempts: 1 }]);
  });
});

describe('forwarding', () => {
  test('when the recipient is connected, then the notification is pushed; otherwise it is kept as undelivered', async () => {
    const [there, away] = [id(), id()];
    online.add(there);
    await inbox.publishEvent('LIKE', `there ${there}`, about(there));
    await inbox.publishEvent('LIKE', `away ${away}`, about(away));
    await waitFor(() => delivered.length === 2);
    const waiting = async (userId: string) => (await inbox.callInternal('/undelivered', { userId, limit: 10 })).body.notifications as any[];
    await waitFor(async () => (await waiting(there)).length === 0);
    const [row] = await waiting(away);
    expect(row).toMatchObject({ userId: away, type: 'LIKE' });
    await inbox.callInternal('/delivered', { userId: away, ids: [row._id] });
    expect(await waiting(away)).toEqual([]);
  });
  test('when realtime is down, then the notification is forwarded after its return', async () => {
    const ann = id();
    online.add(ann);
    realtimeUp = false;
    await inbox.publishEvent('LIKE', `later ${ann}`, about(ann));
    expect(await list(ann)).toHaveLength(1);
    realtimeUp = true;
    await inbox.restart(); // the first sweep does not wait
    await waitFor(() => delivered.some(({ userId }) => userId === ann));
  });
});

describe('reading', () => {
  test('when one or all are read, then the count and the own devices agree, and a repeat is not broadcast', async () => {
    const ann = id();
    for (const n of [1, 2, 3]) await inbox.publishEvent('LIKE', `${n} ${ann}`, about(ann));
    const unread = async () => (await inbox.call('GET', '/api/notifications/unread-count', ann)).body.unread as number;
    expect(await unread()).toBe(3);
    const [newest] = await list(ann);
    for (let twice = 0; twice < 2; twice += 1)
      expect((await inbox.call('PATCH', `/api/notifications/${newest._id}/read`, ann)).body).toMatchObject({ isRead: true });
    expect(await unread()).toBe(2);
    expect(await list(ann, '?unread=true')).toHaveLength(2);
    expect((await inbox.call('POST', '/api/notifications/read-all', ann)).body).toEqual({ updated: 2 });
    expect((await inbox.call('POST', '/api/notifications/read-all', ann)).body).toEqual({ updated: 0 });
    await waitFor(() => broadcasts.length >= 2);
    expect(broadcasts).toMatchObject([
      { event: 'notification_read', userIds: [ann], payload: { ids: [newest._id], unread: 2 } },
      { event: 'notification_read', userIds: [ann], payload: { all: true, unread: 0 } },
    ]);
  });
  test('when it belongs to another user, then it is 404 and stays unread', async () => {
    const ann = id();
    await inbox.publishEvent('LIKE', `hers ${ann}`, about(ann));
    const [row] = await list(ann);
    expect((await inbox.call('PATCH', `/api/notifications/${row._id}/read`, eve)).status).toBe(404);
    expect(await list(ann)).toMatchObject([{ isRead: false }]);
    expect((await inbox.call('GET', '/api/notifications', undefined)).status).toBe(401);
    expect((await inbox.callInternal('/undelivered', { userId: ann, limit: 10 }, 'nonsense')).status).toBe(401);
  });
  test('when pages are requested, then they are newest first and meet without a gap', async () => {
    const ann = id();
    for (let n = 0; n < 5; n += 1) await inbox.publishEvent('LIKE', `${n} ${ann}`, about(ann));
    const first = await list(ann, '?limit=2');
    const second = await list(ann, `?limit=10&before=${first[1]._id}`);
    expect([...first, ...second].map(({ _id }) => _id)).toEqual((await list(ann)).map(({ _id }) => _id));
    for (const query of ['?limit=0', '?limit=101', '?limit=1.5', '?before=x', '?unread=maybe', '?userId=x'])
      expect((await inbox.call('GET', `/api/notifications${query}`, ann)).status).toBe(400);
  });
});

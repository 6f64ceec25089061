import { createRealtimeService, loadConfig } from '@linsta/realtime';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';

const [ann, ben, cleo] = ['a', 'b', 'c'].map((letter) => letter.repeat(24)) as [string, string, string];

let realtime: ServiceFixture;
const hidden = new Set<string>();
const sockets: Socket[] = [];
beforeAll(async () => {
  realtime = await createServiceFixture({
    name: 'realtime',
    create: createRealtimeService,
    loadConfig,
    env: { DRAIN_MS: '50', PRESENCE_GRACE_MS: '50' },
  });
  realtime.upstreams.users
    .persist()
    .post('/internal/people')
    .reply(200, (_path, body: any) => ({
      users: body.userIds.map((_id: string) => ({
        ...{ _id, name: 'Name', avatarUrl: null, email: null },
        privacy: { readReceipts: true, presence: !hidden.has(_id) },
      })),
    }));
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));
afterAll(() => realtime.stop());

async function device(userId: string) {
  const socket = io(realtime.url, { transports: ['websocket'], forceNew: true, auth: { token: realtime.tokenOf(userId) } });
  sockets.push(socket);
  const changes: any[] = [];
  socket.on('presence', (change) => void changes.push(change));
  await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
  return {
    changes,
    watch: async (...userIds: string[]): Promise<any[]> =>
      (await socket.timeout(5_000).emitWithAck('presence_subscribe', { userIds })).presence,
  };
}
const seenBy = async (userId: string, other: string) =>
  (await realtime.call('GET', `/api/presence?userIds=${other}`, userId)).body[0].status as string;

test('when a user hides the presence, then others see an offline user, and the user sees nobody, until it is shown again', async () => {
  hidden.add(cleo);
  const [his, hers] = [await device(ben), await device(cleo)];
  await waitFor(async () => (await seenBy(ann, ben)) === 'online');
  expect(await seenBy(ann, cleo)).toBe('offline');
  expect(await seenBy(cleo, ben)).toBe('offline');
  expect(await his.watch(cleo)).toEqual([{ userId: cleo, status: 'offline', lastSeenAt: null }]);
  expect(await hers.watch(ben)).toEqual([{ userId: ben, status: 'offline', lastSeenAt: null }]);

  const change = (userId: string, presence: boolean, id: string) =>
    realtime.publishEvent('USER_CHANGED', id, { userId, name: 'Name', privacy: { readReceipts: true, presence } });
  await change(cleo, true, 'shown');
  await waitFor(() => his.changes.length === 1);
  expect(his.changes[0]).toMatchObject({ userId: cleo, status: 'online' });
  expect(await hers.watch(ben)).toMatchObject([{ userId: ben, status: 'online' }]);

  await change(ben, false, 'hidden');
  await waitFor(() => hers.changes.some(({ userId, status }) => userId === ben && status === 'offline'));
  expect(await seenBy(ben, cleo)).toBe('offline');
  // The user no longer gets the changes of users that were watched before.
  await change(cleo, false, 'hidden again');
  await waitFor(async () => (await seenBy(ann, cleo)) === 'offline');
  expect(his.changes).toHaveLength(1);
});

import { waitFor } from '@linsta/testing';
import type { Environment } from '../../src/environment';
import { deviceOn, realtimeNodes, register, roomOf } from './users';

/** Presence and pushes across realtime nodes, with and without Redis. */
export function redisSuite(environment: () => Environment): void {
  test('when a realtime node is killed with kill -9, then users connected to it alone are shown offline within 45 s, and no other user flickers', async () => {
    const env = environment();
    const [ann, ben, cleo, dora] = [
      await register(env, 'Ann'),
      await register(env, 'Ben'),
      await register(env, 'Cleo'),
      await register(env, 'Dora'),
    ];
    const gone = { reconnection: false };
    const watcher = await deviceOn(env, ann, 'realtime-1');
    const devices = [
      await deviceOn(env, ben, 'realtime-2', gone),
      await deviceOn(env, cleo, 'realtime-1'),
      await deviceOn(env, dora, 'realtime-1'),
      await deviceOn(env, dora, 'realtime-2', gone),
    ];
    const userIds = [ben, cleo, dora].map(({ _id }) => _id);
    const { presence } = await watcher.request('presence_subscribe', { userIds });
    expect(presence.map(({ status }: any) => status)).toEqual(['online', 'online', 'online']);
    process.kill(env.stack.pidOf('realtime-2')!, 'SIGKILL');
    const changes = await waitFor(
      () => {
        const changes = watcher.received('presence');
        return changes.length > 0 ? changes : undefined;
      },
      'a user being shown offline',
      45_000,
    );
    expect(changes).toMatchObject([{ userId: ben._id, status: 'offline', lastSeenAt: expect.any(String) }]);
    // No lease of the dead node is left to be swept: the other users stay online.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const { presence: now } = await watcher.request('presence_subscribe', { userIds });
    expect(now.map(({ status }: any) => status)).toEqual(['offline', 'online', 'online']);
    expect(watcher.received('presence')).toHaveLength(1);
    for (const { socket } of [watcher, ...devices]) socket.disconnect();
    await waitFor(async () => (await realtimeNodes(env).catch(() => undefined))?.size === 2, 'both nodes being ready', 30_000);
  }, 120_000);

  test('when one types, reacts and receives on one node, then the other user gets it on another node', async () => {
    const env = environment();
    const [ann, ben] = [await register(env, 'Ann'), await register(env, 'Ben')];
    const chatRoomId = await roomOf(env, ann, ben);
    const hers = await deviceOn(env, ann, 'realtime-1');
    const his = await deviceOn(env, ben, 'realtime-2');
    expect(await hers.request('typing', { chatRoomId, typing: true })).toMatchObject({ ok: true });
    await waitFor(() => his.received('typing').length === 1, 'the typing', 10_000);
    await hers.request('send_message', { chatRoomId, text: 'hello' });
    await his.request('react', { chatRoomId, seq: 1, emoji: '👍', on: true });
    await his.request('mark_delivered', { rooms: [{ chatRoomId, seq: 1 }] });
    await waitFor(() => hers.received('message_changed').length === 1, 'the reaction', 10_000);
    await waitFor(() => hers.received('room_delivered').length === 1, 'the delivered mark', 10_000);
    expect(his.received('typing')).toEqual([{ chatRoomId, userId: ann._id, typing: true }]);
    expect(hers.received('message_changed')).toMatchObject([{ rev: 1, message: { reactions: [{ emoji: '👍', userIds: [ben._id] }] } }]);
    for (const { socket } of [hers, his]) socket.disconnect();
  }, 60_000);

  test('when Redis is gone, then nodes are degraded and not down, chat within a node goes on live, no acknowledged send is lost, and pushes reach all nodes again when it is back', async () => {
    const env = environment();
    const [ann, ben] = [await register(env, 'Ann'), await register(env, 'Ben')];
    const chatRoomId = await roomOf(env, ann, ben);
    const hers = await deviceOn(env, ann, 'realtime-1');
    const near = await deviceOn(env, ben, 'realtime-1');
    const far = await deviceOn(env, ben, 'realtime-2');
    const send = async (text: string) => expect(await hers.request('send_message', { chatRoomId, text })).toMatchObject({ ok: true });
    const texts = ({ received }: typeof hers) => received('receive_message').map(({ text }) => text);
    const states = async () =>
      Promise.all(
        env.stack.members
          .filter(({ service }) => service === 'realtime')
          .map(async ({ ports }) => {
            const response = await fetch(`http://127.0.0.1:${ports.port}/readyz`);
            return `${response.status} ${((await response.json()) as { checks: Record<string, string> }).checks.redis ?? ''}`;
          }),
      );
    try {
      await send('before');
      await waitFor(() => texts(far).includes('before'), 'the other node’s copy');
      await env.redis.kill('SIGKILL');
      await waitFor(async () => (await states()).every((state) => state === '200 degraded'), 'both being degraded', 20_000);
      await send('without');
      await waitFor(() => texts(near).includes('without'), 'the live copy on the same node');
      // The other node pushed nothing; a resume there returns the acknowledged message.
      const { rooms } = await far.request('resume', { rooms: [{ chatRoomId, afterSeq: 1 }] });
      expect(rooms[0].messages.map(({ text }: any) => text)).toEqual(['without']);
    } finally {
      await env.redis.start();
    }
    await waitFor(async () => (await states()).every((state) => state === '200 ok'), 'both being ready', 30_000);
    let round = 0;
    await waitFor(
      async () => {
        await send(`after ${(round += 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return texts(far).includes(`after ${round}`);
      },
      'pushes to the other node again',
      30_000,
    );
    for (const device of [near, far]) expect(new Set(texts(device)).size).toBe(texts(device).length);
    for (const { socket } of [hers, near, far]) socket.disconnect();
  }, 120_000);
}

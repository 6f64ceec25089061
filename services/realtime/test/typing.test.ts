import { createRealtimeService, loadConfig } from '@linsta/realtime';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';
import { io, type Socket } from 'socket.io-client';
import { createTyping } from '../src/typing';

const [ann, ben, eve, room] = ['a', 'b', 'e', '1'].map((letter) => letter.repeat(24)) as [string, string, string, string];

describe('over sockets', () => {
  let realtime: ServiceFixture;
  let lookups = 0;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    realtime = await createServiceFixture({ name: 'realtime', create: createRealtimeService, loadConfig, env: { DRAIN_MS: '50' } });
    realtime.upstreams.chat
      .persist()
      .post('/internal/participants')
      .reply((_path, body: any) => {
        lookups += 1;
        if (body.chatRoomId !== room) return [404, { code: 'CHAT_ROOM_NOT_FOUND', detail: 'Chat room not found' }];
        if (body.userId === eve) return [403, { code: 'NOT_A_PARTICIPANT', detail: 'User not a participant' }];
        return [200, { participants: [ann, ben] }];
      });
    realtime.upstreams.notification.persist().post('/internal/undelivered').reply(200, { notifications: [] });
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));
  afterAll(() => realtime.stop());

  async function device(userId: string) {
    const socket = io(realtime.url, { transports: ['websocket'], forceNew: true, auth: { token: realtime.tokenOf(userId) } });
    sockets.push(socket);
    const received: any[] = [];
    socket.on('typing', (payload) => void received.push(payload));
    await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
    return { socket, received, request: (payload: unknown): Promise<any> => socket.timeout(5_000).emitWithAck('typing', payload) };
  }

  test('when one types on and on, then the other gets it once, and nothing comes back', async () => {
    const [hers, his] = [await device(ann), await device(ben)];
    const answers = await Promise.all(Array.from({ length: 20 }, () => hers.request({ chatRoomId: room, typing: true })));
    expect(answers.every(({ ok }) => ok)).toBe(true);
    expect(await hers.request({ chatRoomId: room, typing: false })).toEqual({ ok: true });
    await waitFor(() => his.received.length >= 2);
    expect(his.received).toEqual([
      { chatRoomId: room, userId: ann, typing: true },
      { chatRoomId: room, userId: ann, typing: false },
    ]);
    expect(hers.received).toEqual([]);
    // Who is in the room was requested by those that came before the first answer, and never again.
    const before = lookups;
    await hers.request({ chatRoomId: room, typing: false });
    expect(lookups).toBe(before);
  });
  test('when the typing socket disconnects, then the other gets the end', async () => {
    const [hers, his] = [await device(ann), await device(ben)];
    await hers.request({ chatRoomId: room, typing: true });
    await waitFor(() => his.received.length === 1);
    hers.socket.disconnect();
    await waitFor(() => his.received.length === 2);
    expect(his.received[1]).toEqual({ chatRoomId: room, userId: ann, typing: false });
  });
  test.each([
    ['a stranger', eve, { chatRoomId: room, typing: true }, 'NOT_A_PARTICIPANT'],
    ['for no room', ann, { chatRoomId: 'f'.repeat(24), typing: true }, 'CHAT_ROOM_NOT_FOUND'],
    ['for no id', ann, { chatRoomId: { $ne: null }, typing: true }, 'BAD_REQUEST'],
    ['with a word', ann, { chatRoomId: room, typing: 'yes' }, 'BAD_REQUEST'],
    ['with more', ann, { chatRoomId: room, typing: true, userId: ben }, 'BAD_REQUEST'],
    ['with nothing', ann, undefined, 'BAD_REQUEST'],
  ])('when it comes from or %s, then it is refused and nobody gets it', async (_what, userId, payload, code) => {
    const [bad, hers, his] = [await device(userId), await device(ann), await device(ben)];
    expect(await bad.request(payload)).toMatchObject({ ok: false, error: { code } });
    expect([hers.received, his.received]).toEqual([[], []]);
  });
});

describe('in time', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());
  const start = (maxEntries?: number) => {
    const sent: boolean[] = [];
    const push = (_users: string[], _event: string, { typing }: { typing: boolean }) => void sent.push(typing);
    const typing = createTyping({ push: push as never, ...(maxEntries !== undefined && { maxEntries }) });
    const set = (isTyping: boolean, userId = ann) =>
      typing.set({ chatRoomId: room, userId, others: [ben], socketId: 's', typing: isTyping });
    return { sent, typing, set };
  };

  test('when nothing follows, then it ends after six seconds and nothing is kept', () => {
    const { sent, typing, set } = start();
    set(true);
    jest.advanceTimersByTime(5_900);
    expect(sent).toEqual([true]);
    jest.advanceTimersByTime(200);
    expect(sent).toEqual([true, false]);
    jest.advanceTimersByTime(2_000);
    expect(typing.size()).toBe(0);
  });
  test('when it flips at every key stroke, then at most one start is sent in two seconds, and the last state arrives', () => {
    const { sent, set } = start();
    for (let at = 0; at < 100; at += 1) {
      set(true);
      set(false);
      jest.advanceTimersByTime(100);
    }
    expect(sent.filter((typing) => typing)).toHaveLength(5);
    expect(sent.at(-1)).toBe(false);
    set(true);
    jest.advanceTimersByTime(2_000);
    expect(sent.at(-1)).toBe(true);
  });
  test('when too many type, then a further one is refused and a known one is not', () => {
    const { set } = start(1);
    set(true);
    expect(() => set(true, ben)).toThrow('Too many users are typing');
    expect(() => set(true)).not.toThrow();
  });
});

import type { ReceivedMessage } from '@linsta/contracts';
import { createMemoryOutbox, LinstaError, type OutboxStorage } from '@linsta/client';
import { waitFor } from '@linsta/testing';
import type { OpenTabChannel } from '../src/core/tab-channel.js';
import { createOutbox } from '../src/outbox/outbox.js';

const USER = 'a'.repeat(24);
const ROOM = 'b'.repeat(24);

/** The channel between the tabs of one browser. */
function createTabBus() {
  const tabs = new Set<(message: never) => void>();
  const openChannel: OpenTabChannel = (_name, onMessage) => {
    tabs.add(onMessage);
    return {
      post: (message) => {
        for (const tab of tabs) if (tab !== onMessage) queueMicrotask(() => tabs.has(tab) && tab(structuredClone(message) as never));
      },
      close: () => void tabs.delete(onMessage),
    };
  };
  return { openChannel };
}
/** A server that stores each `clientMessageId` once. */
function createRoomStub() {
  const stored: string[] = [];
  const ids = new Map<string, number>();
  return {
    stored,
    store(tab: string, { text, clientMessageId }: { text: string; clientMessageId: string }): { message: ReceivedMessage } {
      if (!ids.has(clientMessageId)) {
        stored.push(`${text} by ${tab}`);
        ids.set(clientMessageId, stored.length);
      }
      const seq = ids.get(clientMessageId) ?? 0;
      const sender = { _id: USER, name: 'Ann' };
      const createdAt = '2026-01-01T00:00:00.000Z';
      return {
        message: { _id: String(seq).padStart(24, '0'), chatRoomId: ROOM, senderId: USER, sender, text, seq, createdAt, clientMessageId },
      };
    },
  };
}
type Behaviour = 'online' | 'offline' | 'suspended';

const opened: { close(): void }[] = [];
afterEach(() => opened.splice(0).forEach((outbox) => outbox.close()));

function openTab(
  name: string,
  {
    server,
    bus,
    storage,
    refuse,
  }: {
    server: ReturnType<typeof createRoomStub>;
    bus?: ReturnType<typeof createTabBus>;
    storage?: OutboxStorage;
    refuse?: () => string | undefined;
  },
) {
  let behaviour: Behaviour = 'online';
  const online: (() => void)[] = [];
  let waiting = 0;
  const outbox = createOutbox({
    userId: () => USER,
    storage: storage ?? createMemoryOutbox(),
    connection: {
      online: () => behaviour !== 'offline',
      onOnline: (listener) => void online.push(listener),
      setWaiting: (count) => (waiting = count),
      async request(_event, payload) {
        if (behaviour === 'suspended') return new Promise<never>(() => undefined);
        const code = refuse?.();
        if (code !== undefined) throw new LinstaError(code, code);
        return server.store(name, payload as never) as never;
      },
    },
    network: { backOff: () => 5, log: () => undefined },
    onSent: () => undefined,
    onChanged: () => undefined,
    onChange: () => undefined,
    ...(bus !== undefined && { openChannel: bus.openChannel }),
  });
  opened.push(outbox);
  return {
    outbox,
    waiting: () => waiting,
    open: () => outbox.open(),
    become(next: Behaviour) {
      behaviour = next;
      if (next === 'online') online.forEach((listener) => listener());
    },
  };
}

describe('several tabs', () => {
  test.each(['offline', 'suspended'] as const)(
    'given a first tab that is %s, when another tab sends, then its message is sent at once, and so is what the first one left',
    async (behaviour) => {
      const [server, bus, storage] = [createRoomStub(), createTabBus(), createMemoryOutbox()];
      const first = openTab('first', { server, bus, storage });
      first.open();
      const second = openTab('second', { server, bus, storage });
      second.open();
      await waitFor(() => true);
      first.become(behaviour);
      first.outbox.add(ROOM, 'left behind');
      second.outbox.add(ROOM, 'mine');
      await waitFor(() => server.stored[0] === 'mine by second', 'the own message', 2_000);
      await waitFor(() => server.stored.includes('left behind by second'), 'the other tab’s message', 8_000);
      await waitFor(() => first.waiting() === 0 && second.waiting() === 0, 'both outboxes being empty');
    },
    20_000,
  );

  test('given a tab that sends, when another one starts, then the message is sent by the first one alone', async () => {
    const [server, bus, storage] = [createRoomStub(), createTabBus(), createMemoryOutbox()];
    const refusals: string[] = [];
    const first = openTab('first', {
      server,
      bus,
      storage,
      refuse: () => (server.stored.length === 0 && refusals.push('') < 40 ? 'OVERLOADED' : undefined),
    });
    first.open();
    first.outbox.add(ROOM, 'one');
    const second = openTab('second', { server, bus, storage });
    second.open();
    await waitFor(() => server.stored.length === 1);
    expect(server.stored).toEqual(['one by first']);
    await waitFor(() => second.waiting() === 0);
  });

  test('given messages that a closed page left behind, when the next page sends at once, then the order is kept', async () => {
    const [server, bus, storage] = [createRoomStub(), createTabBus(), createMemoryOutbox()];
    const before = openTab('before', { server, bus, storage });
    before.become('offline');
    before.open();
    for (const text of ['one', 'two']) before.outbox.add(ROOM, text);
    await waitFor(async () => (await storage.load(USER)).length === 2);
    before.outbox.close();
    const after = openTab('after', { server, bus, storage });
    after.open();
    after.outbox.add(ROOM, 'three');
    await waitFor(() => server.stored.length === 3);
    expect(server.stored).toEqual(['one by after', 'two by after', 'three by after']);
  });
});

describe('storage', () => {
  const never = () => new Promise<never>(() => undefined);
  const refused = () => Promise.reject(new DOMException('denied', 'SecurityError'));
  test.each<[string, OutboxStorage]>([
    ['never answers', { load: never, put: never, remove: never }],
    ['refuses everything', { load: refused, put: refused, remove: refused }],
    [
      'throws',
      {
        load: () => {
          throw new Error('broken');
        },
        put: () => {
          throw new Error('broken');
        },
        remove: () => {
          throw new Error('broken');
        },
      },
    ],
  ])('given a storage that %s, when messages are sent, then they are sent from memory', async (_what, storage) => {
    const server = createRoomStub();
    const tab = openTab('tab', { server, storage });
    tab.open();
    for (const text of ['one', 'two']) tab.outbox.add(ROOM, text);
    await waitFor(() => server.stored.length === 2, 'both', 5_000);
    expect(server.stored).toEqual(['one by tab', 'two by tab']);
    expect(tab.waiting()).toBe(0);
  });
});

describe('refusals', () => {
  test.each([
    'OVERLOADED',
    'UNAVAILABLE',
    'INTERNAL',
    'RATE_LIMITED',
    'TOO_MANY_SOCKETS',
    'INVALID_SERVICE_TOKEN',
    'TOKEN_EXPIRED',
    'A_CODE_OF_TOMORROW',
  ])('given %s, when a message is sent, then it is repeated until it is stored', async (code) => {
    let refusals = 0;
    const server = createRoomStub();
    const tab = openTab('tab', { server, refuse: () => ((refusals += 1) <= 3 ? code : undefined) });
    tab.open();
    tab.outbox.add(ROOM, 'one');
    await waitFor(() => server.stored.length === 1);
    expect(refusals).toBe(4);
  });
  test('given a final refusal, when a message is sent, then it fails with the reason and a retry sends it again', async () => {
    let refusals = 0;
    const server = createRoomStub();
    const tab = openTab('tab', { server, refuse: () => ((refusals += 1) === 1 ? 'NOT_A_PARTICIPANT' : undefined) });
    tab.open();
    const { clientMessageId } = tab.outbox.add(ROOM, 'one');
    await waitFor(() => tab.outbox.unsent(ROOM)[0]?.error?.code === 'NOT_A_PARTICIPANT');
    tab.outbox.retry(clientMessageId);
    await waitFor(() => server.stored.length === 1);
  });
});

test('given a closed outbox, when it is opened again, then it sends', async () => {
  const server = createRoomStub();
  const tab = openTab('tab', { server });
  tab.open();
  tab.outbox.close();
  tab.outbox.add(ROOM, 'one');
  tab.open();
  await waitFor(() => server.stored.length === 1);
});

import { createLinsta, createMemoryOutbox, type OutboxStorage } from '@linsta/client';
import { createFaultProxy, createRandom } from '@linsta/testing';
import {
  checkChanges,
  checkMoment,
  checkOutcome,
  typedText,
  type Fault,
  type Shown,
  type Stored,
  type Typed,
  type Wanted,
} from './checker';
import { createFrameProxy } from './frame-proxy';

const USERS = ['ann', 'ben', 'cat'] as const;
const DEVICES = ['phone', 'laptop'] as const;
const FAULTS = ['cut', 'silent', 'slow', 'duplicate', 'swap', 'drop', 'strand', 'reload'] as const;
export type FaultKind = (typeof FAULTS)[number] | 'killed';
const MAX_UNSENT = 20;
/** Each device has an emoji of its own: the last press on it decides the outcome. */
const EMOJI = [...'😀😂🥰😎🤔😢'];
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export interface SimulationResult {
  seed: number;
  faults: Fault[];
  sent: number;
  /** Reactions and edits. */
  changes: number;
  received: number;
  injected: Partial<Record<FaultKind, number>>;
}
/** A fault planted between the user and the client, to prove that the run finds it. */
export type Plant = (send: (text: string) => void, text: string, at: number) => void;

interface Account {
  _id: string;
  token: string;
}

/**
 * Simulates three users with two devices each in three rooms; every device is behind a network that
 * fails as the seed decides.
 */
export async function runSchedule(options: {
  seed: number;
  port: number;
  forMs: number;
  healsWithinMs: number;
  plant?: Plant | undefined;
}): Promise<SimulationResult> {
  const { seed, port } = options;
  const random = createRandom(seed);
  const direct = `http://127.0.0.1:${port}`;
  /**
   * Calls the server past all network faults, with retries, since the server itself may restart.
   */
  const call = async (method: string, path: string, token?: string, body?: unknown): Promise<any> => {
    for (let tries = 0; ; tries += 1) {
      try {
        const response = await fetch(direct + path, {
          method,
          headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        if (response.ok) return await response.json();
        if (response.status < 500)
          throw Object.assign(new Error(`${method} ${path}: ${response.status} ${await response.text()}`), { final: true });
      } catch (error) {
        if ((error as { final?: boolean }).final === true || tries > 60) throw error;
      }
      await sleep(250);
    }
  };
  const accounts = new Map<string, Account>();
  for (const name of USERS) {
    const { user, token } = await call('POST', '/api/auth/register', undefined, {
      name,
      email: `${name}.${seed}.${process.pid}.${Date.now()}@example.com`,
      password: 'correct horse',
    });
    accounts.set(name, { _id: user._id, token });
  }
  const accountOf = (name: string) => accounts.get(name) as Account;
  const rooms: { id: string; members: string[] }[] = [];
  for (const [one, other] of [
    ['ann', 'ben'],
    ['ann', 'cat'],
    ['ben', 'cat'],
  ] as const) {
    const { chatRoomId } = await call('POST', '/api/chat/rooms', accountOf(one).token, { otherUserId: accountOf(other)._id });
    rooms.push({ id: chatRoomId, members: [one, other] });
  }

  const faults: Fault[] = [];
  const typed: Typed[] = [];
  /** By the thing that is changed: what its only author wanted last. */
  const wanted = new Map<string, Wanted>();
  let changes = 0;
  const injected: SimulationResult['injected'] = {};
  const count = (kind: FaultKind, times = 1) => (injected[kind] = (injected[kind] ?? 0) + times);

  const devices = await Promise.all(
    USERS.flatMap((user) =>
      DEVICES.map(async (device) => {
        const name = `${user}'s ${device}`;
        const own = createRandom(random.below(2 ** 31));
        const frames = await createFrameProxy({ port }, own);
        const network = await createFaultProxy({ target: { port: frames.port }, random: own.next });
        const storage: OutboxStorage = createMemoryOutbox();
        const transports: ('websocket' | 'polling')[] = own.chance(0.7) ? ['websocket'] : ['polling', 'websocket'];
        const mine = rooms.filter(({ members }) => members.includes(user));
        const emoji = EMOJI[USERS.indexOf(user) * DEVICES.length + DEVICES.indexOf(device)] ?? '';
        const otherIds = USERS.filter((other) => other !== user).map((other) => accountOf(other)._id);
        const start = () => {
          const linsta = createLinsta({
            url: network.url,
            token: accountOf(user).token,
            outbox: storage,
            transports,
            deadlineMs: 5_000,
            resyncEveryMs: 1_000,
          });
          for (const { id } of mine) {
            const room = linsta.messages(id);
            room.subscribe(() => faults.push(...checkMoment(name, room.get().messages)));
          }
          const seen = linsta.presence(otherIds);
          seen.subscribe(() => undefined);
          linsta.connect();
          return { linsta, seen };
        };
        let { linsta, seen } = start();
        let at = 0;
        return {
          name,
          user,
          transports,
          mine,
          network,
          frames,
          random: own,
          linsta: () => linsta,
          statusOf: (other: string) => seen.get()[accountOf(other)._id]?.status,
          type() {
            const { id } = own.pick(mine);
            const text = `${name} ${(at += 1)}`;
            typed.push({ device: name, chatRoomId: id, text });
            const send = (content: string) => void linsta.messages(id).send(content);
            if (options.plant === undefined) send(text);
            else options.plant(send, text, at);
          },
          /** Reacts to a message that is shown, or edits one of this device. */
          change() {
            const { id: chatRoomId } = own.pick(mine);
            const room = linsta.messages(chatRoomId);
            const shown = room.get().messages.flatMap((message) => (message.status === 'sent' ? [message] : []));
            if (shown.length === 0) return;
            const message = own.pick(shown.slice(-20));
            const { seq } = message;
            const userId = accountOf(user)._id;
            const edited = own.chance(0.3);
            if (edited && !message.text.startsWith(`${name} `)) return;
            changes += 1;
            if (edited) {
              const text = `${typedText(message.text)} (edited ${changes})`;
              wanted.set(`${chatRoomId} ${seq} text`, { chatRoomId, seq, userId, change: { kind: 'edit', text } });
              room.edit(seq, text);
            } else {
              const on = own.chance(0.6);
              wanted.set(`${chatRoomId} ${seq} ${name}`, { chatRoomId, seq, userId, change: { kind: 'react', emoji, on } });
              room.react(seq, emoji, on);
            }
          },
          hint() {
            linsta.typing(own.pick(mine).id).set(own.chance(0.7));
          },
          read: () =>
            void linsta
              .messages(own.pick(mine).id)
              .markRead()
              .catch(() => undefined),
          /** Like a page reload: unsent messages stay in the storage. */
          reload() {
            linsta.close();
            ({ linsta, seen } = start());
          },
        };
      }),
    ),
  );

  // Users write and read all the time; networks fail and heal.
  const until = Date.now() + options.forMs;
  const act = async (device: (typeof devices)[number]) => {
    while (Date.now() < until) {
      await sleep(device.random.between(20, 500));
      const burst = device.random.chance(0.2) ? device.random.between(2, 6) : 1;
      // Unsent messages are bounded: a machine under load must be able to catch up.
      for (let n = 0; n < burst && device.linsta().connection.get().waiting < MAX_UNSENT; n += 1) device.type();
      if (device.random.chance(0.3)) device.read();
      if (device.random.chance(0.5)) device.change();
      if (device.random.chance(0.3)) device.hint();
    }
  };
  const injectFaults = async (device: (typeof devices)[number]) => {
    const { network, frames } = device;
    while (Date.now() < until) {
      await sleep(device.random.between(200, 1_500));
      const kind = device.random.pick(FAULTS);
      count(kind);
      // A silent network may last longer than deadlineMs of the client.
      const lasts = device.random.between(200, kind === 'silent' ? 7_000 : 2_500);
      if (kind === 'cut') network.down();
      if (kind === 'silent') network.mode('silent');
      if (kind === 'slow') network.shape({ latencyMs: 100, jitterMs: 300, sliceBytes: device.random.between(1, 200) });
      if (kind === 'duplicate') frames.faults({ duplicate: 0.5 });
      if (kind === 'swap') frames.faults({ swap: 0.5 });
      if (kind === 'drop') frames.faults({ drop: 0.3 });
      if (kind === 'strand') frames.strand(lasts);
      if (kind === 'reload') device.reload();
      await sleep(lasts);
      network.heal();
      frames.faults({});
    }
  };
  await Promise.all(devices.flatMap((device) => [act(device), injectFaults(device)]));
  for (const { network, frames } of devices) {
    network.heal();
    frames.faults({});
  }

  const serverOf = async (): Promise<Record<string, Stored[]>> => {
    const all: Record<string, Stored[]> = {};
    for (const { id, members } of rooms) {
      const stored: Stored[] = [];
      for (;;) {
        const page = await call('GET', `/api/chat/messages/${id}?limit=100&afterSeq=${stored.length}`, accountOf(members[0] ?? '').token);
        stored.push(...page.map(({ seq, text, reactions }: Stored) => ({ seq, text, reactions })));
        if (page.length < 100) break;
      }
      all[id] = stored;
    }
    return all;
  };
  const shownOf = () =>
    Object.fromEntries(
      devices.map(({ name, mine, linsta }): [string, Record<string, Shown[]>] => [
        name,
        Object.fromEntries(mine.map(({ id }) => [id, [...linsta().messages(id).get().messages]])),
      ]),
    );
  /** Compares room summaries, read marks and unread counts of every device with the server. */
  const checkLists = async () => {
    const found: Fault[] = [];
    for (const user of USERS) {
      const list = (await call('GET', '/api/chat/rooms', accountOf(user).token)) as {
        _id: string;
        lastSeq: number;
        readSeq: number;
        othersReadSeq: number;
        unreadCount: number;
      }[];
      const toText = (entries: typeof list) =>
        entries
          .map(({ _id, lastSeq, readSeq, othersReadSeq, unreadCount }) => [_id, lastSeq, readSeq, othersReadSeq, unreadCount].join(' '))
          .sort()
          .join('; ');
      for (const { name, linsta, transports } of devices.filter((device) => device.user === user)) {
        const { rooms: held } = linsta().rooms.get();
        if (toText(held) !== toText(list))
          found.push({ kind: 'differs', what: `${name} lists ${toText(held)} where the server has ${toText(list)}` });
        const { status, waiting } = linsta().connection.get();
        if (status !== 'online' || waiting !== 0)
          found.push({ kind: 'differs', what: `${name} is ${status} with ${waiting} waiting, over ${transports.join()}` });
      }
    }
    return found;
  };
  const checkPresence = (expected: Record<string, 'online' | 'offline'>): Fault[] =>
    devices
      .filter(({ user }) => expected[user] === 'online')
      .flatMap(({ name, user, statusOf }) =>
        Object.entries(expected)
          .filter(([other, status]) => other !== user && statusOf(other) !== status)
          .map(([other, status]): Fault => ({ kind: 'differs', what: `${name} shows ${other} as ${statusOf(other)}, who is ${status}` })),
      );
  const untilHealed = async (check: () => Promise<Fault[]>): Promise<Fault[]> => {
    for (const heals = Date.now() + options.healsWithinMs; ;) {
      await sleep(300);
      const left = await check();
      if (left.length === 0 || Date.now() >= heals) return left;
    }
  };
  const checkMessages = async () => {
    const server = await serverOf();
    return [...checkOutcome({ typed, server, devices: shownOf() }), ...checkChanges([...wanted.values()], server)];
  };
  const left = await untilHealed(async () => [
    ...(await checkLists()),
    ...(await checkMessages()),
    ...checkPresence({ ann: 'online', ben: 'online', cat: 'online' }),
  ]);

  const received = Object.values(shownOf()).reduce(
    (sum, held) => sum + Object.values(held).reduce((all, { length }) => all + length, 0),
    0,
  );
  // One user closes both devices; the heartbeat ends connections that a fault left half open.
  if (left.length === 0) {
    devices.filter(({ user }) => user === 'cat').forEach(({ linsta }) => linsta().close());
    left.push(...(await untilHealed(() => Promise.resolve(checkPresence({ ann: 'online', ben: 'online', cat: 'offline' })))));
  }
  for (const { linsta, network, frames } of devices) {
    linsta().close();
    await network.close();
    await frames.close();
  }
  return { seed, faults: [...faults, ...left], sent: typed.length, changes, received, injected };
}

import { setTimeout as pause } from 'node:timers/promises';
import { check, countOf, type Outcome } from './checkers';
import type { Users, SimulatedUser } from './users';
import type { History } from './history';

/** A vanished device may be shown online for this time; all other healing takes less. */
const SETTLE_MS = 60_000;

interface StoredMessage {
  _id: string;
  seq: number;
  text: string;
  senderId: { _id: string };
}
const messagesOf = async ({ api, token }: SimulatedUser, room: string): Promise<StoredMessage[]> => {
  const all: StoredMessage[] = [];
  for (;;) {
    const path = `/api/chat/messages/${room}?limit=100&afterSeq=${all.at(-1)?.seq ?? 0}`;
    const page = await api.call<StoredMessage[]>('GET', path, { token });
    if (page.length === 0) return all;
    all.push(...page);
  }
};
const inboxOf = async ({ _id, api, token }: SimulatedUser) => {
  const rows: { _id: string; actorId: string; referenceId: string }[] = [];
  for (;;) {
    const before = rows.at(-1);
    const page = await api.call<typeof rows>('GET', `/api/notifications?limit=100${before === undefined ? '' : `&before=${before._id}`}`, {
      token,
    });
    if (page.length === 0) break;
    rows.push(...page);
  }
  const { unread } = await api.call<{ unread: number }>('GET', '/api/notifications/unread-count', { token });
  return { user: _id, unread, rows: rows.map(({ actorId, referenceId }) => ({ actor: actorId, post: referenceId })) };
};
const readsOf = async ({ _id, api, token }: SimulatedUser) => {
  const rooms = await api.call<{ _id: string; lastSeq: number; unreadCount: number }[]>('GET', '/api/chat/rooms?limit=100', { token });
  const { chat } = await api.call<{ chat: number }>('GET', '/api/unread', { token });
  return {
    user: _id,
    unreadTotal: chat,
    rooms: rooms.map((room) => ({ room: room._id, lastSeq: room.lastSeq, unreadCount: room.unreadCount })),
  };
};
const presenceOf = async ([first]: SimulatedUser[], members: SimulatedUser[]) => {
  const { api, token } = first as SimulatedUser;
  const ids = members.map(({ _id }) => _id).join();
  const known = await api.call<{ userId: string; status: 'online' | 'offline' }[]>('GET', `/api/presence?userIds=${ids}`, { token });
  const connected = new Set(members.flatMap(({ devices }) => devices.filter((device) => device.connected()).map(({ user }) => user)));
  return known.map(({ userId, status }) => ({ user: userId, status, connected: connected.has(userId) }));
};

async function observe({ members, devices, owners }: Users): Promise<Outcome> {
  await Promise.all(devices.filter((device) => device.connected()).map((device) => device.resume().catch(() => undefined)));
  const readers = new Map(members.flatMap((member) => member.rooms.map((room) => [room, member] as const)));
  const rooms: Outcome['rooms'] = [];
  for (const [room, member] of readers) {
    const messages = await messagesOf(member, room);
    rooms.push({
      room,
      messages: messages.map(({ _id, seq, text, senderId }) => ({ seq, messageId: _id, senderId: senderId._id, key: text })),
    });
  }
  return {
    rooms,
    devices: devices.filter((device) => device.connected()).map((device) => ({ device: device.device, rooms: device.held() })),
    reads: await Promise.all(members.map(readsOf)),
    inboxes: await Promise.all(members.map(inboxOf)),
    owners,
    presence: await presenceOf(members, members),
  };
}

/**
 * Observes the product until the checkers find no fault, at most `SETTLE_MS`; returns the last
 * report.
 */
export async function settle(simulation: Users, history: History) {
  const until = Date.now() + SETTLE_MS;
  for (;;) {
    const outcome = await observe(simulation);
    const report = check(history.lines, outcome);
    if (countOf(report) === 0 || Date.now() > until) return { report, outcome };
    await pause(2_000);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { isRetryable } from '@linsta/contracts';
import { io, type Socket } from 'socket.io-client';
import type { History } from './history';

const ANSWER_MS = 5_000;
const RESYNC_EVERY_MS = 4_000;

interface Message {
  _id: string;
  chatRoomId: string;
  seq: number;
}
interface ResumedRoom {
  chatRoomId: string;
  lastSeq: number;
  messages: Message[];
  reset: boolean;
}
type Answer<T> = ({ ok: true } & T) | { ok: false; error: { code: string; message: string } };

/**
 * A client as the contract describes it, and no more: it repeats an unanswered send under the same
 * key, resumes after each connect, and resyncs at an interval. Written without the SDK, so that the
 * two do not share their errors.
 */
export function createDevice(options: {
  url: string;
  token: string;
  user: string;
  name: string;
  rooms: string[];
  watched: string[];
  transport: 'websocket' | 'polling';
  history: History;
}) {
  const { user, name: device, rooms, history } = options;
  const held = new Map(rooms.map((room) => [room, new Map<number, string>()]));
  let wanted = true;
  const socket: Socket = io(options.url, {
    transports: [options.transport],
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 1_000,
    timeout: 5_000,
    auth: { token: options.token },
  });
  const request = async <T>(event: string, payload?: unknown): Promise<Answer<T>> =>
    (await socket.timeout(ANSWER_MS).emitWithAck(event, payload)) as Answer<T>;

  const store = ({ chatRoomId, seq, _id }: Message) => {
    const room = held.get(chatRoomId);
    const known = room?.get(seq);
    if (known !== undefined && known !== _id) history.note({ op: 'conflict', device, room: chatRoomId, seq, messageIds: [known, _id] });
    room?.set(seq, _id);
  };
  const gapless = (room: string) => {
    let seq = 0;
    while (held.get(room)?.has(seq + 1) === true) seq += 1;
    return seq;
  };
  /** Fetches missing messages. Throws when the server does not answer. */
  const resume = async () => {
    const points = rooms.map((chatRoomId) => ({ chatRoomId, afterSeq: gapless(chatRoomId) }));
    const answer = await request<{ rooms: ResumedRoom[] }>('resume', { rooms: points });
    if (!answer.ok) throw new Error(answer.error.code);
    for (const { chatRoomId, messages, reset, lastSeq } of answer.rooms) {
      messages.forEach(store);
      while (reset && gapless(chatRoomId) < lastSeq) {
        const page = await request<{ messages: Message[] }>('get_history', { chatRoomId, limit: 100, afterSeq: gapless(chatRoomId) });
        if (!page.ok) throw new Error(page.error.code);
        page.messages.forEach(store);
      }
    }
  };
  const subscribeAll = async (id: string | undefined) => {
    while (wanted && socket.connected && socket.id === id) {
      try {
        await resume();
        await request('subscribe_notifications');
        if (options.watched.length > 0) await request('presence_subscribe', { userIds: options.watched });
        return;
      } catch {
        await pause(200);
      }
    }
  };
  socket.on('connect', () => {
    history.note({ op: 'connect', user, device });
    void subscribeAll(socket.id);
  });
  socket.on('disconnect', () => history.note({ op: 'disconnect', user, device }));
  socket.on('receive_message', (message: Message) => {
    history.note({ op: 'receive', device, socket: socket.id ?? '', room: message.chatRoomId, seq: message.seq, messageId: message._id });
    store(message);
  });
  socket.on('notification', ({ _id }: { _id: string }) =>
    history.note({ op: 'notification', user, device, socket: socket.id ?? '', notificationId: _id }),
  );
  socket.on('presence', ({ userId, status }: { userId: string; status: 'online' | 'offline' }) =>
    history.note({ op: 'presence', watcher: device, user: userId, status }),
  );
  const resyncing = setInterval(() => socket.connected && void resume().catch(() => undefined), RESYNC_EVERY_MS);

  return {
    user,
    device,
    rooms,
    resume,
    connected: () => socket.connected,
    held: () => rooms.map((room) => ({ room, held: [...(held.get(room) ?? [])].sort(([a], [b]) => a - b) })),
    /**
     * Repeats a send until it is answered or `until` returns true; one send at a time, so that the
     * messages of a device keep their order.
     */
    async send(room: string, key: string, until: () => boolean): Promise<void> {
      const about = { op: 'send', user, device, room, key } as const;
      history.note({ ...about, phase: 'invoke' });
      while (!until()) {
        try {
          const answer = await request<{ message: Message }>('send_message', { chatRoomId: room, text: key, clientMessageId: key });
          if (answer.ok) return history.note({ ...about, phase: 'ok', seq: answer.message.seq, messageId: answer.message._id });
          if (!isRetryable(answer.error.code)) return history.note({ ...about, phase: 'fail', code: answer.error.code });
        } catch {
          // Not answered in time: the send is repeated under the same key.
        }
        await pause(200);
      }
      history.note({ ...about, phase: 'unknown' });
    },
    async markRead(room: string): Promise<void> {
      const seq = gapless(room);
      if (seq === 0) return;
      history.note({ op: 'read', phase: 'invoke', user, room, seq });
      const answer = await request<{ readSeq: number }>('mark_read', { chatRoomId: room, seq }).catch(() => undefined);
      const phase = answer === undefined ? 'unknown' : answer.ok ? 'ok' : !isRetryable(answer.error.code) ? 'fail' : 'unknown';
      history.note({ op: 'read', phase, user, room, seq });
    },
    /** Closes the transport without a disconnect packet; the socket reconnects by itself. */
    cut: () => void socket.io.engine?.close(),
    leave() {
      wanted = false;
      socket.disconnect();
    },
    join() {
      wanted = true;
      socket.connect();
    },
    close() {
      wanted = false;
      clearInterval(resyncing);
      socket.disconnect();
    },
  };
}
export type Device = ReturnType<typeof createDevice>;

import type { ReceivedMessage, Room } from '@linsta/contracts';
import { createCount } from './count.js';
import { createStore } from './store.js';
import { toLinstaError } from './timing.js';
import type { Call, Rooms, RoomsState, RoomView } from './types.js';

const PAGE = 50;
/** Changes to rooms that are not known here are looked up once for all that come within this time. */
const LOOK_AGAIN_MS = 100;

interface RoomsOptions {
  userId: () => string;
  call: Call;
  /** A room's row changed: its watermarks are handed on to whoever shows its messages. */
  onRow(room: RoomView): void;
}

export interface RoomList extends Rooms {
  received(message: ReceivedMessage): void;
  read(chatRoomId: string, userId: string, readSeq: number): void;
  resumed(chatRoomId: string, room: { lastSeq: number; readSeq: number; last: ReceivedMessage | undefined }): void;
  /** Call before asking the server for its count over all rooms, also those not held here; the answer goes to what this returns. */
  counting(): (unread: number) => void;
  find(chatRoomId: string): RoomView | undefined;
  load(): Promise<void>;
}

const byActivity = (a: RoomView, b: RoomView) => (a.updatedAt < b.updatedAt ? 1 : a.updatedAt > b.updatedAt ? -1 : a._id < b._id ? 1 : -1);

/** One's rooms, latest activity first. Unread numbers are always `lastSeq - readSeq`, never counted up and down. */
export function createRooms({ userId, call, onRow }: RoomsOptions): RoomList {
  const rows = new Map<string, RoomView>();
  let hasMore = false;
  /** Unread in rooms that are not held here, as far as one knows. */
  let elsewhere = 0;
  let loading: Promise<void> | undefined;
  let looking: ReturnType<typeof setTimeout> | undefined;

  const state = createStore<RoomsState>({ status: 'loading', rooms: [], unread: 0, hasMore: false }, () => void load());
  const unreadHere = () => [...rows.values()].reduce((sum, { unreadCount }) => sum + unreadCount, 0);
  const show = (patch: Partial<RoomsState> = {}) => {
    const { error: _, ...before } = state.get();
    state.set({ ...before, rooms: [...rows.values()].sort(byActivity), unread: unreadHere() + elsewhere, hasMore, ...patch });
  };
  const settle = (unread: number) => {
    elsewhere = hasMore ? Math.max(0, unread - unreadHere()) : 0;
    // All rooms are here and the numbers differ: something was read elsewhere, unheard.
    if (!hasMore && unread !== unreadHere()) lookAgain();
    show();
  };
  const count = createCount(async () => (await call('GET /api/unread')).chat, settle);
  const counting = () => {
    const counted = count.asking();
    // Where all rooms are here, a count that crossed a change costs a look at the list and nothing else.
    return (unread: number) => (hasMore ? counted(unread) : settle(unread));
  };
  const keep = (room: RoomView) => {
    const row = { ...room, unreadCount: Math.max(0, room.lastSeq - room.readSeq) };
    const known = rows.get(room._id);
    if (known?.unreadCount !== row.unreadCount) count.changed();
    if (known === undefined && elsewhere > 0) {
      elsewhere = Math.max(0, elsewhere - row.unreadCount);
      count.recount();
    }
    rows.set(room._id, row);
    onRow(row);
  };
  /** A page of the server and what was heard live may cross: whichever knows more wins, field by field. */
  const merge = (room: Room) => {
    const known = rows.get(room._id);
    const newer = known !== undefined && known.lastSeq > room.lastSeq;
    keep({
      ...room,
      other: room.participants.find(({ _id }) => _id !== userId()),
      lastSeq: Math.max(room.lastSeq, known?.lastSeq ?? 0),
      readSeq: Math.max(room.readSeq, known?.readSeq ?? 0),
      othersReadSeq: Math.max(room.othersReadSeq, known?.othersReadSeq ?? 0),
      ...(newer && { lastMessage: known.lastMessage, updatedAt: known.updatedAt }),
    });
  };
  const load = (): Promise<void> => {
    loading ??= (async () => {
      try {
        const found = await call('GET /api/chat/rooms', { query: { limit: PAGE } });
        found.forEach(merge);
        if (rows.size <= PAGE) hasMore = found.length === PAGE;
        show({ status: 'ready' });
      } catch (error) {
        if (state.get().status !== 'ready') show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };
  const lookAgain = () => {
    looking ??= setTimeout(() => {
      looking = undefined;
      void load();
    }, LOOK_AGAIN_MS);
  };

  return {
    get: state.get,
    subscribe: state.subscribe,
    find: (chatRoomId) => rows.get(chatRoomId),
    load,
    retry: load,
    received({ _id, chatRoomId, senderId, text, seq, createdAt }) {
      const row = rows.get(chatRoomId);
      if (row === undefined) return lookAgain();
      // Sending moves one's own watermark to the message just sent.
      const watermark = senderId === userId() ? 'readSeq' : 'othersReadSeq';
      if (seq <= row.lastSeq && seq <= row[watermark]) return;
      keep({
        ...row,
        ...(seq > row.lastSeq && { lastSeq: seq, updatedAt: createdAt, lastMessage: { _id, senderId, text, seq, createdAt } }),
        [watermark]: Math.max(row[watermark], seq),
      });
      show();
    },
    read(chatRoomId, reader, readSeq) {
      const row = rows.get(chatRoomId);
      if (row === undefined) return;
      const field = reader === userId() ? 'readSeq' : 'othersReadSeq';
      if (row[field] >= readSeq) return;
      keep({ ...row, [field]: readSeq });
      show();
    },
    resumed(chatRoomId, { lastSeq, readSeq, last }) {
      const row = rows.get(chatRoomId);
      if (row === undefined) return lookAgain();
      keep({
        ...row,
        lastSeq: Math.max(row.lastSeq, lastSeq),
        readSeq: Math.max(row.readSeq, readSeq),
        ...(last !== undefined &&
          last.seq > (row.lastMessage?.seq ?? 0) && {
            updatedAt: last.createdAt,
            lastMessage: { _id: last._id, senderId: last.senderId, text: last.text, seq: last.seq, createdAt: last.createdAt },
          }),
      });
      show();
    },
    counting,
    async open(otherUserId) {
      const { chatRoomId } = await call('POST /api/chat/rooms', { body: { otherUserId } });
      if (!rows.has(chatRoomId)) await load();
      return chatRoomId;
    },
    async loadMore() {
      if (!hasMore) return;
      const found = await call('GET /api/chat/rooms', { query: { limit: PAGE, skip: rows.size } });
      hasMore = found.length === PAGE;
      found.forEach(merge);
      show();
    },
  };
}

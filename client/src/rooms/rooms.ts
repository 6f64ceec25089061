import type { ReceivedMessage, Room } from '@linsta/contracts';
import { createCounter } from '../core/counter.js';
import { startTimer } from '../core/deadline.js';
import { createStore } from '../core/store.js';
import { toLinstaError } from '../errors.js';
import type { Call } from '../http/types.js';
import * as rowOf from './rows.js';
import type { Rooms, RoomsState, RoomView } from './types.js';

const PAGE = 50;
/** Changes to rooms that are not here are loaded once for all that come within this time. */
const RELOAD_DELAY_MS = 100;

interface RoomsOptions {
  userId: () => string;
  call: Call;
  /** A row changed: its watermarks go to the messages of that room. */
  onRow(room: RoomView): void;
}

export interface RoomList extends Rooms {
  /** Answers whether the message is new to this client. */
  received(message: ReceivedMessage): boolean;
  read(chatRoomId: string, userId: string, readSeq: number): void;
  delivered(chatRoomId: string, deliveredSeq: number): void;
  /** A message has a new state. */
  changed(message: ReceivedMessage): void;
  resumed(chatRoomId: string, room: rowOf.ResumedRow): void;
  /**
   * Call before the server's unread count over all rooms is requested; the function takes the
   * answer.
   */
  unreadRequested(): (unread: number) => void;
  find(chatRoomId: string): RoomView | undefined;
  load(): Promise<void>;
  /** Loads the newest page again, and one of the older pages in turn. */
  resync(): Promise<void>;
  stop(): void;
}

/** The user's rooms, latest activity first. */
export function createRooms({ userId, call, onRow }: RoomsOptions): RoomList {
  const rows = new Map<string, RoomView>();
  let hasMore = false;
  /** Unread messages in rooms beyond the list, as far as known. */
  let unreadElsewhere = 0;
  let loading: Promise<void> | undefined;
  let reloading: ReturnType<typeof setTimeout> | undefined;
  /** Position of the older page that the last resync loaded. */
  let resyncedAt = 0;

  const state = createStore<RoomsState>({ status: 'loading', rooms: [], unread: 0, hasMore: false }, () => void load());
  const unreadHere = () => rowOf.countUnread(rows.values());
  const show = (patch: Partial<RoomsState> = {}) => {
    const { error: _, ...before } = state.get();
    const rooms = [...rows.values()].sort(rowOf.compareByActivity);
    state.set({ ...before, rooms, unread: unreadHere() + unreadElsewhere, hasMore, ...patch } as RoomsState);
  };
  const acceptUnread = (unread: number) => {
    unreadElsewhere = hasMore ? Math.max(0, unread - unreadHere()) : 0;
    // All rooms are here and the numbers differ: a read mark of another device did not arrive.
    if (!hasMore && unread !== unreadHere()) reloadSoon();
    show();
  };
  const counter = createCounter(async () => (await call('GET /api/unread')).chat, acceptUnread);
  const keep = (row: RoomView) => {
    const known = rows.get(row._id);
    if (known?.unreadCount !== row.unreadCount) counter.changed();
    if (known === undefined && unreadElsewhere > 0) {
      unreadElsewhere = Math.max(0, unreadElsewhere - row.unreadCount);
      counter.recount();
    }
    rows.set(row._id, row);
    onRow(row);
  };
  const merge = (room: Room) => keep(rowOf.mergeRoom(rows.get(room._id), room, userId()));
  const fetchPage = (skip?: number) => call('GET /api/chat/rooms', { query: { limit: PAGE, ...(skip !== undefined && { skip }) } });
  const load = (): Promise<void> => {
    loading ??= (async () => {
      try {
        const found = await fetchPage();
        found.forEach(merge);
        if (rows.size <= PAGE) hasMore = found.length === PAGE;
        show({ status: 'ready' });
      } catch (error) {
        if (state.get().status !== 'ready') show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };
  const reloadSoon = () => {
    reloading ??= startTimer(() => {
      reloading = undefined;
      void load();
    }, RELOAD_DELAY_MS);
  };
  /**
   * Changes one row; an unknown room is loaded instead. Answers whether it was changed or unknown.
   */
  const change = (chatRoomId: string, apply: (row: RoomView) => RoomView): boolean => {
    const row = rows.get(chatRoomId);
    if (row === undefined) {
      reloadSoon();
      return true;
    }
    const next = apply(row);
    if (next === row) return false;
    keep(next);
    show();
    return true;
  };

  return {
    get: state.get,
    getServerSnapshot: state.getServerSnapshot,
    subscribe: state.subscribe,
    find: (chatRoomId) => rows.get(chatRoomId),
    load,
    retry: load,
    received(message) {
      const before = rows.get(message.chatRoomId)?.lastSeq ?? 0;
      change(message.chatRoomId, (row) => rowOf.applyMessage(row, message, userId()));
      return message.seq > before;
    },
    read(chatRoomId, reader, readSeq) {
      if (rows.has(chatRoomId)) change(chatRoomId, (row) => rowOf.applyRead(row, reader, readSeq, userId()));
    },
    delivered(chatRoomId, deliveredSeq) {
      if (rows.has(chatRoomId)) change(chatRoomId, (row) => rowOf.applyDelivered(row, deliveredSeq));
    },
    changed(message) {
      if (rows.has(message.chatRoomId)) change(message.chatRoomId, (row) => rowOf.applyChange(row, message));
    },
    resumed: (chatRoomId, resumed) => void change(chatRoomId, (row) => rowOf.applyResume(row, resumed)),
    unreadRequested() {
      const answered = counter.requested();
      // Where all rooms are here, a count that crossed a change costs a reload of the list and
      // nothing else.
      return (unread) => (hasMore ? answered(unread) : acceptUnread(unread));
    },
    async resync() {
      await load();
      if (rows.size <= PAGE) return;
      resyncedAt = resyncedAt + PAGE >= rows.size ? PAGE : resyncedAt + PAGE;
      (await fetchPage(resyncedAt)).forEach(merge);
      show();
    },
    async open(otherUserId) {
      const { chatRoomId } = await call('POST /api/chat/rooms', { body: { otherUserId } });
      if (!rows.has(chatRoomId)) await load();
      return chatRoomId;
    },
    async loadMore() {
      if (!hasMore) return;
      const found = await fetchPage(rows.size);
      hasMore = found.length === PAGE;
      found.forEach(merge);
      show();
    },
    stop() {
      clearTimeout(reloading);
      reloading = undefined;
      counter.stop();
    },
  };
}

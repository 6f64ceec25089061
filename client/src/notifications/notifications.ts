import type { Notification } from '@linsta/contracts';
import { createCounter } from '../core/counter.js';
import { createStore } from '../core/store.js';
import { toLinstaError } from '../errors.js';
import type { Call } from '../http/types.js';
import * as list from './list.js';
import type { Notifications, NotificationsState, NotificationView } from './types.js';

const PAGE = 30;
/** Notifications kept while nothing shows the list, and while it is paged to its end. */
const KEPT_UNWATCHED = 500;
const KEPT_WATCHED = 10_000;

export interface NotificationList extends Notifications {
  received(notification: NotificationView): void;
  removed(news: { id: string; unread: number }): void;
  wasRead(news: { ids?: string[] | undefined; all?: true | undefined; unread: number }): void;
  /** Where `resume` goes on, and what takes its answer. `reset`: the answer replaces the list. */
  resuming(): { after: string | undefined; answered(notifications: Notification[], unread: number, reset: boolean): void };
  load(): Promise<void>;
  /**
   * Compares one page with the server's, page after page in turn; the newest page where
   * `fromNewest`.
   */
  resync(fromNewest: boolean): Promise<void>;
  stop(): void;
}

interface NotificationsOptions {
  call: Call;
  /** Marks everything up to this id; without one, everything. */
  markAllRead(upTo: string | undefined): Promise<unknown>;
}

/** The user's notifications and the number of unread ones. */
export function createNotifications({ call, markAllRead }: NotificationsOptions): NotificationList {
  let rows: list.NotificationRows = new Map();
  const listeners = new Set<(notification: NotificationView) => void>();
  let loaded = false;
  let loading: Promise<void> | undefined;
  /** Changes so far: an answer that a change has crossed is merged and not taken as the truth. */
  let changes = 0;
  /** Readings that the server has not acknowledged: a page may show them as unread. */
  let readings = 0;
  /** The oldest id that the last resync compared. */
  let resyncedTo: string | undefined;

  const state = createStore<NotificationsState>({ status: 'loading', notifications: [], unread: 0, hasMore: false }, () => {
    void load();
    return () => show();
  });
  const show = (patch: Partial<NotificationsState> = {}) => {
    const { error: _, ...before } = state.get();
    const kept = state.watched() ? KEPT_WATCHED : KEPT_UNWATCHED;
    const isCut = rows.size > kept;
    rows = list.keepNewest(rows, kept);
    state.set({ ...before, notifications: list.sortNewestFirst(rows), ...(isCut && { hasMore: true }), ...patch } as NotificationsState);
  };
  // The server's count is requested after every change: it is the only one that counts.
  const counter = createCounter(
    async () => (await call('GET /api/notifications/unread-count')).unread,
    (unread) => {
      if (unread === 0) rows = list.markAsRead(rows, rows.keys());
      show({ unread });
    },
  );
  const change = (next: list.NotificationRows, unread: number) => {
    changes += 1;
    rows = next;
    counter.changed();
    show({ unread });
    counter.recount();
  };
  const fetchPage = (before?: string) =>
    call('GET /api/notifications', { query: { limit: PAGE, ...(before !== undefined && { before }) } });
  const takePage = (page: Notification[], before: string | undefined, changesBefore: number) => {
    const isTruth = changes === changesBefore && readings === 0;
    rows = isTruth ? list.applyPage(rows, page, { before, isFull: page.length === PAGE }) : list.mergeAll(rows, page);
  };
  /** Shows a reading at once, and takes it back where the server refuses it. */
  const read = async (next: list.NotificationRows, unread: number, request: () => Promise<unknown>) => {
    const before = rows;
    change(next, unread);
    readings += 1;
    try {
      await request();
    } catch (error) {
      for (const [id, row] of before) if (!row.isRead && rows.has(id)) rows = new Map(rows).set(id, row);
      show();
      throw error;
    } finally {
      readings -= 1;
      changes += 1;
      counter.recount();
    }
  };
  const load = (): Promise<void> => {
    loading ??= (async () => {
      try {
        const [counted, changesBefore] = [counter.requested(), changes];
        const [found, { unread }] = await Promise.all([fetchPage(), call('GET /api/notifications/unread-count')]);
        takePage(found, undefined, changesBefore);
        const isFirst = !loaded;
        loaded = true;
        counted(unread);
        show({ status: 'ready', ...(isFirst && { hasMore: found.length === PAGE }) });
      } catch (error) {
        if (!loaded) show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };

  return {
    get: state.get,
    getServerSnapshot: state.getServerSnapshot,
    subscribe: state.subscribe,
    load,
    retry: load,
    resuming() {
      const counted = counter.requested();
      return {
        after: state.get().notifications[0]?._id,
        answered(notifications, unread, reset) {
          rows = list.mergeAll(reset ? new Map() : rows, notifications);
          resyncedTo = undefined;
          show(reset ? { hasMore: notifications.length > 0 } : {});
          counted(unread);
        },
      };
    },
    async resync(fromNewest) {
      if (!loaded) return load();
      const { notifications } = state.get();
      const oldest = notifications.at(-1)?._id;
      const before = fromNewest || resyncedTo === oldest ? undefined : resyncedTo;
      const changesBefore = changes;
      const page = await fetchPage(before);
      takePage(page, before, changesBefore);
      // What the list has not shown yet stays for `loadMore`.
      resyncedTo = page.length === PAGE ? page.at(-1)?._id : undefined;
      show();
    },
    onArrival(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    received(notification) {
      const known = rows.get(notification._id);
      const next = list.mergeNotification(rows, notification);
      // A repeat; of equal versions only a page may say that it was read.
      if (next === rows || (known !== undefined && (known.version ?? 0) === (notification.version ?? 0))) return;
      const wasUnread = known?.isRead === false ? 1 : 0;
      change(next, Math.max(0, state.get().unread - wasUnread + (notification.isRead ? 0 : 1)));
      if (known === undefined) for (const listener of listeners) listener(notification);
    },
    removed({ id, unread }) {
      change(list.removeNotification(rows, id), unread);
    },
    wasRead({ ids, all, unread }) {
      // Reports of two readings may cross: the number is requested again.
      change(list.markAsRead(rows, all === true ? rows.keys() : (ids ?? [])), unread);
    },
    async markRead(id) {
      const row = rows.get(id);
      if (row?.isRead === true) return;
      const unread = Math.max(0, state.get().unread - (row === undefined ? 0 : 1));
      await read(list.markAsRead(rows, [id]), unread, () => call('PATCH /api/notifications/:id/read', { params: { id } }));
    },
    async markAllRead() {
      const [newest] = state.get().notifications;
      // Servers that know `upTo` send versions, too.
      const upTo = newest?.version === undefined ? undefined : newest._id;
      await read(list.markAsRead(rows, rows.keys()), 0, () => markAllRead(upTo));
    },
    async loadMore() {
      const { hasMore, notifications } = state.get();
      const last = notifications.at(-1)?._id;
      if (!hasMore || last === undefined) return;
      const found = await fetchPage(last);
      rows = list.mergeAll(rows, found);
      show({ hasMore: found.length === PAGE && rows.size < KEPT_WATCHED });
    },
    stop: () => counter.stop(),
  };
}

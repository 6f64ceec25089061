import type { Notification } from '@linsta/contracts';
import { createCount } from './count.js';
import { createStore } from './store.js';
import { toLinstaError } from './timing.js';
import type { Call, Notifications, NotificationsState } from './types.js';

const PAGE = 30;
const KEPT = 500;

export interface Bell extends Notifications {
  arrived(notification: Notification): void;
  wasRead(news: { ids?: string[] | undefined; all?: true | undefined; unread: number }): void;
  /** Where `resume` goes on, and what to do with its answer. */
  resuming(): { after: string | undefined; answered(notifications: Notification[], unread: number): void };
  load(): Promise<void>;
}

/** One's inbox and the bell's number. */
export function createNotifications(call: Call): Bell {
  const rows = new Map<string, Notification>();
  const arrivals = new Set<(notification: Notification) => void>();
  let loaded = false;
  let loading: Promise<void> | undefined;

  const state = createStore<NotificationsState>({ status: 'loading', notifications: [], unread: 0, hasMore: false }, () => void load());
  const show = (patch: Partial<NotificationsState> = {}) => {
    const { error: _, ...before } = state.get();
    const sorted = [...rows.values()].sort((a, b) => (a._id < b._id ? 1 : -1));
    for (const { _id } of sorted.splice(KEPT)) rows.delete(_id);
    state.set({ ...before, notifications: sorted, ...patch });
  };
  // After whatever changes the number here, the server's count is asked for: it is the only one.
  const count = createCount(
    async () => (await call('GET /api/notifications/unread-count')).unread,
    (unread) => {
      if (unread === 0) mark(rows.keys());
      show({ unread });
    },
  );
  const changed = (unread: number) => {
    count.changed();
    show({ unread });
  };
  /** A page that was asked for before something was read must not show it as unread again. */
  const put = (notification: Notification) =>
    rows.set(notification._id, rows.get(notification._id)?.isRead === true ? { ...notification, isRead: true } : notification);
  const load = (): Promise<void> => {
    loading ??= (async () => {
      try {
        const counted = count.asking();
        const [found, { unread }] = await Promise.all([
          call('GET /api/notifications', { query: { limit: PAGE } }),
          call('GET /api/notifications/unread-count'),
        ]);
        found.forEach(put);
        const first = !loaded;
        loaded = true;
        counted(unread);
        show({ status: 'ready', ...(first && { hasMore: found.length === PAGE }) });
      } catch (error) {
        if (!loaded) show({ status: 'failed', error: toLinstaError(error) });
      }
    })().finally(() => (loading = undefined));
    return loading;
  };
  const mark = (ids: Iterable<string>) => {
    for (const id of ids) {
      const row = rows.get(id);
      if (row?.isRead === false) rows.set(id, { ...row, isRead: true });
    }
  };

  return {
    get: state.get,
    subscribe: state.subscribe,
    load,
    retry: load,
    resuming() {
      const counted = count.asking();
      return {
        after: state.get().notifications[0]?._id,
        answered(notifications, unread) {
          notifications.forEach(put);
          show();
          counted(unread);
        },
      };
    },
    onArrival(listener) {
      arrivals.add(listener);
      return () => void arrivals.delete(listener);
    },
    arrived(notification) {
      if (rows.has(notification._id)) return;
      rows.set(notification._id, notification);
      changed(state.get().unread + (notification.isRead ? 0 : 1));
      count.recount();
      for (const listener of arrivals) listener(notification);
    },
    wasRead({ ids, all, unread }) {
      mark(all === true ? [...rows.keys()] : (ids ?? []));
      changed(unread);
      // News of two readings may cross.
      count.recount();
    },
    async markRead(id) {
      const before = rows.get(id);
      if (before?.isRead === true) return;
      mark([id]);
      changed(Math.max(0, state.get().unread - (before === undefined ? 0 : 1)));
      try {
        await call('PATCH /api/notifications/:id/read', { params: { id } });
      } catch (error) {
        if (before !== undefined) rows.set(id, before);
        show();
        throw error;
      } finally {
        count.recount();
      }
    },
    async markAllRead() {
      const before = new Map(rows);
      mark(rows.keys());
      changed(0);
      try {
        await call('POST /api/notifications/read-all', { body: {} });
      } catch (error) {
        for (const [id, row] of before) rows.set(id, row);
        show();
        throw error;
      } finally {
        count.recount();
      }
    },
    async loadMore() {
      const last = state.get().notifications.at(-1)?._id;
      if (!state.get().hasMore || last === undefined) return;
      const found = await call('GET /api/notifications', { query: { limit: PAGE, before: last } });
      found.forEach(put);
      show({ hasMore: found.length === PAGE && rows.size < KEPT });
    },
  };
}

import type { Notification } from '@linsta/contracts';
import { createStore } from './store.js';
import { toLinstaError } from './timing.js';
import type { Call, Notifications, NotificationsState } from './types.js';

const PAGE = 30;
const KEPT = 500;
/** After live arrivals the number is asked for again, once for all within this time: the server's count is the only one. */
const RECOUNT_MS = 300;

export interface Bell extends Notifications {
  arrived(notification: Notification): void;
  wasRead(news: { ids?: string[] | undefined; all?: true | undefined; unread: number }): void;
  resumed(notifications: Notification[], unread: number): void;
  /** The newest one held, where `resume` goes on. */
  newest(): string | undefined;
  load(): Promise<void>;
}

/** One's inbox and the bell's number. */
export function createNotifications(call: Call): Bell {
  const rows = new Map<string, Notification>();
  const arrivals = new Set<(notification: Notification) => void>();
  let loaded = false;
  let loading: Promise<void> | undefined;
  let recounting: ReturnType<typeof setTimeout> | undefined;

  const state = createStore<NotificationsState>({ status: 'loading', notifications: [], unread: 0, hasMore: false }, () => void load());
  const show = (patch: Partial<NotificationsState> = {}) => {
    const { error: _, ...before } = state.get();
    const sorted = [...rows.values()].sort((a, b) => (a._id < b._id ? 1 : -1));
    for (const { _id } of sorted.splice(KEPT)) rows.delete(_id);
    state.set({ ...before, notifications: sorted, ...patch });
  };
  const recount = () => {
    recounting ??= setTimeout(() => {
      recounting = undefined;
      call('GET /api/notifications/unread-count').then(
        ({ unread }) => show({ unread }),
        () => undefined,
      );
    }, RECOUNT_MS);
  };
  const load = (): Promise<void> => {
    loading ??= (async () => {
      try {
        const [found, { unread }] = await Promise.all([
          call('GET /api/notifications', { query: { limit: PAGE } }),
          call('GET /api/notifications/unread-count'),
        ]);
        for (const notification of found) rows.set(notification._id, notification);
        if (unread === 0) mark(rows.keys());
        const first = !loaded;
        loaded = true;
        show({ status: 'ready', unread, ...(first && { hasMore: found.length === PAGE }) });
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
    newest: () => state.get().notifications[0]?._id,
    onArrival(listener) {
      arrivals.add(listener);
      return () => void arrivals.delete(listener);
    },
    arrived(notification) {
      if (rows.has(notification._id)) return;
      rows.set(notification._id, notification);
      show({ unread: state.get().unread + (notification.isRead ? 0 : 1) });
      recount();
      for (const listener of arrivals) listener(notification);
    },
    wasRead({ ids, all, unread }) {
      mark(all === true ? [...rows.keys()] : (ids ?? []));
      show({ unread });
    },
    resumed(notifications, unread) {
      for (const notification of notifications) rows.set(notification._id, notification);
      if (unread === 0) mark(rows.keys());
      show({ unread });
    },
    async markRead(id) {
      const before = rows.get(id);
      if (before?.isRead === true) return;
      mark([id]);
      show({ unread: Math.max(0, state.get().unread - (before === undefined ? 0 : 1)) });
      try {
        await call('PATCH /api/notifications/:id/read', { params: { id } });
      } catch (error) {
        if (before !== undefined) rows.set(id, before);
        show();
        throw error;
      } finally {
        recount();
      }
    },
    async markAllRead() {
      const before = new Map(rows);
      mark(rows.keys());
      show({ unread: 0 });
      try {
        await call('POST /api/notifications/read-all');
      } catch (error) {
        for (const [id, row] of before) rows.set(id, row);
        show();
        throw error;
      } finally {
        recount();
      }
    },
    async loadMore() {
      const last = state.get().notifications.at(-1)?._id;
      if (!state.get().hasMore || last === undefined) return;
      const found = await call('GET /api/notifications', { query: { limit: PAGE, before: last } });
      for (const notification of found) rows.set(notification._id, notification);
      show({ hasMore: found.length === PAGE && rows.size < KEPT });
    },
  };
}

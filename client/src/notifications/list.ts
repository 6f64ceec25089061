import type { NotificationView } from './types.js';

/** Notifications by id. */
export type NotificationRows = ReadonlyMap<string, NotificationView>;

const versionOf = (notification: NotificationView | undefined) => notification?.version ?? 0;

/** Newest first: ids grow with time. */
export const sortNewestFirst = (rows: NotificationRows): NotificationView[] => [...rows.values()].sort((a, b) => (a._id < b._id ? 1 : -1));

/**
 * Adds one notification or updates it in place. An older version changes nothing. Of equal versions
 * the read one wins: a page that was requested before a reading must not undo it.
 */
export function mergeNotification(rows: NotificationRows, incoming: NotificationView): NotificationRows {
  const known = rows.get(incoming._id);
  if (known !== undefined && versionOf(incoming) < versionOf(known)) return rows;
  const isSameVersion = known !== undefined && versionOf(incoming) === versionOf(known);
  if (isSameVersion && (known.isRead || known.isRead === incoming.isRead)) return rows;
  return new Map(rows).set(incoming._id, incoming);
}
export const mergeAll = (rows: NotificationRows, incoming: readonly NotificationView[]): NotificationRows =>
  incoming.reduce(mergeNotification, rows);

/**
 * Takes a page of the server as the truth for the part of the list that it covers: below `before`
 * (from the newest one where undefined) down to its last row, or to the end where it is not full.
 * What the page does not name there was withdrawn.
 */
export function applyPage(
  rows: NotificationRows,
  page: readonly NotificationView[],
  { before, isFull }: { before?: string | undefined; isFull: boolean },
): NotificationRows {
  const lowest = isFull ? (page.at(-1)?._id ?? '') : '';
  const next = new Map([...rows].filter(([id]) => id < lowest || (before !== undefined && id >= before)));
  for (const notification of page) {
    const known = rows.get(notification._id);
    next.set(notification._id, known !== undefined && versionOf(known) > versionOf(notification) ? known : notification);
  }
  return next;
}

export function removeNotification(rows: NotificationRows, id: string): NotificationRows {
  if (!rows.has(id)) return rows;
  const next = new Map(rows);
  next.delete(id);
  return next;
}

/** Marks `ids` as read, or everything. */
export function markAsRead(rows: NotificationRows, ids: Iterable<string>): NotificationRows {
  const next = new Map(rows);
  for (const id of ids) {
    const row = next.get(id);
    if (row?.isRead === false) next.set(id, { ...row, isRead: true });
  }
  return next;
}

export const keepNewest = (rows: NotificationRows, kept: number): NotificationRows =>
  rows.size <= kept
    ? rows
    : new Map(
        sortNewestFirst(rows)
          .slice(0, kept)
          .map((row) => [row._id, row]),
      );

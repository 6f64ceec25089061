import type { Notification } from '@linsta/contracts';
import type { Store } from '../core/store.js';
import type { LinstaError } from '../errors.js';

type Added = 'version' | 'actor' | 'reference' | 'count';
/**
 * `version` grows with each change; servers before 0.2 send neither it nor the other added fields.
 */
export type NotificationView = Omit<Notification, Added> & Partial<Pick<Notification, Added>>;

export type NotificationsState = {
  /** Newest first. */
  notifications: NotificationView[];
  /** Absolute, as the server counts. */
  unread: number;
  hasMore: boolean;
} & ({ status: 'loading' | 'ready'; error?: undefined } | { status: 'failed'; error: LinstaError });

export interface Notifications extends Store<NotificationsState> {
  markRead(id: string): Promise<void>;
  /**
   * Marks those as read that exist up to the newest one here, so that none is marked that was never
   * shown.
   */
  markAllRead(): Promise<void>;
  loadMore(): Promise<void>;
  retry(): Promise<void>;
  /**
   * Receives each notification that arrives live, e.g. for a toast. Answers a function that stops
   * it.
   */
  onArrival(listener: (notification: NotificationView) => void): () => void;
}

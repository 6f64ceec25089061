import type { Notification } from '@linsta/contracts';
import type { Logger } from '@linsta/core';
import { createClaims } from '../claims';
import type { Cluster } from '../cluster';
import type { NotificationClient } from '../clients/notification';
import { notificationRoom, gotRoom } from '../rooms';
import type { RealtimeServer, RealtimeSocket } from '../server';
import type { SocketHandlers } from './handlers';

const PAGE = 100;
const MAX_PAGES = 50;
/** A live push of a row follows its insert within this time, or never. */
const LIVE_WINDOW_MS = 60_000;
/** A pushed row that could not be marked as pushed is forwarded again within this time. */
const REPEAT_WINDOW_MS = 120_000;

export function createNotificationDelivery({
  io,
  notifications,
  cluster,
  logger,
  now,
}: {
  io: RealtimeServer;
  notifications: NotificationClient;
  cluster: Pick<Cluster, 'heldRooms' | 'settled' | 'claim'> | undefined;
  logger: Logger;
  now: () => Date;
}) {
  const catchingUp = new WeakSet<RealtimeSocket>();
  const claims = createClaims({ cluster, forMs: REPEAT_WINDOW_MS, now });

  /**
   * Emits the pending notifications, page by page; `skip` holds ids that this socket received live
   * meanwhile. Resolves when none is left.
   */
  const drain = async (socket: RealtimeSocket, skip: Set<string>) => {
    const { userId } = socket.data.identity;
    let after: string | undefined;
    for (let pages = 0; pages < MAX_PAGES && socket.connected; pages += 1) {
      const pending = await notifications.undelivered(userId, PAGE, after);
      if (pending.length === 0 || !socket.connected) return;
      for (const notification of pending) {
        if (skip.has(notification._id)) continue;
        skip.add(notification._id);
        // Its live push may still be on the way: it must skip this socket.
        const age = now().getTime() - Date.parse(notification.createdAt);
        if (age < LIVE_WINDOW_MS) {
          await socket.join(gotRoom(notification._id));
          setTimeout(() => void socket.leave(gotRoom(notification._id)), LIVE_WINDOW_MS).unref();
        }
        socket.emit('notification', notification);
      }
      await notifications.delivered(
        userId,
        pending.map(({ _id }) => _id),
      );
      after = pending.at(-1)?._id;
      if (pending.length < PAGE) return;
    }
  };

  /** Pending notifications first, then live ones, with none lost or doubled in between. */
  const catchUp = async (socket: RealtimeSocket) => {
    const got = new Set<string>();
    const noteLive = (event: string, payload?: unknown) => {
      if (event === 'notification') got.add((payload as Notification)._id);
    };
    socket.onAnyOutgoing(noteLive);
    try {
      await drain(socket, got);
      await socket.join(notificationRoom(socket.data.identity.userId));
      await cluster?.settled();
      await drain(socket, got); // rows that were inserted between the last query and the join
    } finally {
      socket.offAnyOutgoing(noteLive);
      catchingUp.delete(socket);
    }
  };

  const handlers: SocketHandlers<'subscribe_notifications' | 'unsubscribe_notifications'> = {
    async subscribe_notifications(socket) {
      socket.emit('notification_subscribed', {});
      if (!catchingUp.has(socket) && !socket.rooms.has(notificationRoom(socket.data.identity.userId))) {
        catchingUp.add(socket);
        await catchUp(socket);
      }
      return {};
    },
    async unsubscribe_notifications(socket) {
      await socket.leave(notificationRoom(socket.data.identity.userId));
      return {};
    },
  };

  return {
    handlers,
    /** Pushes live; returns the ids for which at least one subscribed socket was connected. */
    async deliver(batch: Notification[]): Promise<string[]> {
      const here = (room: string) => io.of('/').adapter.rooms.get(room) !== undefined;
      const rooms = [...new Set(batch.map(({ userId }) => notificationRoom(userId)))].filter((room) => !here(room));
      // Without Redis the row stays pending until the next subscription.
      const elsewhere = (await cluster?.heldRooms(rooms).catch(() => undefined)) ?? new Set<string>();
      const reachable = batch.filter(({ userId }) => here(notificationRoom(userId)) || elsewhere.has(notificationRoom(userId)));
      const first = await claims.first(reachable.map(({ _id }) => _id));
      for (const notification of reachable) {
        if (!first.has(notification._id)) continue;
        io.to(notificationRoom(notification.userId)).except(gotRoom(notification._id)).emit('notification', notification);
      }
      logger.debug({ pushed: first.size, repeated: reachable.length - first.size, of: batch.length }, 'notifications pushed');
      return reachable.map(({ _id }) => _id);
    },
  };
}
export type NotificationDelivery = ReturnType<typeof createNotificationDelivery>;

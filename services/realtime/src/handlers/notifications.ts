import type { Notification } from '@linsta/contracts';
import type { Logger } from '@linsta/core';
import { createClaims } from '../claims';
import type { Cluster } from '../cluster';
import type { NotificationClient } from '../clients/notification';
import { gotRoom, notificationRoom } from '../rooms';
import type { RealtimeServer, RealtimeSocket } from '../server';
import type { Flow } from '../sockets/flow';
import type { SocketHandlers } from './handlers';

const PAGE = 100;
/** A live push follows the insert or update of its notification within this time, or never. */
const LIVE_WINDOW_MS = 60_000;
/** A push whose answer got lost is repeated within this time. */
const REPEAT_WINDOW_MS = 120_000;

/** A notification is pushed once per version. */
const versionIdOf = ({ _id, version }: Pick<Notification, '_id' | 'version'>) => `${_id}:${version}`;

/** One catch-up of a socket; an unsubscribe stops it. */
interface CatchUp {
  stopped: boolean;
  done: Promise<void>;
}

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
  const catchUps = new WeakMap<RealtimeSocket, CatchUp>();
  const claims = createClaims({ cluster, forMs: REPEAT_WINDOW_MS, now });
  const roomOf = (socket: RealtimeSocket) => notificationRoom(socket.data.identity.userId);

  const emitPage = async (socket: RealtimeSocket, page: Notification[], got: Set<string>) => {
    for (const notification of page) {
      const versionId = versionIdOf(notification);
      if (got.has(versionId)) continue;
      got.add(versionId);
      // The live push of this version may still be on its way; it must not reach this socket again.
      const age = now().getTime() - Date.parse(notification.createdAt);
      if (age < LIVE_WINDOW_MS || notification.version > 1) {
        await socket.join(gotRoom(versionId));
        setTimeout(() => void socket.leave(gotRoom(versionId)), LIVE_WINDOW_MS).unref();
      }
      socket.emit('notification', notification);
    }
  };

  /**
   * Emits every undelivered notification, page by page, each after the socket has read the page
   * before. `got`: versions that this socket has got already.
   */
  const drain = async (socket: RealtimeSocket, flow: Flow, catchUp: CatchUp, got: Set<string>) => {
    const { userId } = socket.data.identity;
    const goesOn = () => socket.connected && !catchUp.stopped;
    let after: string | undefined;
    while (goesOn()) {
      const page = await notifications.undelivered(userId, PAGE, after);
      if (page.length === 0 || !goesOn()) return;
      await flow.whenDrained(async (drained) => {
        await emitPage(socket, page, got);
        await drained();
      });
      if (!socket.connected) return;
      await notifications.delivered(userId, page);
      after = page.at(-1)?._id;
      if (page.length < PAGE) return;
    }
  };

  /**
   * Undelivered notifications first, then live ones, with none lost or repeated between the two.
   */
  const run = async (socket: RealtimeSocket, flow: Flow, catchUp: CatchUp) => {
    const got = new Set<string>();
    const noteLive = (event: string, payload?: unknown) => {
      if (event === 'notification') got.add(versionIdOf(payload as Notification));
    };
    socket.onAnyOutgoing(noteLive);
    try {
      await drain(socket, flow, catchUp, got);
      if (catchUp.stopped) return;
      await socket.join(roomOf(socket));
      await cluster?.settled();
      await drain(socket, flow, catchUp, got); // those that were stored between the last page and the join
    } finally {
      socket.offAnyOutgoing(noteLive);
      if (catchUp.stopped) await socket.leave(roomOf(socket));
      if (catchUps.get(socket) === catchUp) catchUps.delete(socket);
    }
  };

  const handlers: SocketHandlers<'subscribe_notifications' | 'unsubscribe_notifications'> = {
    async subscribe_notifications(socket, _payload, flow) {
      socket.emit('notification_subscribed', {});
      const earlier = catchUps.get(socket);
      if (earlier?.stopped === false || (earlier === undefined && socket.rooms.has(roomOf(socket)))) return {};
      const catchUp: CatchUp = { stopped: false, done: Promise.resolve() };
      catchUps.set(socket, catchUp);
      const settled = earlier?.done.catch(() => undefined) ?? Promise.resolve();
      catchUp.done = settled.then(() => run(socket, flow, catchUp));
      await catchUp.done;
      return {};
    },
    /** Ends a catch-up as well: none of its later steps subscribes the socket again. */
    async unsubscribe_notifications(socket) {
      const catchUp = catchUps.get(socket);
      if (catchUp !== undefined) catchUp.stopped = true;
      await socket.leave(roomOf(socket));
      return {};
    },
  };

  return {
    handlers,
    /** Live pushes; returns the ids for which at least one subscribed socket exists. */
    async deliver(batch: Notification[]): Promise<string[]> {
      const here = (room: string) => io.of('/').adapter.rooms.get(room) !== undefined;
      const rooms = [...new Set(batch.map(({ userId }) => notificationRoom(userId)))].filter((room) => !here(room));
      // Without Redis the notification stays undelivered and comes with the next subscription.
      const elsewhere = (await cluster?.heldRooms(rooms).catch(() => undefined)) ?? new Set<string>();
      const reachable = batch.filter(({ userId }) => here(notificationRoom(userId)) || elsewhere.has(notificationRoom(userId)));
      const first = await claims.first(reachable.map(versionIdOf));
      for (const notification of reachable) {
        const versionId = versionIdOf(notification);
        if (!first.has(versionId)) continue;
        io.to(notificationRoom(notification.userId)).except(gotRoom(versionId)).emit('notification', notification);
      }
      logger.debug({ pushed: first.size, repeated: reachable.length - first.size, of: batch.length }, 'notifications pushed');
      return reachable.map(({ _id }) => _id);
    },
  };
}
export type NotificationDelivery = ReturnType<typeof createNotificationDelivery>;

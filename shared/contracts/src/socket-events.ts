import { z } from 'zod';
import { markDeliveredPayload, messageSeq, reactPayload, watermark } from './changes';
import {
  editMessagePayload,
  getHistoryPayload,
  historyMessage,
  joinRoomPayload,
  markReadPayload,
  receivedMessage,
  resumePayload,
  resumedRoom,
  sendMessagePayload,
  typingPayload,
  unread,
} from './chat';
import { isoTime, objectId } from './common';
import { socketError } from './errors';
import { notification, notificationRead, notificationRemoved } from './notifications';
import { presence, presenceSubscribePayload, presenceUnsubscribePayload } from './presence';

const nothing = z.union([z.undefined(), z.null(), z.strictObject({})]);

/**
 * Client → server: the payload, and the fields of a successful acknowledgement beside `ok: true`.
 */
export const clientEvents = {
  join_room: { payload: joinRoomPayload, ack: z.object({ chatRoomId: objectId, lastSeq: z.number() }) },
  leave_room: { payload: joinRoomPayload, ack: z.object({ chatRoomId: objectId }) },
  send_message: { payload: sendMessagePayload, ack: z.object({ message: receivedMessage }) },
  get_history: { payload: getHistoryPayload, ack: z.object({ chatRoomId: objectId, messages: z.array(historyMessage) }) },
  mark_read: { payload: markReadPayload, ack: z.object({ chatRoomId: objectId, readSeq: z.number(), unreadCount: z.number() }) },
  /** Others get `room_delivered` where the mark went up. */
  mark_delivered: { payload: markDeliveredPayload, ack: z.object({}) },
  react: { payload: reactPayload, ack: z.object({ message: receivedMessage }) },
  edit_message: { payload: editMessagePayload, ack: z.object({ message: receivedMessage }) },
  /** Not stored and not repeated: others who are connected get it. */
  typing: { payload: typingPayload, ack: z.object({}) },
  resume: {
    payload: resumePayload,
    ack: z.object({
      rooms: z.array(resumedRoom),
      notifications: z.array(notification),
      /**
       * More was missed than fits: `notifications` is the newest page, and replaces the client's
       * list.
       */
      notificationsReset: z.boolean(),
      unread,
    }),
  },
  subscribe_notifications: { payload: nothing, ack: z.object({}) },
  unsubscribe_notifications: { payload: nothing, ack: z.object({}) },
  presence_subscribe: { payload: presenceSubscribePayload, ack: z.object({ presence: z.array(presence) }) },
  presence_unsubscribe: { payload: presenceUnsubscribePayload.nullable(), ack: z.object({}) },
  /** A fresh token for a socket that is open: it is then served until that one expires. */
  refresh_token: { payload: z.strictObject({ token: z.string().max(8192) }), ack: z.object({ expiresAt: isoTime.nullable() }) },
} as const;
export type ClientEventName = keyof typeof clientEvents;

/** Server → client. */
export const serverEvents = {
  receive_message: receivedMessage,
  notification,
  /** `rev` is the message's own: a later one replaces an earlier one. */
  message_changed: z.object({ chatRoomId: objectId, rev: messageSeq, message: receivedMessage }),
  room_delivered: z.object({ chatRoomId: objectId, userId: objectId, deliveredSeq: watermark }),
  room_read: z.object({ chatRoomId: objectId, userId: objectId, readSeq: z.number() }),
  typing: z.object({ chatRoomId: objectId, userId: objectId, typing: z.boolean() }),
  notification_read: notificationRead,
  notification_removed: notificationRemoved,
  presence,
  user_joined: z.object({ chatRoomId: objectId, userId: objectId }),
  user_left: z.object({ chatRoomId: objectId, userId: objectId }),
  message_history: z.object({ chatRoomId: objectId, messages: z.array(historyMessage) }),
  notification_subscribed: z.object({}),
  error: socketError.extend({ event: z.string() }),
} as const;
export type ServerEventName = keyof typeof serverEvents;
export type ServerEventPayload<E extends ServerEventName> = z.infer<(typeof serverEvents)[E]>;
/** As socket.io's generics want it. */
export type ServerToClientEvents = { [E in ServerEventName]: (payload: ServerEventPayload<E>) => void };

import { z } from 'zod';
import { deliveredMark, emoji, messageSeq } from './changes';
import { clientMessageId, historyPage, messageText, receivedMessage, resumePoint, resumedRoom } from './chat';
import { busText, httpUrl, objectId } from './common';
import { socketError } from './errors';
import { notification, notificationRead, notificationRemoved } from './notifications';
import type { ServiceName } from './routes';
import { MAX_SERVER_EVENTS, serverMessage, serverRoom, serverUser } from './server-routes';
import { privacy, publicUser } from './users';

/**
 * Calls between services over HTTP, never reachable through the gateway. Paths are below
 * `/internal`.
 */

/** A service that calls others; the gateway is only ever a caller. */
export type CallingService = ServiceName | 'gateway';
export type InternalCallers = Readonly<Record<ServiceName, Readonly<Record<string, readonly CallingService[]>>>>;
/** Which services may call which internal endpoint. */
export const INTERNAL_CALLERS: InternalCallers = {
  users: {
    '/people': ['posts', 'events', 'chat', 'notification', 'realtime'],
    '/sessions/check': ['gateway', 'realtime'],
    '/identities': ['gateway', 'realtime'],
    '/server/users': ['gateway'],
    '/server/sessions/end': ['gateway'],
    '/server/events': ['gateway'],
  },
  posts: {},
  events: {},
  chat: {
    '/messages': ['realtime'],
    '/membership': ['realtime'],
    '/participants': ['realtime'],
    '/changes': ['realtime'],
    '/marks-delivered': ['realtime'],
    '/history': ['realtime'],
    '/read': ['realtime'],
    '/resume': ['realtime'],
    '/unread': ['realtime'],
    '/server/rooms': ['gateway'],
    '/server/messages': ['gateway'],
  },
  notification: {
    '/undelivered': ['realtime'],
    '/delivered': ['realtime'],
    '/resume': ['realtime'],
    '/unread': ['realtime'],
  },
  realtime: {
    '/deliveries': ['notification'],
    '/broadcasts': ['chat', 'notification'],
  },
};

/** users: who are these? Unknown ids are left out. */
export const peopleRequest = z.object({ userIds: z.array(objectId).max(1000) });
export const personRecord = publicUser.extend({ email: z.string().nullable(), privacy: privacy.optional() });
export const peopleAnswer = z.object({ users: z.array(personRecord) });
export type PersonRecord = z.infer<typeof personRecord>;

/**
 * users: which of these sessions are still open, and since when are tokens of these users refused
 * that were issued earlier? Times in milliseconds since 1970.
 */
export const sessionsRequest = z.object({
  sids: z.array(z.string().max(64)).max(1000).default([]),
  userIds: z.array(objectId).max(1000).default([]),
});
export const sessionsAnswer = z.object({
  active: z.array(z.string()),
  endings: z.array(z.object({ userId: objectId, before: z.number() })).default([]),
});

/** users: opens the profiles of users of other issuers that it does not know yet. */
export const externalProfile = z.object({
  userId: objectId,
  issuer: z.string().max(500),
  name: busText(400),
  email: z.string().max(254).nullable(),
  avatarUrl: httpUrl.nullable().catch(null),
});
export type ExternalProfile = z.infer<typeof externalProfile>;
export const identitiesRequest = z.object({ profiles: z.array(externalProfile).max(500) });
export const identitiesAnswer = z.object({});

/** users and chat: calls of servers, which the gateway has verified by their API key. */
export const serverUserRequest = serverUser.extend({ userId: objectId });
export const serverUserAnswer = publicUser;
export const endSessionsRequest = z.object({ userId: objectId });
export const endSessionsAnswer = z.object({});
export const serverEventsRequest = z.object({ events: z.array(z.unknown()).min(1).max(MAX_SERVER_EVENTS) });
export const serverEventsAnswer = z.object({ accepted: z.number() });
export const serverRoomRequest = serverRoom;
export const serverMessageRequest = serverMessage;

/** chat: a batch of sends, answered in the same order. */
export const MAX_BATCH = 500;
export const batchedSend = z.object({
  chatRoomId: objectId,
  senderId: objectId,
  text: messageText,
  clientMessageId: clientMessageId.optional(),
  replyTo: messageSeq.optional(),
});
export type BatchedSend = z.infer<typeof batchedSend>;
export const sendBatchRequest = z.object({ messages: z.array(batchedSend).max(MAX_BATCH) });
/**
 * `duplicate`: a repeat of an earlier send, answered with the first result; it is not broadcast
 * again.
 */
export const sendOutcome = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), message: receivedMessage, participants: z.array(objectId), duplicate: z.boolean() }),
  z.object({ ok: z.literal(false), error: socketError.extend({ status: z.number() }) }),
]);
export type SendOutcome = z.infer<typeof sendOutcome>;
export const sendBatchAnswer = z.object({ results: z.array(sendOutcome) });

/** chat: a batch of changes to stored messages, answered in the same order. */
const changedMessage = { chatRoomId: objectId, userId: objectId, seq: messageSeq };
export const batchedChange = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('react'), ...changedMessage, emoji, on: z.boolean() }),
  z.object({ kind: z.literal('edit'), ...changedMessage, text: messageText }),
]);
export type BatchedChange = z.infer<typeof batchedChange>;
export const changeBatchRequest = z.object({ changes: z.array(batchedChange).max(MAX_BATCH) });
/**
 * `pushed`: the state that devices are to be sent; absent where nothing changed, or where another
 * change of the same batch carries it.
 */
export const changeOutcome = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), message: receivedMessage, participants: z.array(objectId), pushed: z.boolean() }),
  z.object({ ok: z.literal(false), error: socketError.extend({ status: z.number() }) }),
]);
export type ChangeOutcome = z.infer<typeof changeOutcome>;
export const changeBatchAnswer = z.object({ results: z.array(changeOutcome) });

/** chat: a batch of delivered marks; the answer names those that went up, and who may know. */
export const batchedMark = deliveredMark.extend({ userId: objectId });
export type BatchedMark = z.infer<typeof batchedMark>;
export const markBatchRequest = z.object({ marks: z.array(batchedMark).max(MAX_BATCH) });
export const markOutcome = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), deliveredSeq: z.number(), audience: z.array(objectId) }),
  z.object({ ok: z.literal(false), error: socketError.extend({ status: z.number() }) }),
]);
export type MarkOutcome = z.infer<typeof markOutcome>;
export const markBatchAnswer = z.object({ results: z.array(markOutcome) });

/** chat: may this user join, and how far is the room? */
export const membershipRequest = z.object({ chatRoomId: objectId, userId: objectId });
export const membershipAnswer = z.object({ chatRoomId: objectId, lastSeq: z.number(), participants: z.array(objectId) });
/** chat: who is in this room? Refused for users who are not. */
export const participantsAnswer = z.object({ participants: z.array(objectId) });
export const historyRequest = membershipRequest.extend({ page: historyPage });
export const markReadRequest = membershipRequest.extend({ seq: z.number() });
/** `moved`: the watermark went up, so the participants' devices get an event. */
export const markReadAnswer = z.object({
  chatRoomId: objectId,
  readSeq: z.number(),
  unreadCount: z.number(),
  moved: z.boolean(),
  participants: z.array(objectId),
});
export const chatResumeRequest = z.object({ userId: objectId, rooms: z.array(resumePoint) });
export const chatResumeAnswer = z.object({ rooms: z.array(resumedRoom), unread: z.number() });
export const userRequest = z.object({ userId: objectId });
export const unreadAnswer = z.object({ unread: z.number() });

/** notification: the changes that a connected user has missed. */
export const notificationResumeRequest = z.object({ userId: objectId, after: objectId.optional() });
export const notificationResumeAnswer = z.object({ notifications: z.array(notification), reset: z.boolean(), unread: z.number() });
export const undeliveredRequest = z.object({ userId: objectId, limit: z.number().int().max(200), after: objectId.optional() });
export const undeliveredAnswer = z.object({ notifications: z.array(notification) });
/** A notification that changed after this version was delivered stays undelivered. */
export const deliveredRequest = z.object({
  userId: objectId,
  notifications: z.array(z.object({ _id: objectId, version: z.number().int() })).max(1000),
});

/**
 * realtime: notifications to push; the answer names those that reached at least one subscribed
 * socket.
 */
export const deliveriesRequest = z.object({ notifications: z.array(notification).max(MAX_BATCH) });
export const deliveriesAnswer = z.object({ deliveredIds: z.array(objectId) });
/** realtime: events to push to every device of these users, optionally but for one socket. */
export const broadcastsRequest = z.object({
  broadcasts: z
    .array(
      z.discriminatedUnion('event', [
        z.object({ event: z.literal('receive_message'), userIds: z.array(objectId), payload: receivedMessage }),
        z.object({
          event: z.literal('message_changed'),
          userIds: z.array(objectId),
          payload: z.object({ chatRoomId: objectId, rev: messageSeq, message: receivedMessage }),
        }),
        z.object({
          event: z.literal('room_delivered'),
          userIds: z.array(objectId),
          payload: z.object({ chatRoomId: objectId, userId: objectId, deliveredSeq: z.number() }),
        }),
        z.object({
          event: z.literal('room_read'),
          userIds: z.array(objectId),
          payload: z.object({ chatRoomId: objectId, userId: objectId, readSeq: z.number() }),
        }),
        z.object({
          event: z.literal('notification_read'),
          userIds: z.array(objectId),
          payload: notificationRead,
        }),
        z.object({ event: z.literal('notification_removed'), userIds: z.array(objectId), payload: notificationRemoved }),
      ]),
    )
    .max(MAX_BATCH),
});
export type Broadcast = z.infer<typeof broadcastsRequest>['broadcasts'][number];

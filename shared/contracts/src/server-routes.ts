import { z } from 'zod';
import { clientMessageId, messageText, openedRoom, receivedMessage } from './chat';
import { httpUrl, lineOfText, objectId } from './common';
import { publicUser } from './users';

/** Calls of servers with an API key, not of users: not part of the SDK. */
export interface ServerRoute {
  params?: z.ZodType;
  body?: z.ZodType;
  status: 200 | 201 | 202 | 204;
  answer?: z.ZodType;
  summary: string;
}

const userParams = z.object({ userId: objectId });
export const MAX_SERVER_EVENTS = 100;

export const serverUser = z.strictObject({
  name: lineOfText(80),
  email: z.email().max(254).nullable().optional(),
  avatarUrl: httpUrl.nullable().optional(),
});
export const serverRoom = z.strictObject({
  userIds: z.tuple([objectId, objectId]).refine(([one, other]) => one !== other, 'must be two different users'),
});
export const serverMessage = z.strictObject({
  chatRoomId: objectId,
  senderId: objectId,
  text: messageText,
  clientMessageId: clientMessageId.optional(),
});
/** The data of an event is described by its type, in the AsyncAPI document. */
export const serverEvent = z
  .looseObject({ id: z.string(), source: z.string(), type: z.string(), specversion: z.literal('1.0').optional(), data: z.unknown() })
  .meta({ id: 'ServerEvent' });
export const acceptedEvents = z.object({ accepted: z.number().int().min(1) });

export const serverRoutes = {
  'PUT /api/server/users/:userId': {
    params: userParams,
    body: serverUser,
    status: 200,
    answer: publicUser,
    summary: 'Create or change a user who has no account here',
  },
  'DELETE /api/server/users/:userId/sessions': {
    params: userParams,
    status: 204,
    summary: 'End all sessions of a user, and every token that was issued before',
  },
  'POST /api/server/events': {
    body: z.union([serverEvent, z.array(serverEvent).min(1).max(MAX_SERVER_EVENTS)]),
    status: 202,
    answer: acceptedEvents,
    summary: 'Publish one bus event or up to 100: CloudEvents in structured, batched or binary mode',
  },
  'POST /api/server/rooms': { body: serverRoom, status: 200, answer: openedRoom, summary: 'Get the room of two users, or create it' },
  'POST /api/server/messages': { body: serverMessage, status: 201, answer: receivedMessage, summary: 'Send a message as a user' },
} as const satisfies Record<string, ServerRoute>;

export type ServerRouteKey = keyof typeof serverRoutes;

import { z } from 'zod';
import * as changes from './changes';
import * as chat from './chat';
import { objectId } from './common';
import * as events from './events';
import * as notifications from './notifications';
import * as posts from './posts';
import * as presence from './presence';
import * as users from './users';

export type ServiceName = 'users' | 'posts' | 'events' | 'chat' | 'notification' | 'realtime';

export interface Route {
  service: ServiceName;
  /** Without a token. */
  open?: true;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  status: 200 | 201 | 204;
  answer?: z.ZodType;
  summary: string;
}

const id = z.object({ id: objectId });
const roomId = z.object({ chatRoomId: objectId });

/**
 * Every public REST call. The gateway lets these through and nothing else; services validate by
 * them; the OpenAPI document is made of them.
 */
export const routes = {
  'POST /api/auth/register': {
    service: 'users',
    open: true,
    body: users.registerBody,
    status: 201,
    answer: users.tokens,
    summary: 'Create an account',
  },
  'POST /api/auth/login': { service: 'users', open: true, body: users.loginBody, status: 200, answer: users.tokens, summary: 'Sign in' },
  'POST /api/auth/refresh': {
    service: 'users',
    open: true,
    body: users.refreshBody,
    status: 200,
    answer: users.tokens,
    summary: 'Refresh a session',
  },
  'POST /api/auth/logout': {
    service: 'users',
    open: true,
    body: users.logoutBody,
    status: 204,
    summary: 'End the session of the bearer token, which may have expired, or of the refresh token',
  },
  'POST /api/auth/logout-all': {
    service: 'users',
    status: 200,
    answer: users.endedSessions,
    summary: 'End all other sessions of the current user',
  },
  'GET /api/auth/sessions': {
    service: 'users',
    status: 200,
    answer: z.array(users.session),
    summary: 'List the sessions of the current user',
  },
  'DELETE /api/auth/sessions/:id': { service: 'users', params: id, status: 204, summary: 'End one session of the current user' },
  'POST /api/auth/password': {
    service: 'users',
    body: users.passwordBody,
    status: 204,
    summary: 'Change the password and end all other sessions',
  },
  'GET /api/users/me': { service: 'users', status: 200, answer: users.ownUser, summary: 'Get the current user' },
  'PATCH /api/users/me': {
    service: 'users',
    body: users.profilePatch,
    status: 200,
    answer: users.ownUser,
    summary: 'Change the current user',
  },
  'GET /api/users': {
    service: 'users',
    query: users.userSearchQuery,
    status: 200,
    answer: z.array(users.publicUser),
    summary: 'Search users by name',
  },
  'GET /api/users/:id': { service: 'users', params: id, status: 200, answer: users.publicUser, summary: 'Get a user' },
  'POST /api/posts': { service: 'posts', body: posts.newPost, status: 201, answer: posts.post, summary: 'Create a post' },
  'GET /api/posts': {
    service: 'posts',
    query: posts.pageQuery,
    status: 200,
    answer: z.array(posts.post),
    summary: 'List posts, newest first',
  },
  'GET /api/posts/:id': { service: 'posts', params: id, status: 200, answer: posts.post, summary: 'Get a post' },
  'POST /api/posts/:id/like': {
    service: 'posts',
    params: id,
    status: 200,
    answer: posts.likeState,
    summary: 'Like a post; a repeat changes nothing',
  },
  'DELETE /api/posts/:id/like': {
    service: 'posts',
    params: id,
    status: 200,
    answer: posts.likeState,
    summary: 'Withdraw a like; a repeat changes nothing',
  },
  'GET /api/posts/:id/likes': {
    service: 'posts',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(posts.author),
    summary: 'List users who like a post, newest first',
  },
  'POST /api/posts/:id/comments': {
    service: 'posts',
    params: id,
    body: posts.newComment,
    status: 201,
    answer: posts.comment,
    summary: 'Create a comment',
  },
  'GET /api/posts/:id/comments': {
    service: 'posts',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(posts.comment),
    summary: 'List comments, newest first',
  },
  'POST /api/events': { service: 'events', body: events.newGathering, status: 201, answer: events.gathering, summary: 'Create an event' },
  'GET /api/events': {
    service: 'events',
    query: events.gatheringsQuery,
    status: 200,
    answer: z.array(events.gathering),
    summary: 'List events, newest first',
  },
  'GET /api/events/:id': { service: 'events', params: id, status: 200, answer: events.gathering, summary: 'Get an event' },
  'POST /api/events/:id/rsvp': {
    service: 'events',
    params: id,
    body: events.rsvpBody,
    status: 200,
    answer: events.rsvp,
    summary: 'Answer an event; a repeat changes nothing',
  },
  'GET /api/events/:id/rsvps': {
    service: 'events',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(events.attendee),
    summary: 'List answers to an event, newest first',
  },
  'POST /api/chat/rooms': {
    service: 'chat',
    body: chat.openRoomBody,
    status: 200,
    answer: chat.openedRoom,
    summary: 'Get the room with another user, or create it',
  },
  'GET /api/chat/rooms': {
    service: 'chat',
    query: chat.roomsQuery,
    status: 200,
    answer: z.array(chat.room),
    summary: 'List the rooms of the current user, latest activity first',
  },
  'POST /api/chat/rooms/:chatRoomId/read': {
    service: 'chat',
    params: roomId,
    body: chat.readBody,
    status: 200,
    answer: chat.readState,
    summary: 'Mark messages as read up to a number',
  },
  'GET /api/chat/messages/:chatRoomId': {
    service: 'chat',
    params: roomId,
    query: chat.historyQuery,
    status: 200,
    answer: z.array(chat.historyMessage),
    summary: 'List messages, ascending',
  },
  'POST /api/chat/messages/:chatRoomId': {
    service: 'chat',
    params: roomId,
    body: chat.sendBody,
    status: 201,
    answer: chat.receivedMessage,
    summary: 'Send a message',
  },
  'PATCH /api/chat/messages/:chatRoomId/:seq': {
    service: 'chat',
    params: chat.messageParams,
    body: chat.editBody,
    status: 200,
    answer: chat.receivedMessage,
    summary: 'Edit an own message',
  },
  'GET /api/chat/messages/:chatRoomId/:seq/edits': {
    service: 'chat',
    params: chat.messageParams,
    status: 200,
    answer: z.array(changes.earlierText),
    summary: 'List earlier texts of a message, oldest first',
  },
  'POST /api/chat/messages/:chatRoomId/:seq/reactions': {
    service: 'chat',
    params: chat.messageParams,
    body: changes.reactBody,
    status: 200,
    answer: chat.receivedMessage,
    summary: 'React to a message, or withdraw a reaction; a repeat changes nothing',
  },
  'POST /api/chat/delivered': {
    service: 'chat',
    body: changes.markDeliveredPayload,
    status: 204,
    summary: 'Mark messages of several rooms as received by a device',
  },
  'POST /api/chat/rooms/:chatRoomId/typing': {
    service: 'realtime',
    params: roomId,
    body: chat.typingBody,
    status: 204,
    summary: 'Say that the user types, or no longer types',
  },
  'GET /api/notifications': {
    service: 'notification',
    query: notifications.notificationsQuery,
    status: 200,
    answer: z.array(notifications.notification),
    summary: 'List notifications, newest first',
  },
  'GET /api/notifications/unread-count': {
    service: 'notification',
    status: 200,
    answer: notifications.unreadCount,
    summary: 'Count unread notifications',
  },
  'PATCH /api/notifications/:id/read': {
    service: 'notification',
    params: id,
    status: 200,
    answer: notifications.notification,
    summary: 'Mark a notification as read',
  },
  'POST /api/notifications/read-all': {
    service: 'notification',
    body: notifications.readAllBody,
    status: 200,
    answer: notifications.updatedCount,
    summary: 'Mark all notifications as read, or all up to one of them',
  },
  'GET /api/unread': { service: 'realtime', status: 200, answer: chat.unread, summary: 'Count unread messages and notifications' },
  'GET /api/presence': {
    service: 'realtime',
    query: presence.presenceQuery,
    status: 200,
    answer: z.array(presence.presence),
    summary: 'Get the presence of users',
  },
} as const satisfies Record<string, Route>;

export type RouteKey = keyof typeof routes;

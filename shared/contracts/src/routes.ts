import { z } from 'zod';
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
    summary: 'Open an account',
  },
  'POST /api/auth/login': { service: 'users', open: true, body: users.loginBody, status: 200, answer: users.tokens, summary: 'Sign in' },
  'POST /api/auth/refresh': {
    service: 'users',
    open: true,
    body: users.refreshBody,
    status: 200,
    answer: users.tokens,
    summary: 'Rotate the refresh token',
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
  'GET /api/users/me': { service: 'users', status: 200, answer: users.ownUser, summary: 'Oneself' },
  'PATCH /api/users/me': {
    service: 'users',
    body: users.profilePatch,
    status: 200,
    answer: users.ownUser,
    summary: 'Change one’s profile',
  },
  'GET /api/users': {
    service: 'users',
    query: users.userSearchQuery,
    status: 200,
    answer: z.array(users.publicUser),
    summary: 'Search people by the beginning of a name',
  },
  'GET /api/users/:id': { service: 'users', params: id, status: 200, answer: users.publicUser, summary: 'Somebody' },
  'POST /api/posts': { service: 'posts', body: posts.newPost, status: 201, answer: posts.post, summary: 'Write a post' },
  'GET /api/posts': { service: 'posts', query: posts.pageQuery, status: 200, answer: z.array(posts.post), summary: 'Posts, newest first' },
  'GET /api/posts/:id': { service: 'posts', params: id, status: 200, answer: posts.post, summary: 'One post' },
  'POST /api/posts/:id/like': {
    service: 'posts',
    params: id,
    status: 200,
    answer: posts.likeState,
    summary: 'Like; a repeat changes nothing',
  },
  'DELETE /api/posts/:id/like': {
    service: 'posts',
    params: id,
    status: 200,
    answer: posts.likeState,
    summary: 'Take a like back; a repeat changes nothing',
  },
  'GET /api/posts/:id/likes': {
    service: 'posts',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(posts.author),
    summary: 'Who likes it, newest first',
  },
  'POST /api/posts/:id/comments': {
    service: 'posts',
    params: id,
    body: posts.newComment,
    status: 201,
    answer: posts.comment,
    summary: 'Comment',
  },
  'GET /api/posts/:id/comments': {
    service: 'posts',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(posts.comment),
    summary: 'Comments, newest first',
  },
  'POST /api/events': { service: 'events', body: events.newGathering, status: 201, answer: events.gathering, summary: 'Call a gathering' },
  'GET /api/events': {
    service: 'events',
    query: events.gatheringsQuery,
    status: 200,
    answer: z.array(events.gathering),
    summary: 'Gatherings, newest first',
  },
  'GET /api/events/:id': { service: 'events', params: id, status: 200, answer: events.gathering, summary: 'One gathering' },
  'POST /api/events/:id/rsvp': {
    service: 'events',
    params: id,
    body: events.rsvpBody,
    status: 200,
    answer: events.rsvp,
    summary: 'Say whether one comes; a repeat changes nothing',
  },
  'GET /api/events/:id/rsvps': {
    service: 'events',
    params: id,
    query: posts.pageQuery,
    status: 200,
    answer: z.array(events.attendee),
    summary: 'Who answered, newest first',
  },
  'POST /api/chat/rooms': {
    service: 'chat',
    body: chat.openRoomBody,
    status: 200,
    answer: chat.openedRoom,
    summary: 'The room with another user, made when first asked for',
  },
  'GET /api/chat/rooms': {
    service: 'chat',
    query: chat.roomsQuery,
    status: 200,
    answer: z.array(chat.room),
    summary: 'One’s rooms, latest activity first',
  },
  'POST /api/chat/rooms/:chatRoomId/read': {
    service: 'chat',
    params: roomId,
    body: chat.readBody,
    status: 200,
    answer: chat.readState,
    summary: 'Raise one’s read watermark',
  },
  'GET /api/chat/messages/:chatRoomId': {
    service: 'chat',
    params: roomId,
    query: chat.historyQuery,
    status: 200,
    answer: z.array(chat.historyMessage),
    summary: 'A page of messages, ascending',
  },
  'POST /api/chat/messages/:chatRoomId': {
    service: 'chat',
    params: roomId,
    body: chat.sendBody,
    status: 201,
    answer: chat.receivedMessage,
    summary: 'Send a message',
  },
  'GET /api/notifications': {
    service: 'notification',
    query: notifications.notificationsQuery,
    status: 200,
    answer: z.array(notifications.notification),
    summary: 'Notifications, newest first',
  },
  'GET /api/notifications/unread-count': {
    service: 'notification',
    status: 200,
    answer: notifications.unreadCount,
    summary: 'The bell’s number',
  },
  'PATCH /api/notifications/:id/read': {
    service: 'notification',
    params: id,
    status: 200,
    answer: notifications.notification,
    summary: 'Mark one as read',
  },
  'POST /api/notifications/read-all': {
    service: 'notification',
    body: notifications.readAllBody,
    status: 200,
    answer: notifications.updatedCount,
    summary: 'Mark all notifications as read, or all up to one of them',
  },
  'GET /api/unread': { service: 'realtime', status: 200, answer: chat.unread, summary: 'Unread messages and notifications' },
  'GET /api/presence': {
    service: 'realtime',
    query: presence.presenceQuery,
    status: 200,
    answer: z.array(presence.presence),
    summary: 'Who is online',
  },
} as const satisfies Record<string, Route>;

export type RouteKey = keyof typeof routes;

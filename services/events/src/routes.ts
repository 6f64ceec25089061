import type { RouteHandlers } from '@linsta/http';
import type { Gatherings } from './gatherings';
import type { Rsvps } from './rsvps';

export const createRoutes = ({ gatherings, rsvps }: { gatherings: Gatherings; rsvps: Rsvps }): RouteHandlers<'events'> => ({
  'POST /api/events': ({ userId, body }) => gatherings.create(userId, body),
  'GET /api/events': ({ userId, query }) => gatherings.list(userId, query),
  'GET /api/events/:id': ({ userId, params }) => gatherings.get(params.id, userId),
  'POST /api/events/:id/rsvp': ({ userId, params, body }) => rsvps.set(params.id, userId, body.status),
  'GET /api/events/:id/rsvps': ({ params, query }) => rsvps.list(params.id, query),
});

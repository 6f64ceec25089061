import type { RouteHandlers } from '@linsta/http';
import type { Comments } from './comments';
import type { Likes } from './likes';
import type { Posts } from './posts';

export const createRoutes = ({ posts, likes, comments }: { posts: Posts; likes: Likes; comments: Comments }): RouteHandlers<'posts'> => ({
  'POST /api/posts': ({ userId, body }) => posts.create(userId, body.text),
  'GET /api/posts': ({ userId, query }) => posts.list(userId, query),
  'GET /api/posts/:id': ({ userId, params }) => posts.get(params.id, userId),
  'POST /api/posts/:id/like': ({ userId, params }) => likes.like(params.id, userId),
  'DELETE /api/posts/:id/like': ({ userId, params }) => likes.unlike(params.id, userId),
  'GET /api/posts/:id/likes': ({ params, query }) => likes.list(params.id, query),
  'POST /api/posts/:id/comments': ({ userId, params, body }) => comments.create(params.id, userId, body.text),
  'GET /api/posts/:id/comments': ({ params, query }) => comments.list(params.id, query),
});

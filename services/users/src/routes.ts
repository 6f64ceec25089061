import type { RouteHandlers } from '@linsta/http';
import type { Accounts } from './accounts';
import type { Sessions } from './sessions';

export const createRoutes = ({ accounts, sessions }: { accounts: Accounts; sessions: Sessions }): RouteHandlers<'users'> => ({
  'POST /api/auth/register': ({ body }) => accounts.register(body),
  'POST /api/auth/login': ({ body }) => accounts.login(body),
  'POST /api/auth/refresh': ({ body }) => accounts.refresh(body.refreshToken),
  'POST /api/auth/logout': async ({ userId, sid }) => {
    if (sid !== undefined) await sessions.end(sid, userId);
  },
  'GET /api/users/me': ({ userId }) => accounts.me(userId),
  'PATCH /api/users/me': ({ userId, body }) => accounts.change(userId, body),
  'GET /api/users': ({ query }) => accounts.search(query.search, query.limit),
  'GET /api/users/:id': ({ params }) => accounts.get(params.id),
});

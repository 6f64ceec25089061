import { AppError } from '@linsta/core';
import { bearer, type RouteHandlers, type VerifyToken } from '@linsta/http';
import type { Accounts } from './accounts/accounts';
import type { Sessions } from './sessions/sessions';

export function createRoutes(options: {
  accounts: Accounts;
  sessions: Sessions;
  /** Accepts expired tokens: it only ends sessions. */
  verifyForLogout: VerifyToken;
}): RouteHandlers<'users'> {
  const { accounts, sessions } = options;

  /** The session of a bearer token. Without a refresh token beside it, a bad one is a 401. */
  const endByBearer = async (authorization: string | undefined, required: boolean) => {
    try {
      const { sid, userId } = options.verifyForLogout(bearer(authorization));
      if (sid !== undefined) await sessions.end(sid, userId);
    } catch (error) {
      if (required || !(error instanceof AppError && error.status === 401)) throw error;
    }
  };

  return {
    'POST /api/auth/register': ({ body, client }) => accounts.register(body, client),
    'POST /api/auth/login': ({ body, client }) => accounts.login(body, client),
    'POST /api/auth/refresh': ({ body }) => accounts.refresh(body.refreshToken),
    'POST /api/auth/logout': async ({ body: { refreshToken }, client }) => {
      await endByBearer(client.authorization, refreshToken === undefined);
      if (refreshToken !== undefined) await sessions.endByToken(refreshToken);
    },
    'POST /api/auth/logout-all': async ({ userId, sid }) => ({ ended: await sessions.endOthers(userId, sid) }),
    'GET /api/auth/sessions': ({ userId, sid }) => sessions.list(userId, sid),
    'DELETE /api/auth/sessions/:id': ({ userId, params }) => sessions.endOwn(params.id, userId),
    'POST /api/auth/password': ({ userId, sid, body, client }) => accounts.changePassword({ userId, keptSid: sid }, body, client),
    'GET /api/users/me': ({ userId }) => accounts.me(userId),
    'PATCH /api/users/me': ({ userId, body }) => accounts.change(userId, body),
    'GET /api/users': ({ query }) => accounts.search(query.search, query.limit),
    'GET /api/users/:id': ({ params }) => accounts.get(params.id),
  };
}

import { peopleRequest, sessionsRequest } from '@linsta/contracts/internal';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import type { Accounts } from './accounts/accounts';
import type { Sessions } from './sessions/sessions';

export const createEndpoints = ({ accounts, sessions }: { accounts: Accounts; sessions: Sessions }): Record<string, InternalEndpoint> => ({
  '/people': endpoint(peopleRequest, async ({ userIds }) => ({ users: await accounts.people(userIds) })),
  '/sessions/check': endpoint(sessionsRequest, async ({ sids }) => ({ active: await sessions.active(sids) })),
});

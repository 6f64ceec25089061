import { peopleRequest, sessionsRequest } from '@linsta/contracts';
import { door, type InternalDoor } from '@linsta/server';
import type { Accounts } from './accounts';
import type { Sessions } from './sessions';

export const createDoors = ({ accounts, sessions }: { accounts: Accounts; sessions: Sessions }): Record<string, InternalDoor> => ({
  '/people': door(peopleRequest, async ({ userIds }) => ({ users: await accounts.people(userIds) })),
  '/sessions/check': door(sessionsRequest, async ({ sids }) => ({ active: await sessions.active(sids) })),
});

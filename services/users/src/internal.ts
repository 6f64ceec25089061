import {
  endSessionsRequest,
  identitiesRequest,
  peopleRequest,
  serverEventsRequest,
  serverUserRequest,
  sessionsRequest,
} from '@linsta/contracts/internal';
import { endpoint, type InternalEndpoint } from '@linsta/http';
import type { Accounts } from './accounts/accounts';
import type { Profiles } from './profiles/profiles';
import type { Endings } from './sessions/endings';
import type { ServerEvents } from './server-events';
import type { Sessions } from './sessions/sessions';

export const createEndpoints = (options: {
  accounts: Accounts;
  profiles: Profiles;
  sessions: Sessions;
  endings: Endings;
  publishEvents: ServerEvents;
}): Record<string, InternalEndpoint> => {
  const { accounts, profiles, sessions, endings, publishEvents } = options;
  return {
    '/people': endpoint(peopleRequest, async ({ userIds }) => ({ users: await accounts.people(userIds) })),
    '/sessions/check': endpoint(sessionsRequest, async ({ sids, userIds }) => {
      const [active, ended] = await Promise.all([sessions.active(sids), endings.of(userIds)]);
      return { active, endings: ended };
    }),
    '/identities': endpoint(identitiesRequest, async (request) => {
      await Promise.all(request.profiles.map((profile) => profiles.open(profile)));
      return {};
    }),
    '/server/users': endpoint(serverUserRequest, ({ userId, ...fields }) => profiles.put(userId, fields)),
    '/server/sessions/end': endpoint(endSessionsRequest, async ({ userId }) => {
      await endings.endAll(userId);
      return {};
    }),
    '/server/events': endpoint(serverEventsRequest, ({ events }) => publishEvents(events)),
  };
};

import type { BusHandlers } from '@linsta/bus';
import type { Profiles } from './profiles/profiles';
import type { Endings } from './sessions/endings';
import type { Sessions } from './sessions/sessions';

export const QUEUE = 'users.people';

const OWN_SOURCE = 'linsta/users';
/** Facts of this service come back over the bus; they are in the database already. */
const isOwn = ({ source }: { source: string }) => source === OWN_SOURCE;

export const createConsumers = (options: { profiles: Profiles; sessions: Sessions; endings: Endings }): BusHandlers => ({
  USER_CHANGED: async (event) => {
    if (!isOwn(event)) await options.profiles.changed(event.data, new Date(event.time));
  },
  SESSION_ENDED: async (event) => {
    if (isOwn(event)) return;
    const { userId, sid } = event.data;
    if (sid === undefined) await options.endings.endedElsewhere(userId, new Date(event.time));
    else await options.sessions.end(sid, userId);
  },
});

import type { BusHandlers } from '@linsta/bus';
import type { UserDirectory } from '@linsta/mongo';
import type { Inbox } from './inbox/inbox';

export const QUEUE = 'notification.inbox';

export const createConsumers = ({ inbox, directory }: { inbox: Inbox; directory: UserDirectory }): BusHandlers => ({
  LIKE: (event) => inbox.react(event),
  COMMENT: (event) => inbox.react(event),
  EVENT_RSVP: (event) => inbox.react(event),
  UNLIKE: (event) => inbox.unlike(event),
  USER_CHANGED: (event) => directory.onUserChanged(event),
});

import type { BusHandlers, People } from '@linsta/server';
import type { Inbox } from './inbox';

export const QUEUE = 'notification.inbox';

export const createConsumers = ({ inbox, people }: { inbox: Inbox; people: People }): BusHandlers => ({
  LIKE: (event) => inbox.react(event),
  COMMENT: (event) => inbox.react(event),
  EVENT_RSVP: (event) => inbox.react(event),
  UNLIKE: (event) => inbox.unlike(event),
  USER_CHANGED: (event) => people.onUserChanged(event),
});

import type { BusHandlers } from '@linsta/bus';
import type { UserDirectory } from '@linsta/mongo';
import { AppError, type FurtherNotificationType } from '@linsta/core';
import type { Inbox } from './inbox/inbox';

export const QUEUE = 'notification.inbox';

export const createConsumers = ({
  inbox,
  directory,
  furtherTypes,
}: {
  inbox: Inbox;
  directory: UserDirectory;
  furtherTypes: readonly FurtherNotificationType[];
}): BusHandlers => ({
  further: async (event) => {
    const further = furtherTypes.find(({ type }) => type === event.type);
    if (further === undefined) throw new AppError('BAD_REQUEST', `unknown type ${JSON.stringify(event.type)}`);
    await inbox.react({ ...event, further });
  },
  LIKE: (event) => inbox.react(event),
  COMMENT: (event) => inbox.react(event),
  EVENT_RSVP: (event) => inbox.react(event),
  UNLIKE: (event) => inbox.unlike(event),
  USER_CHANGED: (event) => directory.onUserChanged(event),
});

import type { BusHandlers } from '@linsta/bus';
import type { UserDirectory } from '@linsta/mongo';
import { AppError, type FurtherNotificationType } from '@linsta/core';
import type { Inbox } from './inbox/inbox';
import type { Webhooks } from './webhooks/webhooks';

export const QUEUE = 'notification.inbox';

export const createConsumers = ({
  inbox,
  directory,
  furtherTypes,
  webhooks,
}: {
  inbox: Inbox;
  directory: UserDirectory;
  furtherTypes: readonly FurtherNotificationType[];
  webhooks: Webhooks;
}): BusHandlers => ({
  further: async (event) => {
    const further = furtherTypes.find(({ type }) => type === event.type);
    if (further === undefined) throw new AppError('BAD_REQUEST', `unknown type ${JSON.stringify(event.type)}`);
    await inbox.react({ ...event, further });
  },
  // Bound only where there is an endpoint: every message would pass here for nothing.
  ...(webhooks.enabled && { MESSAGE_SENT: (event) => webhooks.message(event) }),
  LIKE: (event) => inbox.react(event),
  COMMENT: (event) => inbox.react(event),
  EVENT_RSVP: (event) => inbox.react(event),
  UNLIKE: (event) => inbox.unlike(event),
  USER_CHANGED: (event) => directory.onUserChanged(event),
});

import type { BusHandlers } from '@linsta/bus';
import type { UserDirectory } from '@linsta/mongo';

export const QUEUE = 'chat.people';

export const createConsumers = ({ directory }: { directory: UserDirectory }): BusHandlers => ({
  USER_CHANGED: (event) => directory.onUserChanged(event),
});

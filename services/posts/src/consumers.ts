import type { BusHandlers, People } from '@linsta/server';

export const QUEUE = 'posts.people';

export const createConsumers = ({ people }: { people: People }): BusHandlers => ({
  USER_CHANGED: (event) => people.onUserChanged(event),
});

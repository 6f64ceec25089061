import { setTimeout as sleep } from 'node:timers/promises';

const SLICES = 20;

/**
 * Applies `each` to all items, in twenty slices over this time: clients that are disconnected do
 * not all reconnect at once.
 */
export async function spreadOver<T>(items: T[], overMs: number, each: (item: T) => void): Promise<void> {
  const rest = [...items];
  const slice = Math.ceil(rest.length / SLICES);
  while (rest.length > 0) {
    for (const item of rest.splice(0, slice)) each(item);
    if (rest.length > 0) await sleep(overMs / SLICES);
  }
}

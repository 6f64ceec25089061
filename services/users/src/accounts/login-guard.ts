import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { AppError } from '@linsta/core';
import type { WindowCounter } from '@linsta/mongo';

export const GUARD_WINDOW_SECONDS = 15 * 60;
/** Attempts at one account from one network. */
const MAX_PER_NETWORK = 10;
/**
 * Attempts at one account from all networks that it was never used from: guessing from many
 * addresses.
 */
const MAX_FROM_UNKNOWN = 100;
const MAX_KNOWN_NETWORKS = 20;

/** An IPv4 address, or the /64 of an IPv6 address, since one customer has that many of them. */
export function networkOf(address: string): string {
  const bare = address.split('%')[0] ?? '';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(bare) !== 6) return bare;
  const [head = '', tail = ''] = bare.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === '' ? [] : tail.split(':');
  const zeros = bare.includes('::') ? Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill('0') : [];
  return [...groups, ...zeros, ...rest]
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}

/** How an account remembers a network: not the address itself. */
const markOf = (email: string, network: string) => createHash('sha256').update(`${email} ${network}`).digest('base64url').slice(0, 16);

export interface Attempt {
  /**
   * The password was right. Returns the networks to remember, or undefined if they have not
   * changed.
   */
  succeeded(): Promise<string[] | undefined>;
}

/**
 * Bounds password guessing. Every attempt is counted before its password is evaluated, so parallel
 * guesses have no advantage. It is counted per account and network: a stranger cannot lock the
 * owner out. A second, higher limit per account covers guesses from many networks; networks from
 * which the owner has signed in before are exempt from it.
 */
export function createLoginGuard(counter: WindowCounter) {
  const assertWithin = (limit: number, { count, endsInSeconds }: Awaited<ReturnType<WindowCounter['add']>>) => {
    if (count > limit)
      throw new AppError('TOO_MANY_ATTEMPTS', 'Too many failed sign-ins for this account; try again later', {
        retryAfterSeconds: endsInSeconds,
      });
  };
  return {
    /** Throws 429. */
    async begin(email: string, address: string, knownNetworks: string[] = []): Promise<Attempt> {
      const network = networkOf(address);
      const mark = markOf(email, network);
      const known = knownNetworks.includes(mark);
      const pair = `${email} ${network}`;
      assertWithin(MAX_PER_NETWORK, await counter.add(pair));
      // Second, so that attempts that are refused already do not use up the limit of the account.
      if (!known) assertWithin(MAX_FROM_UNKNOWN, await counter.add(email));
      return {
        async succeeded() {
          await counter.clear(pair);
          if (known) return undefined;
          await counter.release(email);
          return [...knownNetworks, mark].slice(-MAX_KNOWN_NETWORKS);
        },
      };
    },
  };
}
export type LoginGuard = ReturnType<typeof createLoginGuard>;

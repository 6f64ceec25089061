import { Algorithm, hash, verify } from '@node-rs/argon2';
import { AppError, createLimiter } from '@linsta/core';

const AT_A_TIME = 4;
const MAX_WAITING = 200;

/**
 * Argon2id with a bound on concurrent hashes: each takes memory and a thread of the pool that file
 * access needs too. New hashes are made of the NFKC form, so that one password typed on two systems
 * is one password.
 */
export function createPasswords(memoryKib: number) {
  const options = { algorithm: 2 satisfies Algorithm.Argon2id, memoryCost: memoryKib, timeCost: 2, parallelism: 1 };
  const inTurn = createLimiter(AT_A_TIME, {
    maxWaiting: MAX_WAITING,
    refuse: () => new AppError('OVERLOADED', 'Too many sign-ins at once; try again shortly', { retryAfterSeconds: 2 }),
  });
  let decoy: Promise<string> | undefined;
  return {
    hash: (password: string) => inTurn(() => hash(password.normalize('NFKC'), options)),
    /**
     * Takes as long without a hash, so that the time does not show which addresses have an account.
     */
    async matches(passwordHash: string | undefined, password: string): Promise<boolean> {
      decoy ??= hash('a password of no account', options);
      const against = passwordHash ?? (await decoy);
      const normalised = password.normalize('NFKC');
      const matched =
        (await inTurn(() => verify(against, normalised))) ||
        // A hash from before the normalisation.
        (normalised !== password && (await inTurn(() => verify(against, password))));
      return matched && passwordHash !== undefined;
    },
  };
}
export type Passwords = ReturnType<typeof createPasswords>;

import type { DemoUser } from '@linsta/gateway';
import { DEMO_ACCOUNTS } from '@linsta/users';

/** Two users for first trials; only on the embedded default, which listens on loopback. */
export const DEMO_USERS: readonly DemoUser[] = DEMO_ACCOUNTS;

/** Opens their accounts where they are missing. */
export async function ensureDemoUsers(url: string): Promise<void> {
  await Promise.all(
    DEMO_USERS.map(async (user) => {
      const response = await fetch(`${url}/api/auth/register`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(user),
      });
      if (response.status !== 201 && response.status !== 409) throw new Error(`a demo user could not be registered: ${response.status}`);
    }),
  );
}

import type { DemoUser } from '@linsta/gateway';

/**
 * Two people to try things with; only on the embedded default, where nobody else can reach them.
 */
export const DEMO_USERS: DemoUser[] = [
  { name: 'Ann Demo', email: 'ann@example.com', password: 'linsta-demo' },
  { name: 'Ben Demo', email: 'ben@example.com', password: 'linsta-demo' },
];

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

/**
 * The accounts that the embedded default opens at its first start outside of production. Their
 * password is public, so it opens no account once NODE_ENV is `production`.
 */
const DEMO_PASSWORD = 'linsta-demo';
export const DEMO_ACCOUNTS = [
  { name: 'Ann Demo', email: 'ann@example.com', password: DEMO_PASSWORD },
  { name: 'Ben Demo', email: 'ben@example.com', password: DEMO_PASSWORD },
] as const;

export const isDemoPassword = (password: string): boolean => password === DEMO_PASSWORD;

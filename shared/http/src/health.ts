import type { Express } from 'express';

export type PartState = 'ok' | 'degraded' | 'down' | 'starting';
/** The state of each part that a service depends on. */
export type HealthCheck = () => Promise<Record<string, PartState>>;

/**
 * The answer of `/readyz` for these parts. `degraded`: a part is missing that the rest can do
 * without for a while.
 */
export function toReadiness(checks: Record<string, string>): { code: 200 | 503; status: 'ok' | 'degraded' | 'not ready' } {
  const states = Object.values(checks);
  if (states.every((state) => state === 'ok')) return { code: 200, status: 'ok' };
  return states.every((state) => state === 'ok' || state === 'degraded')
    ? { code: 200, status: 'degraded' }
    : { code: 503, status: 'not ready' };
}

/**
 * Adds `/livez` and `/readyz`. `node` identifies this process to a gateway that must find it again.
 */
export const mountHealth = (app: Express, health: HealthCheck, node?: string) => {
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const checks = await health();
    const { code, status } = toReadiness(checks);
    response.status(code).json({ status, checks, ...(node !== undefined && { node }) });
  });
};

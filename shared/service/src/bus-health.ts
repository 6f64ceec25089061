import type { EventBus } from '@linsta/bus';

/**
 * The bus as readiness shows it: `starting` until it was there once, so that no client is admitted
 * before the queues are declared; `degraded` while it is away, since events wait in their outboxes
 * and everything else goes on.
 */
export function busHealth(bus: Pick<EventBus, 'healthy'>): () => 'ok' | 'degraded' | 'starting' {
  let seen = false;
  return () => {
    if (!bus.healthy()) return seen ? 'degraded' : 'starting';
    seen = true;
    return 'ok';
  };
}

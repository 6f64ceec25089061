import { routes } from '@linsta/contracts';
import { onFinishedRequest, routeOf } from '@linsta/http';
import { Histogram, type Registry } from 'prom-client';

const SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** Paths of other services are few; a caller must not be able to add labels without end. */
const MAX_INTERNAL_ROUTES = 100;

const withoutNames = (path: string) => path.replaceAll(/:\w+/g, ':id');
const ROUTES = new Set(Object.keys(routes).map((key) => withoutNames(key.slice(key.indexOf(' ') + 1))));
const OTHER = new Set(['/livez', '/readyz', '/metrics', '/socket.io/', '/socket.io']);
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The label of a path: a route of the contract or of the product, else `other`. */
function createRouteLabels() {
  const internal = new Set<string>();
  return (path: string): string => {
    const route = routeOf(path);
    if (ROUTES.has(route) || OTHER.has(route) || internal.has(route)) return route;
    if (!route.startsWith('/internal/') || internal.size >= MAX_INTERNAL_ROUTES) return 'other';
    internal.add(route);
    return route;
  };
}

/** Counts and times the requests of one service. Answers how to stop. */
export function registerHttpMetrics(registry: Registry, service: string): () => void {
  const seconds = new Histogram({
    name: 'linsta_http_request_duration_seconds',
    help: 'Time from the first byte of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
    registers: [registry],
  });
  const labelOf = createRouteLabels();
  return onFinishedRequest((request) => {
    if (request.service !== service) return;
    const method = METHODS.has(request.method) ? request.method : 'other';
    seconds.observe({ method, route: labelOf(request.path), status: String(request.status) }, request.durationMs / 1_000);
  });
}

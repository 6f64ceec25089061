import { Agent, get } from 'node:http';
import type { ServiceName } from '@linsta/contracts';
import type { GatewayConfig } from './config';

const DEADLINE_MS = 1_000;
const HOLDS_MS = 1_000;

export type State = 'ok' | 'degraded' | 'not ready' | 'down';

const MAX_ANSWER_BYTES = 16_384;
/** What a service says of itself, e.g. that it works without its broker for now. */
const statusOf = (text: string): string | undefined => {
  try {
    return (JSON.parse(text) as { status?: string }).status;
  } catch {
    return undefined;
  }
};

/** The readiness of every service. An answer is cached for a second. */
export function createUpstreamHealth(config: GatewayConfig) {
  const agent = new Agent({ keepAlive: true, timeout: 20_000 });
  const urls: Record<ServiceName, string> = {
    users: config.USERS_URL,
    posts: config.POSTS_URL,
    events: config.EVENTS_URL,
    chat: config.CHAT_URL,
    notification: config.NOTIFICATION_URL,
    realtime: config.REALTIME_URL[0] ?? '',
  };
  const requestState = (url: string) =>
    new Promise<State>((resolve) => {
      const request = get(new URL('/readyz', url), { agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text.length < MAX_ANSWER_BYTES ? (text += chunk) : request.destroy()));
        response.on('end', () => {
          const answered = statusOf(text) === 'degraded' ? 'degraded' : 'ok';
          resolve(response.statusCode === 200 ? answered : 'not ready');
        });
      });
      const deadline = setTimeout(() => request.destroy(), DEADLINE_MS).unref();
      request
        .on('error', () => resolve('down'))
        .on('close', () => {
          clearTimeout(deadline);
          resolve('down');
        });
    });

  let last: { until: number; checks: Promise<Record<string, State>> } | undefined;
  return {
    checks(): Promise<Record<string, State>> {
      if (last === undefined || last.until < Date.now()) {
        const states = Object.entries(urls).map(async ([name, url]) => [name, await requestState(url)] as const);
        last = { until: Date.now() + HOLDS_MS, checks: Promise.all(states).then((entries) => Object.fromEntries(entries)) };
      }
      return last.checks;
    },
    close: () => agent.destroy(),
  };
}
export type UpstreamHealth = ReturnType<typeof createUpstreamHealth>;

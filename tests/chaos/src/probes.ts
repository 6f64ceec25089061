import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { createApi, type CallOptions } from './api';

const EVERY_MS = 500;
const GIVE_UP_MS = 15_000;

export interface Sample {
  what: string;
  at: number;
  tookMs: number;
  /** `ok`, a code, or `no answer`. */
  answer: string;
}

/**
 * Runs one probe per user operation twice a second until stopped, without retries. `readyzOf` names
 * endpoints of services.
 */
export async function startProbes(url: string, readyzOf: Record<string, string>) {
  const samples: Sample[] = [];
  const api = createApi(url);
  const register = async (name: string) => {
    const body = { name, email: `${name}@example.com`, password: 'correct horse' };
    const { token, user } = await api.call<{ token: string; user: { _id: string } }>('POST', '/api/auth/register', { body });
    return { token, _id: user._id };
  };
  const [one, two] = [await register('prober'), await register('probed')];
  const { chatRoomId: room } = await api.call<{ chatRoomId: string }>('POST', '/api/chat/rooms', {
    token: one.token,
    body: { otherUserId: two._id },
  });
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: 100,
    reconnectionDelayMax: 500,
    auth: { token: one.token },
  });
  const { token } = one;
  let serial = 0;
  let stopped = false;

  const rest = (method: string, path: string, options: CallOptions) => async () => {
    const { status, json } = await api.once(method, path, options);
    return status < 300 ? 'ok' : `${status} ${(json as { code?: string } | undefined)?.code ?? ''}`.trim();
  };
  const probes: Record<string, () => Promise<string>> = {
    send_message: async () => {
      const key = `probe-${(serial += 1)}`;
      const answer = (await socket
        .timeout(GIVE_UP_MS)
        .emitWithAck('send_message', { chatRoomId: room, text: key, clientMessageId: key })) as {
        ok: boolean;
        error?: { code: string };
      };
      return answer.ok ? 'ok' : (answer.error?.code ?? '?');
    },
    history: rest('GET', `/api/chat/messages/${room}?limit=20`, { token }),
    'notification list': rest('GET', '/api/notifications?limit=20', { token }),
    presence: rest('GET', `/api/presence?userIds=${two._id}`, { token }),
    post: rest('POST', '/api/posts', { token, body: { text: 'probe' } }),
    'sign in': rest('POST', '/api/auth/login', { body: { email: 'prober@example.com', password: 'correct horse' } }),
    ...Object.fromEntries(
      Object.entries(readyzOf).map(([name, endpoint]) => [
        `${name} /readyz`,
        async () => {
          const response = await fetch(`${endpoint}/readyz`, { signal: AbortSignal.timeout(GIVE_UP_MS) });
          const { status, checks } = (await response.json()) as { status: string; checks: Record<string, string> };
          const wrong = Object.entries(checks).filter(([, state]) => state !== 'ok');
          return response.ok && wrong.length === 0
            ? 'ok'
            : `${response.status} ${status}: ${wrong.map((pair) => pair.join(' ')).join(', ')}`;
        },
      ]),
    ),
  };
  const repeat = async (what: string, probe: () => Promise<string>) => {
    while (!stopped) {
      const at = Date.now();
      const answer = await probe().catch((error: Error) =>
        /timed? ?out|abort/i.test(`${error.name} ${error.message}`) ? 'no answer' : error.message,
      );
      samples.push({ what, at, tookMs: Date.now() - at, answer });
      await pause(Math.max(0, EVERY_MS - (Date.now() - at)));
    }
  };
  const running = Object.entries(probes).map(([what, probe]) => repeat(what, probe));
  return {
    samples,
    async stop() {
      stopped = true;
      socket.disconnect();
      await Promise.race([Promise.all(running), pause(GIVE_UP_MS)]);
    },
  };
}

/** One line per probe: its answers during the cut, and the time of its recovery. */
export function toTable(samples: Sample[], cutAt: number, healedAt: number): string[] {
  return [...new Set(samples.map(({ what }) => what))].map((what) => {
    const own = samples.filter((sample) => sample.what === what);
    const during = own.filter(({ at }) => at >= cutAt && at < healedAt);
    const counts = new Map<string, number>();
    for (const { answer } of during) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    const slowest = Math.max(0, ...during.map(({ tookMs }) => tookMs));
    const lastBad = own.filter(({ at, tookMs, answer }) => at + tookMs >= healedAt && answer !== 'ok').at(-1);
    const healed = lastBad === undefined ? 'at once' : `${((lastBad.at + lastBad.tookMs - healedAt) / 1000).toFixed(1)} s after`;
    const answers = [...counts].map(([answer, count]) => `${count} × ${answer}`).join(', ');
    return `| ${what} | ${answers} | ${slowest} ms | ${healed} |`;
  });
}

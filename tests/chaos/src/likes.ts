import { pikaPublish, waitFor, createRandom } from '@linsta/testing';
import { createApi } from './api';
import { createEnvironment } from './environment';

const OWNERS = 10;
const CHUNKS = 10;
const ARRIVE_MS = 240_000;
/** The share of the likes after which each fault is injected; publishing goes on meanwhile. */
const FAULTS: [number, 'kill' | 'restart'][] = [
  [0.1, 'kill'],
  [0.2, 'restart'],
  [0.35, 'kill'],
  [0.5, 'kill'],
  [0.6, 'restart'],
  [0.75, 'kill'],
  [0.9, 'kill'],
];
const hex = (n: number) => n.toString(16).padStart(24, '0');

/**
 * Publishes `count` LIKEs by Python's pika while the broker is restarted twice and a notification
 * process is killed five times. Returns the result as a sentence, and whether it is right.
 */
export async function runLikes(options: {
  seed: number;
  count: number;
  say(sentence: string): void;
}): Promise<{ right: boolean; text: string }> {
  const { seed, count, say } = options;
  const random = createRandom(seed);
  const environment = await createEnvironment({ scale: { notification: 2 } });
  try {
    await environment.ready();
    const api = createApi(environment.stack.url);
    const owners: { _id: string; token: string }[] = [];
    for (let at = 0; at < OWNERS; at += 1) {
      const body = { name: `Owner ${at}`, email: `owner.${at}@example.com`, password: 'correct horse' };
      const { token, user } = await api.call<{ token: string; user: { _id: string } }>('POST', '/api/auth/register', { body });
      owners.push({ _id: user._id, token });
    }
    const events = Array.from({ length: count }, (_, n) => {
      const recipientId = owners[n % OWNERS]?._id;
      const data = { recipientId, actorId: hex(n + 1), actorName: `Fan ${n}`, referenceId: hex(1_000_000 + n) };
      return { specversion: '1.0', id: `like:${n}`, source: 'pika', type: 'LIKE', time: new Date().toISOString(), data };
    });

    const injecting: Promise<unknown>[] = [];
    const done = { kill: 0, restart: 0 };
    const inject = async (fault: 'kill' | 'restart') => {
      if (fault === 'restart') {
        say('the broker is restarted');
        await environment.broker.kill('SIGTERM');
        await environment.broker.start();
      } else {
        const name = random.pick(['notification-1', 'notification-2']);
        process.kill(await waitFor(() => environment.stack.pidOf(name), `a process ${name}`, 30_000), 'SIGKILL');
        say(`kill -9 of ${name}`);
      }
      done[fault] += 1;
    };
    const pending = [...FAULTS];
    const startedAt = Date.now();
    for (let chunk = 0; chunk < CHUNKS; chunk += 1) {
      while (pending[0] !== undefined && pending[0][0] <= chunk / CHUNKS) injecting.push(inject(pending.shift()?.[1] ?? 'kill'));
      const part = events.slice(Math.floor((chunk * count) / CHUNKS), Math.floor(((chunk + 1) * count) / CHUNKS));
      const message = (event: (typeof events)[number]) => ({
        routingKey: 'LIKE',
        contentType: 'application/cloudevents+json',
        body: JSON.stringify(event),
      });
      await pikaPublish(environment.broker.url, part.map(message));
    }
    await Promise.all(injecting);
    say(`${count} published in ${Math.round((Date.now() - startedAt) / 1000)} s`);
    await environment.ready();

    const unread = async () => {
      const counts = await Promise.all(
        owners.map(({ token }) => api.call<{ unread: number }>('GET', '/api/notifications/unread-count', { token })),
      );
      return counts.reduce((sum, answer) => sum + answer.unread, 0);
    };
    const arrived = await waitFor(async () => (await unread()) >= count, 'every notification', ARRIVE_MS).catch(() => false);
    const rows: string[] = [];
    for (const { token } of owners)
      for (let before = ''; ;) {
        const page = await api.call<{ _id: string; actorId: string }[]>('GET', `/api/notifications?limit=100${before}`, { token });
        if (page.length === 0) break;
        rows.push(...page.map(({ actorId }) => actorId));
        before = `&before=${page.at(-1)?._id ?? ''}`;
      }
    const different = new Set(rows).size;
    const queues = environment.broker
      .ctl('list_queues', 'name', 'messages', '--no-table-headers')
      .split('\n')
      .filter((line) => /^notification.*\s[1-9]\d*$/.test(line));
    const right = arrived === true && rows.length === count && different === count;
    const text =
      `seed ${seed}: ${count} LIKEs published by pika; the broker restarted ${done.restart} times, a notification process killed ${done.kill} times: ` +
      `${rows.length} notifications, ${rows.length - different} duplicates, ${count - different} lost; ` +
      `left in the broker: ${queues.length === 0 ? 'nothing' : queues.join(', ')}; after ${Math.round((Date.now() - startedAt) / 1000)} s in all`;
    return { right, text };
  } finally {
    await environment.stop();
  }
}

import { describeWith, noBroker, noRedis, waitFor } from '@linsta/testing';
import { createEnvironment, type Environment } from '../src/environment';
import { runChaos } from '../src/run';
import { contentionSuite } from './suites/contention';
import { redisSuite } from './suites/redis';
import { rollingRestartSuite } from './suites/rolling-restart';

describeWith(noBroker ?? noRedis, 'the stack, two of each that scales, on servers of its own', () => {
  let environment: Environment;
  beforeAll(async () => {
    environment = await createEnvironment({
      scale: { gateway: 2, realtime: 2, chat: 2, notification: 2 },
      env: { PRESENCE_GRACE_MS: '300' },
      late: true,
    });
  }, 60_000);
  afterAll(() => environment?.stop(), 60_000);

  test('when the services are there before broker, database and Redis, then they wait, report that they are not ready, exit with 0 on SIGTERM, and become ready when the servers start', async () => {
    const { lines, stack, startServers, ready, isReady } = environment;
    const linesOf = (name: string, from = 0) => lines.slice(from).filter((line) => line.startsWith(name));
    try {
      // Each service logs that it waits; a gateway listens at once.
      const names = ['chat-1', 'posts', 'notification-1', 'realtime-1'];
      await waitFor(() => names.every((name) => linesOf(`${name} |`).length > 0), 'all waiting', 60_000);
      await waitFor(
        () =>
          fetch(`${stack.urls[0]}/livez`)
            .then(({ ok }) => ok)
            .catch(() => false),
        'the gateway',
        30_000,
      );
      expect(await isReady()).toBe(false);
      const from = lines.length;
      const ending = [...names, 'gateway-1'];
      for (const name of ending) process.kill(stack.pidOf(name)!, 'SIGTERM');
      for (const name of ending)
        expect(await waitFor(() => linesOf(`${name} ended`, from)[0], `the end of ${name}`, 20_000)).toContain('(code 0)');
      // No other process gave up waiting.
      expect(lines.filter((line) => / ended \(/.test(line)).length).toBe(ending.length);
    } finally {
      await startServers();
    }
    await ready();
  }, 120_000);

  contentionSuite(() => environment);
  redisSuite(() => environment);
  rollingRestartSuite(() => environment);

  test('when processes are killed, servers restarted and networks cut under load, then every promise holds', async () => {
    const reported: string[] = [];
    const { text } = await runChaos({
      environment,
      seed: 20_261,
      minutes: 0.4,
      users: 8,
      everySeconds: 3,
      outageSeconds: 3,
      faults: ['kill', 'kill', 'redis-kill', 'broker-kill', 'database-cut', 'broker-silent', 'reset'],
      scale: {},
      thinkMs: [100, 600],
      say: (sentence) => void reported.push(sentence),
    });
    expect(`${reported.join('\n')}\n${text.split('\n').slice(1).join('\n')}`).toBe(
      `${reported.join('\n')}\nlost 0, duplicated 0, unexpected 0, reordered 0, gaps 0, unread drift 0, notifications 0, stale presence 0`,
    );
  }, 200_000);
});

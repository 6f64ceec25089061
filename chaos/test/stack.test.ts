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

  test('when the services are there before broker, database and Redis, then they wait, say that they are not ready, end with 0 when asked, and are whole when those come', async () => {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await environment.isReady()).toBe(false);
    const from = environment.lines.length;
    const waiting = ['chat-1', 'posts', 'notification-1', 'realtime-1', 'gateway-1'];
    for (const name of waiting) process.kill(environment.stack.pidOf(name)!, 'SIGTERM');
    for (const name of waiting)
      expect(
        await waitFor(() => environment.lines.slice(from).find((line) => line.startsWith(`${name} ended`)), `the end of ${name}`, 20_000),
      ).toContain('(code 0)');
    await environment.startServers();
    await environment.ready();
  }, 120_000);

  contentionSuite(() => environment);
  redisSuite(() => environment);
  rollingRestartSuite(() => environment);

  test('when processes are killed, servers restarted and networks cut under load, then every promise holds', async () => {
    const said: string[] = [];
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
      say: (sentence) => void said.push(sentence),
    });
    expect(`${said.join('\n')}\n${text.split('\n').slice(1).join('\n')}`).toBe(
      `${said.join('\n')}\nlost 0, duplicated 0, unexpected 0, reordered 0, gaps 0, unread drift 0, notifications 0, stale presence 0`,
    );
  }, 200_000);
});

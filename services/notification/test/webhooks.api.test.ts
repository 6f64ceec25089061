import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNotificationService, loadConfig } from '@linsta/notification';
import { createServiceFixture, type ServiceFixture } from '@linsta/support/service';
import { waitFor } from '@linsta/testing';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
let clock = Date.now();
let endpoint: Server;
let requests = 0;
let service: ServiceFixture;
beforeAll(async () => {
  endpoint = createServer((_request, response) => {
    requests += 1;
    response.writeHead(500).end();
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/hook`;
  service = await createServiceFixture({
    name: 'notification',
    create: createNotificationService,
    loadConfig,
    env: { WEBHOOKS: JSON.stringify([{ url, types: ['message'], secret: SECRET }]) },
    now: () => new Date(clock),
  });
});
afterAll(async () => {
  await service.stop();
  endpoint.close();
});

const [room, ann, ben] = ['1', 'a', 'b'].map((letter) => letter.repeat(24)) as [string, string, string];
const sent = (seq: number) =>
  service.publishEvent('MESSAGE_SENT', `message ${seq}`, {
    chatRoomId: room,
    messageId: ann,
    seq,
    senderId: ann,
    recipientIds: [ben],
    excerpt: 'x',
  });
const stored = () => service.database.collection('webhook_deliveries').find().sort({ order: 1 }).toArray();

test('when an endpoint fails for a day, then the delivery is parked with its reason, and the next one is tried', async () => {
  await sent(1);
  await sent(1);
  await sent(2);
  expect(await stored()).toHaveLength(2);
  clock += 1_000;
  await waitFor(async () => (await stored())[0]?.attempts === 1, 'the first attempt');
  const [first, second] = await stored();
  expect(first).toMatchObject({ state: 'waiting', reason: 'answered 500' });
  expect(second).toMatchObject({ state: 'waiting', attempts: 0 });
  expect(first?.nextAt.getTime()).toBeGreaterThan(clock);
  clock += 24 * 3_600_000;
  await waitFor(async () => (await stored())[1]?.state === 'parked', 'both being parked');
  expect((await stored()).map(({ state, attempts }) => [state, attempts])).toEqual([
    ['parked', 2],
    ['parked', 1],
  ]);
  expect(requests).toBe(3);
});

test.each([
  ['no JSON', '{', 'must be a JSON array of webhooks'],
  [
    'a short secret',
    JSON.stringify([{ url: 'https://a.example', secret: 'whsec_aaaa' }]),
    '[0][secret] must be whsec_ and 24 to 64 bytes in base64',
  ],
  ['another scheme', JSON.stringify([{ url: 'ftp://a.example', secret: SECRET }]), '[0][url] must be an http or https URL'],
])('when WEBHOOKS has %s, then the fault is named without the value', (_, WEBHOOKS, fault) => {
  const env = { JWT_SECRET: 'x'.repeat(32), SERVICE_SECRET: 'y'.repeat(32), WEBHOOKS };
  expect(() => loadConfig(env)).toThrow(`WEBHOOKS ${fault}`);
});

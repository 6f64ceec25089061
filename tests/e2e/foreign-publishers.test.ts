import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openParkedOnBroker, type ParkedEvents } from '@linsta/bus';
import { createLogger, userIdOfSubject } from '@linsta/core';
import {
  amqpPublish,
  createBroker,
  describeWith,
  noAmqpPublish,
  noBroker,
  noPika,
  pikaPublish,
  pikaPython,
  waitFor,
  type Broker,
  type ForeignPublisher,
} from '@linsta/testing';
import { connect } from 'amqplib';
import { startProduct, type Person, type Product } from '../support/product';

/** The headers of all parked events of a queue, which stay where they are. */
async function headersOfParked(url: string, queue: string): Promise<unknown[]> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const found: unknown[] = [];
  for (let message = await channel.get(`${queue}.parked`); message !== false; message = await channel.get(`${queue}.parked`))
    found.push(message.properties.headers);
  await connection.close();
  return found;
}

const POST = 'c'.repeat(24);
const root = join(__dirname, '..', '..');

describeWith(noBroker, 'events of foreign publishers', () => {
  let broker: Broker;
  let product: Product;
  let parked: ParkedEvents;
  let serial = 0;
  beforeAll(async () => {
    broker = await createBroker();
    await broker.start();
    product = await startProduct({
      AMQP_URL: broker.url,
      JWT_ISSUERS: JSON.stringify([{ issuer: 'idp', audience: 'linsta', secret: 's'.repeat(32), algorithms: ['HS256'] }]),
      NOTIFICATION_TYPES: JSON.stringify([{ type: 'FOLLOW', message: '{actor} follows you' }]),
    });
    parked = await openParkedOnBroker({ url: broker.url, logger: createLogger('test', 'silent') });
  }, 120_000);
  afterAll(async () => {
    await parked?.close();
    await product?.stop();
    await broker?.remove();
  });

  const anId = () => (serial += 1).toString(16).padStart(24, 'd');
  const event = (type: string, data: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
    specversion: '1.0',
    id: `foreign-${anId()}`,
    source: 'photo-service',
    type,
    time: new Date().toISOString(),
    data,
    ...more,
  });
  /** A user with a device that is subscribed to notifications. */
  const listener = async (): Promise<{ person: Person; received: () => string[] }> => {
    const person = await product.register('Owner');
    const device = product.device(person.token);
    await device.connected;
    await device.request('subscribe_notifications');
    return { person, received: () => (device.received.notification ?? []).map(({ message }) => message) };
  };
  const unread = async ({ token }: Person) => (await product.call('GET', '/api/notifications/unread-count', token)).body.unread;

  const publishers: [string, string | undefined, ForeignPublisher][] = [
    ['Debian’s amqp-publish', noAmqpPublish, amqpPublish],
    ['Python’s pika', noPika, pikaPublish],
  ];
  for (const [name, missing, publish] of publishers)
    describeWith(missing, `with ${name}`, () => {
      test.each(['application/cloudevents+json', 'application/json'])(
        'when facts come as %s, then each rings on the socket in its words, and an UNLIKE takes its like back',
        async (contentType) => {
          const { person, received } = await listener();
          const put = (...events: ReturnType<typeof event>[]) =>
            publish(
              broker.url,
              events.map((one) => ({ routingKey: one.type, contentType, body: JSON.stringify(one) })),
            );
          const about = (more: object = {}) => ({ recipientId: person._id, actorId: anId(), referenceId: POST, ...more });
          const known = anId();
          const like = about({ actorName: 'Ann' });
          await put(
            event('USER_CHANGED', { userId: known, name: 'Dora', email: 'dora@example.com' }),
            event('LIKE', like),
            event('COMMENT', about({ actorName: 'Ben' })),
            event('EVENT_RSVP', about({ actorName: 'Cleo', status: 'going' })),
          );
          const words = ['Ann liked your post', 'Ben commented on your post', 'Cleo is going to your event'];
          await waitFor(() => received().length === 3, 'three notifications', 20_000);
          expect(received().sort()).toEqual(words);
          await put(event('LIKE', about({ actorId: known })), event('UNLIKE', like));
          await waitFor(() => received().length === 4, 'the fourth notification', 20_000);
          expect(received()).toContain('Dora liked your post');
          await waitFor(async () => (await unread(person)) === 3, 'the like being taken back');
        },
        60_000,
      );

      test('when bad ones come before a good one, then each is parked or without effect as written, and the good one rings', async () => {
        const { person, received } = await listener();
        const good = event('LIKE', { recipientId: person._id, actorId: anId(), actorName: 'Ann', referenceId: POST });
        const { recipientId: _, ...noRecipient } = good.data;
        const before = new Set((await parked.list()).map(({ id }) => id));
        const bad: [string, string, RegExp][] = [
          ['LIKE', `{"broken ${name}`, /malformed: not JSON/],
          ['LIKE', JSON.stringify({ ...good, specversion: '0.3', note: name }), /malformed: specversion/],
          ['LIKE', JSON.stringify(event('LIKE', noRecipient)), /malformed: data\.recipientId/],
          ['LIKE', JSON.stringify(event('SHRUG', good.data)), /unknown type "SHRUG"/],
          ['SHRUG', JSON.stringify(event('SHRUG', good.data)), /unknown type: no queue takes "SHRUG"/],
          ['COMMENT', JSON.stringify(event('COMMENT', { ...good.data, excerpt: 'x'.repeat(300_000) })), /malformed: larger than/],
        ];
        const repeated = JSON.stringify(good);
        await publish(
          broker.url,
          [...bad.map(([routingKey, body]) => [routingKey, body]), ['LIKE', repeated], ['LIKE', repeated]].map(([routingKey, body]) => ({
            routingKey: routingKey ?? '',
            contentType: 'application/cloudevents+json',
            body: body ?? '',
          })),
        );
        await waitFor(() => received().length > 0, 'the good one', 20_000);
        const fresh = await waitFor(async () => {
          const lines = (await parked.list()).filter(({ id }) => !before.has(id));
          return lines.length === bad.length ? lines : undefined;
        }, 'every bad one being parked');
        for (const [, , reason] of bad) expect(fresh.filter((line) => reason.test(line.reason))).toHaveLength(1);
        const last = event('COMMENT', { ...good.data, actorName: 'Last' });
        await publish(broker.url, [{ routingKey: 'COMMENT', contentType: 'application/json', body: JSON.stringify(last) }]);
        await waitFor(() => received().length >= 2, 'the last one', 20_000);
        expect(received()).toEqual(['Ann liked your post', 'Last commented on your post']);
        expect(await unread(person)).toBe(2);
      }, 60_000);
    });

  describeWith(noPika, 'in the binary mode of CloudEvents', () => {
    // As the Java SDK writes it over JMS, with underscores, and as the AMQP binding does.
    const binary = (prefix: string, type: string, body: string | object, more: Record<string, string> = {}) => ({
      routingKey: type,
      contentType: 'application/json',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: {
        ...Object.fromEntries(
          Object.entries({ specversion: '1.0', id: `binary-${anId()}`, source: '/java', type, ...more }).map(([name, value]) => [
            prefix + name,
            value,
          ]),
        ),
        traceid: 'of the publisher',
      },
    });
    const about = (person: Person, more: object = {}) => ({
      recipientId: person._id,
      actorId: 'a subject|of another issuer',
      actorName: 'Ann',
      referenceTitle: null,
      referenceId: 'order 2026/17',
      ...more,
    });

    test.each(['cloudEvents:', 'cloudEvents_'])(
      'when attributes come as %s properties, then the facts are notifications',
      async (prefix) => {
        const { person, received } = await listener();
        await pikaPublish(broker.url, [
          binary(prefix, 'LIKE', about(person), { time: '2026-01-31T12:00:00Z' }),
          binary(prefix, 'FOLLOW', about(person, { actorName: null }), { time: '2099-01-31T12:00:00Z' }),
        ]);
        await waitFor(() => received().length === 2, 'two notifications', 20_000);
        expect(received().sort()).toEqual(['Ann liked your post', 'User follows you']);
        const [follow] = (await product.call('GET', '/api/notifications?limit=1', person.token)).body;
        expect(follow).toMatchObject({ actorId: userIdOfSubject('idp', 'a subject|of another issuer'), referenceId: 'order 2026/17' });
      },
    );

    test('when such an event is wrong, then it is parked as it came, names its field, and can be re-driven', async () => {
      const { person, received } = await listener();
      const wrong = binary('cloudEvents_', 'COMMENT', about(person, { referenceId: 'r'.repeat(129) }));
      const early = { ...binary('cloudEvents:', 'COMMENT', about(person)), body: 'no json' };
      await pikaPublish(broker.url, [wrong, early]);
      const lines = await waitFor(async () => {
        const found = (await parked.list()).filter(({ raw }) => raw === wrong.body || raw === early.body);
        return found.length === 2 ? found : undefined;
      }, 'both being parked');
      expect(lines.map(({ reason }) => reason).sort()).toEqual([
        expect.stringMatching(/^malformed: data .*expected object/),
        expect.stringMatching(/^malformed: data\.referenceId /),
      ]);
      const held = await headersOfParked(broker.url, 'notification.inbox');
      expect(held).toContainEqual(
        expect.objectContaining({ cloudEvents_type: 'COMMENT', traceid: 'of the publisher', 'x-reason': expect.any(String) }),
      );

      await parked.redrive(lines.map(({ id }) => id));
      const again = await waitFor(async () => {
        const found = (await parked.list()).filter(({ raw }) => raw === wrong.body);
        return found[0]?.reason === lines.find(({ raw }) => raw === wrong.body)?.reason ? found : undefined;
      }, 'the same event being parked for the same reason');
      expect(again).toHaveLength(1);
      expect(received()).toEqual([]);
      for (const { id } of await parked.list()) await parked.discard(id);
    });
  });

  describeWith(noAmqpPublish ?? noPika, 'as docs/publishing-events.md tells', () => {
    const page = readFileSync(join(root, 'docs', 'publishing-events.md'), 'utf8');
    const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]+?)\`\`\``).exec(page)?.[1] ?? '';
    const ADDRESS = 'amqp://guest:guest@127.0.0.1:5672';
    const RECIPIENT = '65f0c0ffee00000000000001';
    const here = join(root, `publishing-example-${process.pid}.mjs`);
    afterEach(() => rmSync(here, { force: true }));
    const runners: Record<string, (code: string) => Promise<unknown>> = {
      sh: (code) => promisify(execFile)('sh', ['-ec', code]),
      'python-binary': (code) => promisify(execFile)(pikaPython ?? 'python3', ['-c', code]),
      python: (code) => promisify(execFile)(pikaPython ?? 'python3', ['-c', code]),
      js(code) {
        writeFileSync(here, code);
        return promisify(execFile)(process.execPath, [here]);
      },
    };
    test.each([
      ['sh', 'Ann liked your post'],
      ['python', 'Ben commented on your post'],
      ['js', 'Cleo is going to your event'],
      ['python-binary', 'Dora liked your post'],
    ])('when the %s block is run as it stands, then the notification arrives: %s', async (language, words) => {
      const { person, received } = await listener();
      const code = block(language);
      expect(code.split(ADDRESS)).toHaveLength(2);
      expect(code.split(RECIPIENT)).toHaveLength(2);
      await runners[language]!(code.replace(ADDRESS, broker.url).replace(RECIPIENT, person._id));
      await waitFor(() => received().length > 0, 'the notification', 20_000);
      expect(received()).toEqual([words]);
    });
  });
});

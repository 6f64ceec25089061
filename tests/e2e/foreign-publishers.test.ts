import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openParkedOnBroker, type ParkedEvents } from '@linsta/bus';
import { createLogger } from '@linsta/core';
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
import { startProduct, type Person, type Product } from '../support/product';

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
    product = await startProduct({ AMQP_URL: broker.url });
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

  describeWith(noAmqpPublish ?? noPika, 'as docs/publishing-events.md tells', () => {
    const page = readFileSync(join(root, 'docs', 'publishing-events.md'), 'utf8');
    const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]+?)\`\`\``).exec(page)?.[1] ?? '';
    const ADDRESS = 'amqp://guest:guest@127.0.0.1:5672';
    const RECIPIENT = '65f0c0ffee00000000000001';
    const here = join(root, `publishing-example-${process.pid}.mjs`);
    afterEach(() => rmSync(here, { force: true }));
    const runners: Record<string, (code: string) => Promise<unknown>> = {
      sh: (code) => promisify(execFile)('sh', ['-ec', code]),
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

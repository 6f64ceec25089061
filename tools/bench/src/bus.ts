import { randomUUID } from 'node:crypto';
import { cpus } from 'node:os';
import { connect, type ChannelModel } from 'amqplib';
import { withStack } from './bench-stack';
import { connectDevice } from './chat-load';
import { median, spread } from './figures';
import { register } from './people';

const EVENTS = 5_000;
const ROUNDS = 3;
const RECIPIENTS = 50;
const WINDOW = 1_000;
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Publishes with confirms, up to `WINDOW` of them outstanding. */
async function publishAll(connection: ChannelModel, exchange: string, routingKey: string, bodies: Buffer[]): Promise<void> {
  const channel = await connection.createConfirmChannel();
  let outstanding = 0;
  let room: () => void = () => undefined;
  for (const body of bodies) {
    outstanding += 1;
    channel.publish(exchange, routingKey, body, { persistent: true, contentType: 'application/cloudevents+json' }, () => {
      outstanding -= 1;
      room();
    });
    if (outstanding >= WINDOW) await new Promise<void>((resolve) => (room = resolve));
  }
  await channel.waitForConfirms();
  await channel.close();
}

const likes = (recipients: string[]) =>
  Array.from({ length: EVENTS }, (_, at) =>
    Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: randomUUID(),
        source: 'bench',
        type: 'LIKE',
        time: new Date().toISOString(),
        data: { recipientId: recipients[at % recipients.length], actorId: 'a'.repeat(24), actorName: 'Ann', referenceId: 'b'.repeat(24) },
      }),
    ),
  );

/**
 * A queue and nothing else: published with confirms, consumed with a prefetch of 1,000,
 * acknowledged together.
 */
async function bare(connection: ChannelModel, bodies: Buffer[]): Promise<number> {
  const channel = await connection.createChannel();
  const { queue } = await channel.assertQueue(`bench.${randomUUID()}`, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.prefetch(1_000);
  let received = 0;
  let done: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (done = resolve));
  let scheduled = false;
  await channel.consume(queue, (message) => {
    if (message === null) return;
    received += 1;
    if (!scheduled) {
      scheduled = true;
      setImmediate(() => {
        scheduled = false;
        channel.ackAll();
      });
    }
    if (received === bodies.length) done();
  });
  const startedAt = performance.now();
  await Promise.all([publishAll(connection, '', queue, bodies), all]);
  const perSecond = bodies.length / ((performance.now() - startedAt) / 1000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await channel.deleteQueue(queue);
  await channel.close();
  return perSecond;
}

/**
 * From LIKE on RabbitMQ to the stored notification's arrival on a socket, against what the broker
 * does at most with the same events.
 */
export const benchBus = () =>
  withStack({}, async (stack, amqpUrl) => {
    print(
      `Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${EVENTS} likes for ${RECIPIENTS} people, ${ROUNDS} interleaved rounds`,
    );
    const connection = await connect(amqpUrl);
    const people = await Promise.all(Array.from({ length: RECIPIENTS }, (_, at) => register(stack.url, `recipient${at}`)));
    let rung = 0;
    let done: () => void = () => undefined;
    const devices = await Promise.all(people.map(({ token }) => connectDevice(stack.url, token)));
    for (const device of devices) {
      await device.emitWithAck('subscribe_notifications');
      device.on('notification', () => {
        rung += 1;
        if (rung === EVENTS) done();
      });
    }
    const rates: { bare: number[]; notifications: number[] } = { bare: [], notifications: [] };
    for (let round = 0; round < ROUNDS; round += 1) {
      const bodies = likes(people.map(({ user }) => user._id));
      rates.bare.push(await bare(connection, bodies));
      rung = 0;
      const all = new Promise<void>((resolve) => (done = resolve));
      const startedAt = performance.now();
      await Promise.all([publishAll(connection, 'linsta.events', 'LIKE', bodies), all]);
      rates.notifications.push(EVENTS / ((performance.now() - startedAt) / 1000));
    }
    const line = (name: string, values: number[]) => print(`${name}: ${Math.round(median(values))} events/s (${spread(values)})`);
    line('RabbitMQ alone, published and consumed', rates.bare);
    line('Linsta, published, stored, on the socket', rates.notifications);
    print(`ratio ${(median(rates.notifications) / median(rates.bare)).toFixed(2)}`);
    devices.forEach((device) => device.disconnect());
    await connection.close();
  });

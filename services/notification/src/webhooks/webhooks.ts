import { createHash } from 'node:crypto';
import type { BusEvent, Notification } from '@linsta/contracts';
import { messageOf, type Logger } from '@linsta/core';
import { duplicateFaults } from '@linsta/mongo';
import { trusted } from 'mongoose';
import { attempt } from './attempt';
import type { Webhook, WebhookType } from './config';
import type { Deliveries, DeliveryDocument } from './model';

const POLL_MS = 500;
/** Messages of one room that arrive in the wrong order meanwhile are put in order. */
const SETTLE_MS = 200;
/** A process that dies while it sends: another one sends again after this time. */
const LEASE_MS = 30_000;
const FIRST_DELAY_MS = 5_000;
const LONGEST_DELAY_MS = 3_600_000;
const PARK_AFTER_MS = 24 * 3_600_000;
/** Repeated bus events are recognised for this time. */
const REMEMBER_DONE_MS = 24 * 3_600_000;
const REMEMBER_PARKED_MS = 30 * 24 * 3_600_000;
const CONCURRENCY = 20;
/** Deliveries of one key in a row, before the other keys have their turn. */
const MAX_IN_A_ROW = 100;
/** Deliveries that wait for one endpoint, about; further ones are dropped. */
const MAX_WAITING = 100_000;
const MEASURE_EVERY_MS = 30_000;

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Outgoing webhooks: at least once, one after another within a room or for a recipient. A failed
 * delivery is repeated with growing delays and holds the later ones of its key; after a day it is
 * parked.
 */
export function createWebhooks(options: { deliveries: Deliveries; webhooks: readonly Webhook[]; logger: Logger; now: () => Date }) {
  const { deliveries, webhooks, logger, now } = options;
  const sending = new Map<string, Promise<void>>();
  const full = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let measuredAt = 0;
  let polling: Promise<void> | undefined;

  const add = async (type: WebhookType, fact: { id: string; key: string; order: number; time: string; data: unknown }): Promise<void> => {
    const at = now();
    const documents = webhooks
      .filter(({ url, types }) => types.includes(type) && !full.has(url))
      .map(({ url }): DeliveryDocument => ({
        _id: `${type}_${shortHash(fact.id)}_${shortHash(url)}`,
        url,
        key: fact.key,
        order: fact.order,
        body: JSON.stringify({ type, timestamp: fact.time, data: fact.data }),
        state: 'waiting',
        attempts: 0,
        createdAt: at,
        nextAt: new Date(at.getTime() + SETTLE_MS),
      }));
    if (documents.length === 0) return;
    try {
      await deliveries.insertMany(documents, { ordered: false });
    } catch (error) {
      if (duplicateFaults(error) === undefined) throw error; // a repeat of this event
    }
  };

  const settle = async (delivery: DeliveryDocument, failure: string | undefined): Promise<void> => {
    const at = now();
    const attempts = delivery.attempts + 1;
    const ends = (state: 'done' | 'parked', keptMs: number) => ({ state, attempts, forgetAt: new Date(at.getTime() + keptMs) });
    if (failure === undefined) return void (await deliveries.updateOne({ _id: delivery._id }, { $set: ends('done', REMEMBER_DONE_MS) }));
    const isOver = at.getTime() - delivery.createdAt.getTime() >= PARK_AFTER_MS;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), LONGEST_DELAY_MS);
    const set = isOver ? ends('parked', REMEMBER_PARKED_MS) : { attempts, nextAt: new Date(at.getTime() + delayMs) };
    await deliveries.updateOne({ _id: delivery._id }, { $set: { ...set, reason: failure } });
    const fields = { webhook: new URL(delivery.url).origin, id: delivery._id, attempts, reason: failure };
    if (isOver) logger.error(fields, 'webhook parked');
    else logger.warn(fields, 'webhook will be tried again');
  };

  /** The deliveries of one key, one after another, until one fails, is not due or is in flight. */
  const drain = async (webhook: Webhook, key: string): Promise<void> => {
    const ofKey = { state: 'waiting' as const, url: webhook.url, key };
    for (let sent = 0; sent < MAX_IN_A_ROW && timer !== undefined; sent += 1) {
      const first = await deliveries.findOne(ofKey).sort({ order: 1 }).lean();
      if (first === null) return;
      const at = now();
      // The later ones wait for the first, so that they do not fill the page of due ones.
      if (first.nextAt > at)
        return void (await deliveries.updateMany({ ...ofKey, nextAt: trusted({ $lt: first.nextAt }) }, { $set: { nextAt: first.nextAt } }));
      const claim = { _id: first._id, state: 'waiting' as const, nextAt: first.nextAt };
      const { modifiedCount } = await deliveries.updateOne(claim, { $set: { nextAt: new Date(at.getTime() + LEASE_MS) } });
      if (modifiedCount === 1) await settle(first, await attempt(webhook, first._id, first.body, at));
    }
  };
  const start = ({ url, key }: DeliveryDocument) => {
    const webhook = webhooks.find((each) => each.url === url);
    const lane = `${url} ${key}`;
    if (webhook === undefined || sending.has(lane) || sending.size >= CONCURRENCY) return;
    const work = drain(webhook, key)
      .catch((error: unknown) => logger.warn({ err: messageOf(error) }, 'webhook delivery failed'))
      .finally(() => sending.delete(lane));
    sending.set(lane, work);
  };
  const poll = async (): Promise<void> => {
    const due = await deliveries
      .find({ state: 'waiting', url: trusted({ $in: webhooks.map(({ url }) => url) }), nextAt: trusted({ $lte: now() }) })
      .sort({ nextAt: 1 })
      .limit(10 * CONCURRENCY)
      .lean();
    due.forEach(start);
  };
  /** Looks whether an endpoint has too many deliveries waiting. */
  const measure = async (): Promise<void> => {
    for (const { url } of webhooks) {
      const waiting = await deliveries.countDocuments({ state: 'waiting', url });
      if (waiting < MAX_WAITING) full.delete(url);
      else if (!full.has(url)) {
        full.add(url);
        logger.error({ webhook: new URL(url).origin, waiting }, 'webhook queue full: new deliveries are dropped');
      }
    }
  };

  return {
    enabled: webhooks.length > 0,
    message: ({ id, time, data }: BusEvent<'MESSAGE_SENT'>): Promise<void> =>
      add('message', { id, time, key: data.chatRoomId, order: data.seq, data }),
    notification: (eventId: string, notification: Notification): Promise<void> =>
      add('notification', {
        id: `${notification.userId} ${eventId}`,
        time: now().toISOString(),
        key: notification.userId,
        order: now().getTime(),
        data: notification,
      }),
    start() {
      if (webhooks.length === 0) return;
      const tick = () => {
        const isTimeToMeasure = now().getTime() - measuredAt >= MEASURE_EVERY_MS;
        if (isTimeToMeasure) measuredAt = now().getTime();
        polling ??= poll()
          .then(() => (isTimeToMeasure ? measure() : undefined))
          .catch((error: unknown) => logger.warn({ err: messageOf(error) }, 'webhook poll failed'))
          .finally(() => (polling = undefined));
      };
      timer = setInterval(tick, POLL_MS).unref();
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await polling;
      await Promise.all(sending.values());
    },
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;

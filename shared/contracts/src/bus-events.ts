import { z } from 'zod';
import { busText, isVisible, objectId } from './common';
import { rsvpStatus } from './events';

/** Of what a notification is about. Free text: things of other services have ids of theirs. */
export const referenceId = busText(128).refine(isVisible, 'must not be empty');

const reaction = z.object({
  recipientId: objectId,
  actorId: objectId,
  /** `null`, and a name that shows nothing, count as absent. */
  actorName: busText(200)
    .nullish()
    .transform((name) => (typeof name === 'string' && isVisible(name) ? name : undefined))
    .optional(),
  /** Any text, e.g. the id of a post. */
  referenceId,
  /** E.g. the title of the event. */
  referenceTitle: busText(200)
    .nullish()
    .transform((title) => (typeof title === 'string' && isVisible(title) ? title : undefined))
    .optional(),
});

/**
 * Fact → its data. Other fields are let through and ignored, so that a publisher may grow before
 * its consumers do.
 */
export const busEventData = {
  LIKE: reaction,
  UNLIKE: reaction,
  COMMENT: reaction.extend({
    excerpt: busText(1000)
      .nullish()
      .transform((excerpt) => excerpt ?? undefined)
      .optional(),
  }),
  EVENT_RSVP: reaction.extend({ status: rsvpStatus }),
  USER_CHANGED: z.object({
    userId: objectId,
    name: busText(200).refine(isVisible, 'must not be empty'),
    email: z.string().max(254).nullish(),
    avatarUrl: z.string().max(2048).nullish(),
    /** Absent: unchanged, or shown to everyone. */
    privacy: z.object({ readReceipts: z.boolean(), presence: z.boolean() }).nullish(),
  }),
  SESSION_ENDED: z.object({ userId: objectId, sid: z.string().max(64).optional() }),
  MESSAGE_SENT: z.object({
    chatRoomId: objectId,
    messageId: objectId,
    seq: z.number().int().min(1),
    senderId: objectId,
    recipientIds: z.array(objectId),
    excerpt: z.string().max(1000),
  }),
} as const;

/** Data of a type that the configuration adds (NOTIFICATION_TYPES). */
export const furtherData = busEventData.COMMENT;

export type BusEventType = keyof typeof busEventData;
export type BusEventData<T extends BusEventType> = z.infer<(typeof busEventData)[T]>;
export const busEventTypes = Object.keys(busEventData) as BusEventType[];

/** CloudEvents 1.0, structured JSON. `id` names the fact: the same id twice has one effect. */
export const cloudEvent = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  source: z.string().min(1).max(500),
  type: z.string().min(1).max(100),
  time: z.iso.datetime({ offset: true }).optional(),
  data: z.unknown(),
  /** Extension: the correlation id of the request that caused the event. */
  correlationid: z.string().max(2048).optional(),
  /** Extension of the Distributed Tracing specification: W3C trace context. */
  traceparent: z.string().max(64).optional(),
});

export interface BusEvent<T extends BusEventType = BusEventType> {
  specversion: '1.0';
  id: string;
  source: string;
  type: T;
  time: string;
  data: BusEventData<T>;
  correlationid?: string | undefined;
  traceparent?: string | undefined;
}
/** An event of a type that the configuration adds. */
export interface FurtherEvent extends Omit<BusEvent<'COMMENT'>, 'type'> {
  type: string;
}
export type AnyBusEvent = { [T in BusEventType]: BusEvent<T> }[BusEventType];

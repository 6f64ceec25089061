import type { BusEvent, FurtherEvent, NotificationType, RsvpStatus } from '@linsta/contracts';
import { fillTemplate, type FurtherNotificationType } from '@linsta/core';
import { UNKNOWN_NAME } from '@linsta/mongo';
import { Types } from 'mongoose';
import { toReference, type NotificationDocument, type Reference } from '../model';

export type BuiltIn = BusEvent<'LIKE'> | BusEvent<'COMMENT'> | BusEvent<'EVENT_RSVP'>;
/** `further`: its type, where the configuration adds it. */
export type Reaction = (BuiltIn & { further?: undefined }) | (FurtherEvent & { further: FurtherNotificationType });

/** Ids of applied bus events that a notification keeps, to recognise a repeated delivery. */
const MAX_EVENT_IDS = 100;
const RSVP_WORDS = { going: 'is going to your event', maybe: 'might go to your event', declined: 'declined your event' } as const;

const wordingOf = (event: BuiltIn): string => {
  if (event.type === 'LIKE') return 'liked your post';
  if (event.type === 'COMMENT') return 'commented on your post';
  return RSVP_WORDS[event.data.status];
};

/** The recipient, type, actor and reference of a notification. */
export interface NotificationKey {
  userId: Types.ObjectId;
  type: NotificationType;
  actorId: Types.ObjectId;
  referenceId: Reference;
}
export const keyOf = ({ data }: Reaction | BusEvent<'UNLIKE'>, type: NotificationType): NotificationKey => ({
  userId: new Types.ObjectId(data.recipientId),
  type,
  actorId: new Types.ObjectId(data.actorId),
  referenceId: toReference(data.referenceId),
});

/** The fields that the newest event decides. */
interface Content {
  message: string;
  link?: string;
  actorName?: string;
  referenceTitle?: string;
  excerpt?: string;
  status?: RsvpStatus;
}
const textsOf = (event: Reaction, name: string): Pick<Content, 'message' | 'link'> => {
  if (event.further === undefined) return { message: `${name} ${wordingOf(event)}` };
  const { actorId, referenceId, referenceTitle = '', excerpt = '' } = event.data;
  const values = { actor: name, actorId, referenceId, title: referenceTitle, excerpt };
  const { message, link } = event.further;
  return {
    message: fillTemplate(message, values),
    ...(link !== undefined && { link: fillTemplate(link, values, encodeURIComponent) }),
  };
};
const excerptOf = (event: Reaction): string | undefined => ('excerpt' in event.data ? event.data.excerpt : undefined);
const statusOf = (event: Reaction): RsvpStatus | undefined =>
  event.further === undefined && event.type === 'EVENT_RSVP' ? event.data.status : undefined;

function contentOf(event: Reaction, actorName: string | undefined): Content {
  const { referenceTitle } = event.data;
  const [excerpt, status] = [excerptOf(event), statusOf(event)];
  return {
    ...textsOf(event, actorName ?? UNKNOWN_NAME),
    ...(actorName !== undefined && { actorName }),
    ...(referenceTitle !== undefined && { referenceTitle }),
    ...(excerpt !== undefined && { excerpt }),
    ...(status !== undefined && { status }),
  };
}

const withId = (eventIds: string[], id: string) => [...eventIds, id].slice(-MAX_EVENT_IDS);

/** A new notification; `earlier`: ids of events that are applied already. */
export const toRow = (event: Reaction, actorName: string | undefined, at: Date, earlier: string[] = []): NotificationDocument => ({
  _id: new Types.ObjectId(),
  ...keyOf(event, event.type),
  ...contentOf(event, actorName),
  eventId: event.id,
  eventIds: withId(earlier, event.id),
  eventTime: new Date(event.time),
  isRead: false,
  createdAt: at,
  version: 1,
  count: 1,
  waiting: true,
  forwardAt: at,
});

export type Change =
  /** The event is applied already. */
  | { kind: 'none' }
  /** Changes the stored notification; `push`: devices get the new version. */
  | { kind: 'update'; set: Partial<NotificationDocument>; push: boolean }
  /**
   * It was read, and the event is news: a new notification takes its place at the top of the list.
   */
  | { kind: 'replace'; row: NotificationDocument };

/** The effect of a further event on the stored notification of the same key. */
export function mergeOf(stored: NotificationDocument, event: Reaction, actorName: string | undefined, at: Date): Change {
  const { eventIds = [], version = 1, count = 1, isRead } = stored;
  if (stored.eventId === event.id || eventIds.includes(event.id)) return { kind: 'none' };
  const eventTime = new Date(event.time);
  const isNewest = eventTime >= stored.eventTime;
  const applied = { eventIds: withId(eventIds, event.id), eventTime: isNewest ? eventTime : stored.eventTime };
  // Every event of these types is news of its own.
  const isCounted = event.type === 'COMMENT' || event.further !== undefined;
  // An earlier answer that arrives late changes nothing, but a comment always counts.
  if (!isNewest && !isCounted) return { kind: 'update', set: applied, push: false };
  if (isRead) {
    // A repeated like is no news.
    if (event.type === 'LIKE') return { kind: 'update', set: { ...applied, version: version + 1 }, push: false };
    return { kind: 'replace', row: toRow(event, actorName, at, eventIds) };
  }
  const set = {
    ...applied,
    ...(isNewest && contentOf(event, actorName)),
    count: isCounted ? count + 1 : count,
    version: version + 1,
    updatedAt: at,
    waiting: true as const,
    forwardAt: at,
  };
  return { kind: 'update', set, push: true };
}

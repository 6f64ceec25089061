import { busEventData, cloudEvent, furtherData, type BusEvent, type BusEventType, type FurtherEvent } from '@linsta/contracts';
import { isUserId, subjectIssuerOf, userIdOfSubject, type FurtherNotificationType, type TokenIssuer } from '@linsta/core';

/** What an installation adds to the events of the contract. */
export interface EventRules {
  /** The one other issuer of tokens: its subjects are taken as user ids. */
  subjectIssuer?: string | undefined;
  /** Further types of notifications. */
  furtherTypes?: readonly string[] | undefined;
  /** The notification service consumes MESSAGE_SENT as well. */
  consumesMessages?: boolean;
}
/** The rules that the variables of a service describe. */
export const eventRulesOf = (config: {
  JWT_ISSUERS?: readonly TokenIssuer[] | undefined;
  NOTIFICATION_TYPES: readonly FurtherNotificationType[];
  WEBHOOKS?: readonly unknown[];
}): EventRules => ({
  consumesMessages: (config.WEBHOOKS?.length ?? 0) > 0,
  subjectIssuer: subjectIssuerOf(config.JWT_ISSUERS),
  furtherTypes: config.NOTIFICATION_TYPES.map(({ type }) => type),
});

export type ParsedEvent = { ok: true; event: BusEvent | FurtherEvent; isFurther: boolean } | { ok: false; fault: string };

const USER_FIELDS = ['recipientId', 'actorId', 'userId'];
const MAX_SUBJECT = 500;

/** Clocks of publishers may differ by this much. */
const MAX_AHEAD_MS = 5 * 60_000;
/**
 * The time of an event. The latest event wins, so a time that is far in the future is taken as now:
 * otherwise every later change would be refused.
 */
function notInFuture(time: string | undefined): string {
  const now = Date.now();
  return time === undefined || Date.parse(time) > now + MAX_AHEAD_MS ? new Date(now).toISOString() : time;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
/** `null` stands for a field that is not there: publishers in many languages write every field. */
const withoutNulls = (value: unknown): unknown =>
  isRecord(value) ? Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null)) : value;

/** Computes the ids of users that are named by their subject. */
function withUserIds(data: unknown, issuer: string | undefined): unknown {
  if (issuer === undefined || !isRecord(data)) return data;
  const named = USER_FIELDS.flatMap((name) => {
    const subject = data[name];
    const isSubject = typeof subject === 'string' && subject !== '' && subject.length <= MAX_SUBJECT && !isUserId(subject);
    return isSubject ? [[name, userIdOfSubject(issuer, subject)] as const] : [];
  });
  return { ...data, ...Object.fromEntries(named) };
}

interface Faults {
  issues: { path: PropertyKey[]; message: string }[];
}
const sentenceOf = ({ issues }: Faults, prefix: string): string =>
  `malformed: ${issues.map(({ path, message }) => `${[...(prefix === '' ? [] : [prefix]), ...path.map(String)].join('.')} ${message}`).join('; ')}`;

/** Reads a CloudEvent with the data of its type. The fault is a sentence that names each field. */
export function parseEvent(json: unknown, { subjectIssuer, furtherTypes = [] }: EventRules = {}): ParsedEvent {
  const envelope = cloudEvent.safeParse(withoutNulls(json));
  if (!envelope.success) return { ok: false, fault: sentenceOf(envelope.error, '') };
  const { type, time, ...rest } = envelope.data;
  const isFurther = furtherTypes.includes(type);
  if (!isFurther && !Object.hasOwn(busEventData, type)) return { ok: false, fault: `unknown type ${JSON.stringify(type)}` };
  const schema = isFurther ? furtherData : busEventData[type as BusEventType];
  const data = schema.safeParse(withUserIds(withoutNulls(rest.data), subjectIssuer));
  if (!data.success) return { ok: false, fault: sentenceOf(data.error, 'data') };
  const event = { ...rest, type, time: notInFuture(time), data: data.data };
  return { ok: true, event: event as BusEvent | FurtherEvent, isFurther };
}

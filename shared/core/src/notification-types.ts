import { z } from 'zod';
import { jsonVariable } from './json-variable';

const BUILT_IN = new Set(['LIKE', 'UNLIKE', 'COMMENT', 'EVENT_RSVP', 'USER_CHANGED', 'SESSION_ENDED', 'MESSAGE_SENT']);
const FIELDS = ['actor', 'actorId', 'title', 'referenceId', 'excerpt'] as const;
const PLACEHOLDER = /\{(\w+)\}/g;

const template = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(
      (text) => [...text.matchAll(PLACEHOLDER)].every(([, name]) => FIELDS.some((field) => field === name)),
      `may name ${FIELDS.map((name) => `{${name}}`).join(', ')} alone`,
    );

const notificationType = z.strictObject({
  type: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,49}$/, 'must be capital letters, digits and _')
    .refine((type) => !BUILT_IN.has(type), 'is a type of Linsta itself'),
  /** The English sentence, e.g. `{actor} follows you`. */
  message: template(200),
  /** Where a client goes from the notification, e.g. `/people/{actorId}`. */
  link: template(500).optional(),
});
/** A type of notification that the configuration adds. */
export type FurtherNotificationType = z.output<typeof notificationType>;
export type TemplateValues = Record<(typeof FIELDS)[number], string>;

/** Puts the values in; for a link, each is escaped. */
export const fillTemplate = (text: string, values: TemplateValues, escape = (value: string) => value): string =>
  text.replaceAll(PLACEHOLDER, (_, name: keyof TemplateValues) => escape(values[name]));

const listOfTypes = z
  .array(notificationType)
  .max(50)
  .refine((list) => new Set(list.map(({ type }) => type)).size === list.length, 'names a type twice');

/** The variable NOTIFICATION_TYPES: JSON. */
export const notificationTypesVariable = jsonVariable(listOfTypes, 'a JSON array of types').prefault('[]');

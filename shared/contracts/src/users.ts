import { z } from 'zod';
import { codePoints, httpUrl, isoTime, isVisible, limitQuery, lineOfText, objectId } from './common';

const email = z
  .string()
  .max(254)
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.email('must be an e-mail address'))
  .meta({ format: 'email' });

/**
 * 8 to 128 characters, counted after NFKC normalisation: the same password typed on two systems is
 * the same text. Long phrases are welcome, megabytes are not hashed.
 */
const newPassword = z
  .string()
  .max(256, 'must be at most 128 characters')
  .refine((text) => text.isWellFormed(), { error: 'must be well-formed text', abort: true })
  .refine((text) => codePoints(text.normalize('NFKC')) >= 8, { error: 'must be at least 8 characters', abort: true })
  .refine((text) => codePoints(text) <= 128, 'must be at most 128 characters')
  .meta({ minLength: 8, maxLength: 128 });
/** Accounts from before the limit of 128 may have longer ones. */
const currentPassword = z.string().min(1).max(256);

export const registerBody = z.strictObject({ name: lineOfText(80), email, password: newPassword });
export const loginBody = z.strictObject({ email, password: currentPassword });
export const refreshBody = z.strictObject({ refreshToken: z.string().min(1).max(512) });
export const logoutBody = z.strictObject({ refreshToken: z.string().min(1).max(512).optional() });
export const passwordBody = z.strictObject({ currentPassword, newPassword });
/**
 * What other users see of this one: read and delivered marks, and presence. Mutual: a user who
 * hides does not see.
 */
export const privacy = z.object({ readReceipts: z.boolean(), presence: z.boolean() }).meta({ id: 'Privacy' });
export const profilePatch = z
  .strictObject({
    name: lineOfText(80).optional(),
    avatarUrl: httpUrl.nullable().optional(),
    privacy: z
      .strictObject({ readReceipts: z.boolean().optional(), presence: z.boolean().optional() })
      .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field')
      .optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field');

export const publicUser = z.object({ _id: objectId, name: z.string(), avatarUrl: z.string().nullable() }).meta({ id: 'PublicUser' });
export const ownUser = publicUser.extend({ email: z.string(), createdAt: isoTime, privacy }).meta({ id: 'OwnUser' });
export const tokens = z.object({ token: z.string(), refreshToken: z.string(), user: ownUser }).meta({ id: 'Tokens' });
/** An empty search is refused: it would list every account. */
export const userSearchQuery = z.strictObject({
  search: z
    .string()
    .max(80)
    .refine(isVisible, 'must not be empty')
    .refine((text) => text.isWellFormed(), 'must be well-formed text')
    .meta({ minLength: 1, maxLength: 80 }),
  limit: limitQuery(20),
});

/** One sign-in. `device`: the user agent of the client, shortened. */
export const session = z
  .object({
    _id: objectId,
    device: z.string().nullable(),
    createdAt: isoTime,
    lastUsedAt: isoTime,
    /** The session of the token of this request. */
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export const endedSessions = z.object({ ended: z.number().int().min(0) });

export type ProfilePatch = z.infer<typeof profilePatch>;
export type Privacy = z.infer<typeof privacy>;
export type PublicUser = z.infer<typeof publicUser>;
export type OwnUser = z.infer<typeof ownUser>;
export type Session = z.infer<typeof session>;
export type Tokens = z.infer<typeof tokens>;

import { z } from 'zod';
import { httpUrl, isoTime, limitQuery, lineOfText, objectId } from './common';

const email = z
  .string()
  .max(254)
  .transform((text) => text.trim().toLowerCase())
  .pipe(z.email('must be an e-mail address'))
  .meta({ format: 'email' });

/** 8 to 200 characters: long phrases are welcome, megabytes are not hashed. */
const newPassword = z.string().min(8, 'must be at least 8 characters').max(200, 'must be at most 200 characters');

export const registerBody = z.strictObject({ name: lineOfText(80), email, password: newPassword });
export const loginBody = z.strictObject({ email, password: z.string().min(1).max(200) });
export const refreshBody = z.strictObject({ refreshToken: z.string().min(1).max(512) });
export const logoutBody = z.strictObject({ refreshToken: z.string().min(1).max(512).optional() });
export const profilePatch = z
  .strictObject({ name: lineOfText(80).optional(), avatarUrl: httpUrl.nullable().optional() })
  .refine((patch) => Object.keys(patch).length > 0, 'must change at least one field');

export const publicUser = z.object({ _id: objectId, name: z.string(), avatarUrl: z.string().nullable() }).meta({ id: 'PublicUser' });
export const ownUser = publicUser.extend({ email: z.string(), createdAt: isoTime }).meta({ id: 'OwnUser' });
export const tokens = z.object({ token: z.string(), refreshToken: z.string(), user: ownUser }).meta({ id: 'Tokens' });
export const userSearchQuery = z.strictObject({ search: z.string().max(80).default(''), limit: limitQuery(20) });

export type PublicUser = z.infer<typeof publicUser>;
export type OwnUser = z.infer<typeof ownUser>;
export type Tokens = z.infer<typeof tokens>;

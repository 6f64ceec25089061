import { createHash } from 'node:crypto';
import { z } from 'zod';
import { jsonVariable } from './json-variable';

const claimName = z.string().min(1).max(200);
const isKeyUri = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
};
const isLoopback = (hostname: string) => hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);

/** One issuer of user tokens beside Linsta itself. */
const issuer = z
  .strictObject({
    /** The token's `iss`, exactly. */
    issuer: z.string().min(1).max(500),
    /** The token's `aud` must name one of these. */
    audience: z.union([z.string().min(1).max(500), z.array(z.string().min(1).max(500)).min(1).max(20)]),
    jwksUri: z.string().max(2048).refine(isKeyUri, 'must be an https URL, or http on loopback').optional(),
    /** PEM: a public key or a certificate. */
    publicKeyFile: z.string().min(1).optional(),
    secret: z.string().min(32, 'must be at least 32 characters').optional(),
    algorithms: z.array(z.enum(['RS256', 'ES256', 'EdDSA', 'HS256'])).min(1),
    /** Names of the claims that fill the profile. */
    claims: z
      .strictObject({
        userId: claimName.optional(),
        name: claimName.default('name'),
        email: claimName.default('email'),
        picture: claimName.default('picture'),
      })
      .prefault({}),
  })
  .refine(
    ({ jwksUri, publicKeyFile, secret }) => [jwksUri, publicKeyFile, secret].filter((source) => source !== undefined).length === 1,
    'needs exactly one of jwksUri, publicKeyFile and secret',
  )
  // A public key must never be taken for the secret of an HMAC.
  .refine(
    ({ secret, algorithms }) => algorithms.every((algorithm) => (algorithm === 'HS256') === (secret !== undefined)),
    'takes HS256 with a secret alone, and a secret takes nothing else',
  );
export type TokenIssuer = z.output<typeof issuer>;

const listOfIssuers = z
  .array(issuer)
  .min(1)
  .max(20)
  .refine((list) => new Set(list.map((entry) => entry.issuer)).size === list.length, 'names an issuer twice');

/** The variable JWT_ISSUERS: JSON. A fault names the entry and its field, and shows no value. */
export const issuersVariable = jsonVariable(listOfIssuers, 'a JSON array of issuers').optional();

/** Whether tokens of this issuer are verified with keys that the network does not protect. */
export const hasPlainKeyUri = ({ jwksUri }: TokenIssuer): boolean => jwksUri?.startsWith('http:') === true;

/** The id of a user of another issuer. Every service and integrator can compute it alone. */
export const userIdOfSubject = (issuerName: string, subject: string): string =>
  createHash('sha256').update(`${issuerName}\n${subject}`).digest('hex').slice(0, 24);

export const isUserId = (text: string): boolean => /^[0-9a-f]{24}$/i.test(text);

/** The issuer whose subjects name users on the bus: the only one, where there is only one. */
export const subjectIssuerOf = (issuers: readonly TokenIssuer[] | undefined): string | undefined =>
  issuers?.length === 1 ? issuers[0]?.issuer : undefined;

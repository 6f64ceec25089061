import { jsonVariable } from '@linsta/core';
import { z } from 'zod';

const PREFIX = 'whsec_';
const isSecret = (text: string) => {
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64');
  return text.startsWith(PREFIX) && bytes.length >= 24 && bytes.length <= 64 && /^[A-Za-z0-9+/]+={0,2}$/.test(text.slice(PREFIX.length));
};

const webhook = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(2048),
  types: z
    .array(z.enum(['message', 'notification']))
    .min(1)
    .default(['message', 'notification']),
  secret: z.string().refine(isSecret, 'must be whsec_ and 24 to 64 bytes in base64'),
});
export type Webhook = z.output<typeof webhook>;
export type WebhookType = Webhook['types'][number];

const listOfWebhooks = z
  .array(webhook)
  .max(20)
  .refine((list) => new Set(list.map(({ url }) => url)).size === list.length, 'names a URL twice');

/** The variable WEBHOOKS: JSON. A fault shows no value. */
export const webhooksVariable = jsonVariable(listOfWebhooks, 'a JSON array of webhooks').prefault('[]');

import { messageOf } from '@linsta/core';
import type { Webhook } from './config';
import { signedHeaders } from './sign';

const DEADLINE_MS = 10_000;

/** Sends one request. Returns why it failed; undefined for an answer of 2xx. */
export async function attempt(webhook: Pick<Webhook, 'url' | 'secret'>, id: string, body: string, at: Date): Promise<string | undefined> {
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      // A redirect would carry the signed body to a place that the configuration does not name.
      redirect: 'manual',
      headers: { 'content-type': 'application/json', 'user-agent': 'Linsta', ...signedHeaders(webhook.secret, id, at, body) },
      body,
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    await response.body?.cancel();
    return response.status >= 200 && response.status < 300 ? undefined : `answered ${response.status}`;
  } catch (error) {
    const { cause } = error as { cause?: unknown };
    return messageOf(cause ?? error).slice(0, 200);
  }
}

import { setTimeout as pause } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import type { createApi } from '../api';

/**
 * What users saw in one stretch of time; latencies from the send to the receipt by the other user,
 * in milliseconds.
 */
export interface Phase {
  p50: number;
  p99: number;
  sent: number;
  failed: number;
}
interface Member {
  token: string;
  chatRoomId: string;
}

const EVERY_MS = 1_000;
const LIMIT_MS = 10_000;
const quantile = (sorted: number[], share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** Pairs of ordinary users, each sending one message per second to the other one. */
export async function createPairs(api: ReturnType<typeof createApi>, url: string, count: number) {
  const register = async (name: string) => {
    const email = `${name}-${process.pid}-${Date.now()}@example.com`;
    const answer = await api.call<{ token: string; user: { _id: string } }>('POST', '/api/auth/register', {
      body: { name, email, password: 'correct horse' },
    });
    return { token: answer.token, _id: answer.user._id };
  };
  const connectUser = async (token: string): Promise<Socket> => {
    const socket = io(url, { transports: ['websocket'], forceNew: true, auth: { token } });
    await new Promise<void>((resolve, reject) => void socket.once('connect', resolve).once('connect_error', reject));
    return socket;
  };

  const stored = new Map<string, Set<string>>();
  const members: Member[] = [];
  const senders: ((latencies: number[], failures: () => void) => Promise<void>)[] = [];
  for (let n = 0; n < count; n += 1) {
    const [ann, ben] = [await register(`user${n}a`), await register(`user${n}b`)];
    const { chatRoomId } = await api.call<{ chatRoomId: string }>('POST', '/api/chat/rooms', {
      token: ann.token,
      body: { otherUserId: ben._id },
    });
    members.push({ token: ann.token, chatRoomId });
    const acknowledged = new Set<string>();
    stored.set(chatRoomId, acknowledged);
    const [from, to] = [await connectUser(ann.token), await connectUser(ben.token)];
    const arrivals = new Map<string, () => void>();
    to.on('receive_message', ({ text }: { text: string }) => arrivals.get(text)?.());
    let serial = 0;
    senders.push(async (latencies, failures) => {
      serial += 1;
      const text = `message ${serial} of ${chatRoomId} ${'x'.repeat(60)}`;
      const startedAt = performance.now();
      const arrived = new Promise<void>((resolve) => arrivals.set(text, resolve));
      try {
        const answer = (await from
          .timeout(LIMIT_MS)
          .emitWithAck('send_message', { chatRoomId, text, clientMessageId: text.slice(0, 64).replaceAll(' ', '-') })) as {
          ok: boolean;
        };
        if (!answer.ok) return failures();
        acknowledged.add(text);
        await Promise.race([arrived, pause(LIMIT_MS, undefined, { ref: false }).then(() => Promise.reject(new Error('not received')))]);
        latencies.push(performance.now() - startedAt);
      } catch {
        failures();
      } finally {
        arrivals.delete(text);
      }
    });
  }

  return {
    members,
    async measure(forMs: number): Promise<Phase> {
      const latencies: number[] = [];
      const phase = { sent: 0, failed: 0 };
      const until = Date.now() + forMs;
      const runs = senders.map(async (send, at) => {
        await pause((at / senders.length) * EVERY_MS);
        while (Date.now() < until) {
          phase.sent += 1;
          await send(latencies, () => (phase.failed += 1));
          await pause(EVERY_MS);
        }
      });
      await Promise.all(runs);
      latencies.sort((a, b) => a - b);
      return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), ...phase };
    },
    /** Acknowledged messages that are not in their room any more. */
    async lost(): Promise<number> {
      let lost = 0;
      for (const { token, chatRoomId } of members) {
        const found = new Set<string>();
        for (let afterSeq = 0; ;) {
          const page = await api.call<{ seq: number; text: string }[]>(
            'GET',
            `/api/chat/messages/${chatRoomId}?limit=100&afterSeq=${afterSeq}`,
            { token },
          );
          for (const { text } of page) found.add(text);
          const last = page.at(-1);
          if (last === undefined) break;
          afterSeq = last.seq;
        }
        for (const text of stored.get(chatRoomId) ?? []) if (!found.has(text)) lost += 1;
      }
      return lost;
    },
  };
}

import { io, type Socket } from 'socket.io-client';
import { percentile, watchLag } from './figures';

const TEXT = 'x'.repeat(100);

export interface Pair {
  sender: Socket;
  receiver: Socket;
  chatRoomId: string;
}
/** One side of a comparison: how a device connects and gets into a room. */
export interface Target {
  name: string;
  url: string;
  pairs: Pair[];
}

export const connectDevice = (url: string, token?: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = io(url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      ...(token !== undefined && { auth: { token } }),
    });
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });

/**
 * As many as go through when every sender has `window` under way. Answers received messages a
 * second, one per message.
 */
export async function ceiling({ pairs }: Target, seconds: number, window: number): Promise<number> {
  let received = 0;
  let running = true;
  const count = () => void (received += 1);
  pairs.forEach(({ receiver }) => receiver.on('receive_message', count));
  const startedAt = performance.now();
  const loop = async ({ sender, chatRoomId }: Pair) => {
    while (running) {
      const answer = (await sender.emitWithAck('send_message', { chatRoomId, text: TEXT })) as { ok: boolean };
      if (!answer.ok) throw new Error(`a send was refused: ${JSON.stringify(answer)}`);
    }
  };
  const loops = pairs.flatMap((pair) => Array.from({ length: window }, () => loop(pair)));
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = received / ((performance.now() - startedAt) / 1000);
  running = false;
  await Promise.all(loops);
  pairs.forEach(({ receiver }) => receiver.off('receive_message', count));
  return rate;
}

/**
 * Sends at a fixed rate whatever comes back; latency counts from the moment a message was due, not
 * from when it was sent.
 */
export async function latency({ pairs }: Target, perSecond: number, seconds: number): Promise<{ p50: number; p99: number; lagMs: number }> {
  const due = new Map<string, number[]>();
  const latencies: number[] = [];
  const arrive = ({ chatRoomId }: { chatRoomId: string }) => {
    const scheduled = due.get(chatRoomId)?.shift();
    if (scheduled !== undefined) latencies.push(performance.now() - scheduled);
  };
  pairs.forEach(({ receiver, chatRoomId }) => {
    due.set(chatRoomId, []);
    receiver.on('receive_message', arrive);
  });
  const lag = watchLag();
  const startedAt = performance.now();
  const total = perSecond * seconds;
  for (let sent = 0; sent < total;) {
    const now = performance.now();
    for (; sent < total && startedAt + (sent * 1000) / perSecond <= now; sent += 1) {
      const { sender, chatRoomId } = pairs[sent % pairs.length] as Pair;
      due.get(chatRoomId)?.push(startedAt + (sent * 1000) / perSecond);
      sender.emit('send_message', { chatRoomId, text: TEXT });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  for (let waited = 0; latencies.length < total && waited < 5_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
  if (latencies.length < total) throw new Error(`${total - latencies.length} of ${total} messages did not arrive`);
  pairs.forEach(({ receiver }) => receiver.off('receive_message', arrive));
  return { p50: percentile(latencies, 50), p99: percentile(latencies, 99), lagMs: lag.stop() };
}

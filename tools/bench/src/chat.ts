import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ceiling, connectDevice, latency, type Pair, type Target } from './chat-load';
import { interleaved, median, spread } from './figures';
import { UNLIMITED } from './limits';
import { register, openRoom } from './people';
import { memoryOf, pinning, pinSelf, startServer, type Running } from './processes';

const ROOMS = 200;
const ROUNDS = 3;
const ROUND_SECONDS = 5;
const WINDOW = 4;
const IDLE_CONNECTIONS = 2_000;
const LATENCY_RATE = 500;
const LATENCY_SECONDS = 10;
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function pairUpProduct(url: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let at = 0; at < ROOMS; at += 1) {
    const [one, other] = await Promise.all([register(url, `s${at}`), register(url, `r${at}`)]);
    const chatRoomId = await openRoom(url, one, other);
    const [sender, receiver] = await Promise.all([connectDevice(url, one.token), connectDevice(url, other.token)]);
    pairs.push({ sender, receiver, chatRoomId });
  }
  return pairs;
}
async function pairUpRaw(url: string): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let at = 0; at < ROOMS; at += 1) {
    const chatRoomId = `room${at}`;
    const [sender, receiver] = await Promise.all([connectDevice(url), connectDevice(url)]);
    await Promise.all([sender.emitWithAck('join', chatRoomId), receiver.emitWithAck('join', chatRoomId)]);
    pairs.push({ sender, receiver, chatRoomId });
  }
  return pairs;
}

/** Bytes per idle connection and connections a second, by opening many. */
async function idle({ pid, url }: Running, token?: string): Promise<{ bytes: number; perSecond: number }> {
  const before = memoryOf(pid);
  const startedAt = performance.now();
  const sockets = [];
  for (let opened = 0; opened < IDLE_CONNECTIONS; opened += 50)
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => connectDevice(url, token)))));
  const perSecond = IDLE_CONNECTIONS / ((performance.now() - startedAt) / 1000);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const bytes = (memoryOf(pid) - before) / IDLE_CONNECTIONS;
  sockets.forEach((socket) => socket.disconnect());
  return { bytes, perSecond };
}

/**
 * The product in one process on its embedded defaults, through its gateway, beside a raw Socket.IO
 * server that stores nothing.
 */
export async function benchChat(): Promise<void> {
  pinSelf();
  const dataDir = mkdtempSync(join(tmpdir(), 'linsta-bench-'));
  const raw = await startServer(join(__dirname, 'raw-server.js'));
  const product = await startServer(require.resolve('@linsta/launcher/main'), {
    DATA_DIR: dataDir,
    PORT: '0',
    NODE_ENV: '',
    LOG_LEVEL: 'error',
    ARGON2_MEMORY_KIB: '64',
    ...UNLIMITED,
  });
  try {
    print(`Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model.trim()}); ${pinning}`);
    print(`${ROOMS} rooms of two, texts of 100 bytes, ${ROUNDS} interleaved rounds of ${ROUND_SECONDS} s`);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const idleMemory = memoryOf(product.pid);
    // Before any load: memory once grown would hide what connections cost.
    const { token } = await register(product.url, 'idle');
    for (const [name, running, key] of [
      ['raw Socket.IO', raw, undefined],
      ['Linsta', product, token],
    ] as const) {
      const { bytes, perSecond } = await idle(running, key);
      print(
        `${name}: ${(bytes / 1000).toFixed(1)} kB for each of ${IDLE_CONNECTIONS} idle connections, ${Math.round(perSecond)} connections/s`,
      );
    }
    const targets: Target[] = [
      { name: 'raw Socket.IO, nothing stored (R)', url: raw.url, pairs: await pairUpRaw(raw.url) },
      { name: 'Linsta, stored, through the gateway', url: product.url, pairs: await pairUpProduct(product.url) },
    ];
    const rates = await interleaved(ROUNDS, targets, (target) => ceiling(target, ROUND_SECONDS, WINDOW));
    const r = median(rates[0] ?? []);
    for (const [at, { name }] of targets.entries()) {
      const all = rates[at] ?? [];
      print(`${name}: ${Math.round(median(all))} messages/s (${spread(all)}), ${(median(all) / r).toFixed(3)} R`);
    }
    const paced = await interleaved(ROUNDS, targets, (target) => latency(target, LATENCY_RATE, LATENCY_SECONDS));
    for (const [at, { name }] of targets.entries()) {
      const all = (which: 'p50' | 'p99' | 'lagMs') => (paced[at] ?? []).map((round) => round[which]);
      const shown = (which: 'p50' | 'p99') => `${median(all(which)).toFixed(1)} ms (${spread(all(which), 1)})`;
      const lag = Math.max(...all('lagMs')).toFixed(1);
      print(`${name}: at ${LATENCY_RATE} messages/s p50 ${shown('p50')}, p99 ${shown('p99')}; load's own lag p99 at most ${lag} ms`);
    }
    print(`Linsta, everything in one process: ${Math.round(idleMemory / 1e6)} MB resident when idle`);
    targets.forEach(({ pairs }) => pairs.forEach(({ sender, receiver }) => (sender.disconnect(), receiver.disconnect())));
  } finally {
    await Promise.all([raw.end(), product.end()]);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

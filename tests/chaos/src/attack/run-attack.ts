import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts, itemAt } from '@linsta/core';
import { createTemporaryDirectory, waitFor } from '@linsta/testing';
import { createApi } from '../api';
import { ROOT } from '../environment';
import { createPairs, type Phase } from './pairs';

interface Options {
  users: number;
  minutes: number;
  say(sentence: string): void;
}

const childOf = (file: string, args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, [join(ROOT, file), ...args], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
};
const memoryOf = (pid: number) => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
const descriptorsOf = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

const line = (name: string, { p50, p99, sent, failed }: Phase) =>
  `${name.padEnd(10)} p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${sent} messages, ${failed} failed`;

/**
 * Ordinary users beside attackers on the all-in-one product: a third of the time without an attack,
 * the rest with every attack at once. Right if nothing failed or was lost for the users, their p99
 * stayed under three times its value, and memory and descriptors came back.
 */
export async function runAttack({ users, minutes, say }: Options): Promise<{ right: boolean; text: string }> {
  const directory = createTemporaryDirectory();
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const product = childOf('embedded/launcher/dist/main.js', [], {
    PORT: String(port),
    DATA_DIR: directory.path,
    ARGON2_MEMORY_KIB: '64',
    AUTH_RATE_LIMIT_PER_MINUTE: '100000',
    RATE_LIMIT_PER_MINUTE: '100000',
    NODE_ENV: '',
    MONGO_URL: '',
    AMQP_URL: '',
    REDIS_URL: '',
  });
  product.stdout?.resume();
  const pid = product.pid ?? 0;
  try {
    await waitFor(async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok, 'readiness', 60_000);
    const pairs = await createPairs(createApi(url), url, Math.max(1, Math.floor(users / 2)));
    say(`${users} users are connected`);
    const calm = await pairs.measure((minutes * 60_000) / 3);
    const before = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
    say(`${line('calm', calm)}; ${before.memory} MB, ${before.descriptors} descriptors`);

    const page = await (await fetch(url)).text();
    const asset = `/${/assets\/[^"]+\.js/.exec(page)?.[0] ?? ''}`;
    const victim = itemAt(pairs.members, 0);
    const attack = childOf('tests/chaos/dist/attack/attack-process.js', [
      JSON.stringify({ url, token: victim.token, chatRoomId: victim.chatRoomId, asset }),
    ]);
    let rounds = '';
    attack.stdout?.on('data', (chunk: Buffer) => (rounds += chunk.toString()));
    const attacked = await pairs.measure((minutes * 60_000 * 2) / 3);
    const during = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
    await end(attack);
    say(`${line('attacked', attacked)}; ${during.memory} MB, ${during.descriptors} descriptors; rounds ${rounds.trim()}`);

    await pause(20_000);
    const after = { memory: memoryOf(pid), descriptors: descriptorsOf(pid) };
    const lost = await pairs.lost();
    const right =
      attacked.failed === 0 &&
      lost === 0 &&
      attacked.p99 <= 3 * calm.p99 &&
      after.memory <= before.memory + 150 &&
      after.descriptors <= before.descriptors + 50;
    return {
      right,
      text: [
        line('calm', calm),
        line('attacked', attacked),
        `p99 under attack ${(attacked.p99 / calm.p99).toFixed(2)} times the calm one; lost ${lost}`,
        `memory ${before.memory} → ${during.memory} → ${after.memory} MB, descriptors ${before.descriptors} → ${during.descriptors} → ${after.descriptors}`,
        right ? 'held' : 'NOT held',
      ].join('\n'),
    };
  } finally {
    await end(product);
    directory.remove();
  }
}

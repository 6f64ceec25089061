import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@linsta/testing';
import { createApi, type Api } from './api';
import { createDevice, type Device } from './device';
import type { History } from './history';

/** Operations under way at the end of the load are given up after this time. */
const FINISH_MS = 60_000;
const POSTS_EACH = 2;

export interface SimulatedUser {
  _id: string;
  token: string;
  api: Api;
  rooms: string[];
  devices: Device[];
}

/** Registers `count` users with rooms, posts and devices; every choice is drawn from the seed. */
export async function createUsers(options: {
  urls: string[];
  count: number;
  random: Random;
  history: History;
  thinkMs?: [number, number];
}) {
  const { urls, count, random, history, thinkMs = [300, 1_500] } = options;
  const apis = urls.map(createApi);
  const apiOf = (at: number): Api => apis[at % apis.length] as Api;
  const members: SimulatedUser[] = [];
  // Unique per simulation: an earlier one may have registered users on the same server.
  const tag = Date.now().toString(36);
  for (let at = 0; at < count; at += 1) {
    const body = { name: `User ${at}`, email: `user.${at}.${tag}@example.com`, password: 'correct horse' };
    const { token, user } = await apiOf(at).call<{ token: string; user: { _id: string } }>('POST', '/api/auth/register', { body });
    members.push({ _id: user._id, token, api: apiOf(at), rooms: [], devices: [] });
  }
  const openRoom = async (one: SimulatedUser, other: SimulatedUser) => {
    const body = { otherUserId: other._id };
    const { chatRoomId } = await one.api.call<{ chatRoomId: string }>('POST', '/api/chat/rooms', { token: one.token, body });
    for (const member of [one, other]) if (!member.rooms.includes(chatRoomId)) member.rooms.push(chatRoomId);
  };
  for (const [at, member] of members.entries())
    for (const step of [1, 3]) {
      const other = members[(at + step) % count];
      if (other !== undefined && other !== member) await openRoom(member, other);
    }
  const owners: Record<string, string> = {};
  for (const { _id, token, api } of members)
    for (let n = 0; n < POSTS_EACH; n += 1)
      owners[(await api.call<{ _id: string }>('POST', '/api/posts', { token, body: { text: `post ${n}` } }))._id] = _id;
  const posts = Object.keys(owners);

  for (const [at, member] of members.entries()) {
    const watched = [1, 2, 3].map((step) => members[(at + step) % count]?._id ?? member._id);
    // Every third user has a second device, on the other gateway.
    for (let n = 0; n < (at % 3 === 0 ? 2 : 1); n += 1)
      member.devices.push(
        createDevice({
          url: urls[(at + n) % urls.length] ?? '',
          token: member.token,
          user: member._id,
          name: `p${at}.${n}`,
          rooms: member.rooms,
          watched,
          transport: at % 5 === 4 ? 'polling' : 'websocket',
          history,
        }),
      );
  }

  let finishing = false;
  let giveUpAt = Infinity;
  let serial = 0;
  const running: Promise<void>[] = [];
  const givenUp = () => Date.now() > giveUpAt;

  const like = async ({ _id, token, api }: SimulatedUser, post: string) => {
    history.note({ op: 'like', phase: 'invoke', user: _id, post });
    while (!givenUp()) {
      try {
        await api.call('POST', `/api/posts/${post}/like`, { token, withinMs: 5_000 });
        return history.note({ op: 'like', phase: 'ok', user: _id, post });
      } catch {
        await pause(200);
      }
    }
    history.note({ op: 'like', phase: 'unknown', user: _id, post });
  };
  const act = async (member: SimulatedUser, device: Device, choices: Random) => {
    while (!finishing) {
      await pause(choices.between(...thinkMs));
      const draw = choices.next();
      if (draw < 0.68) await device.send(choices.pick(member.rooms), `${device.device}-${(serial += 1)}`, givenUp);
      else if (draw < 0.82) await like(member, choices.pick(posts));
      else if (draw < 0.92) await device.markRead(choices.pick(member.rooms));
      else if (draw < 0.97) device.cut();
      else {
        device.leave();
        await pause(choices.between(200, 2_000));
        device.join();
      }
    }
  };
  return {
    members,
    owners,
    devices: members.flatMap(({ devices }) => devices),
    start() {
      members.forEach((member, at) => member.devices.forEach((device, n) => running.push(act(member, device, random.fork(at * 10 + n)))));
    },
    /** Starts no more operations; resolves when those under way have ended. */
    async finish() {
      finishing = true;
      giveUpAt = Date.now() + FINISH_MS;
      await Promise.all(running);
    },
    close: () => members.forEach(({ devices }) => devices.forEach((device) => device.close())),
  };
}
export type Users = Awaited<ReturnType<typeof createUsers>>;

import { waitFor } from '@linsta/testing';
import { io } from 'socket.io-client';
import { createProductProcess } from '../support/product-process';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One answer of the product, tried again while it is down. */
async function call(url: string, method: string, path: string, token?: string, body?: unknown): Promise<any> {
  for (;;) {
    try {
      const response = await fetch(url + path, {
        method,
        signal: AbortSignal.timeout(5_000),
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const answer = await response.json();
      if (response.ok) return answer;
      if (response.status !== 503 && response.status !== 429) throw Object.assign(new Error(JSON.stringify(answer)), { final: true });
    } catch (error) {
      if ((error as { final?: boolean }).final === true) throw error;
    }
    await pause(50);
  }
}

test('when the product is killed three times under likes, comments and RSVPs, then each acknowledged one rings exactly once', async () => {
  const product = await createProductProcess({ RATE_LIMIT_PER_MINUTE: '100000', USER_RATE_LIMIT_PER_MINUTE: '100000' });
  try {
    await product.start();
    const register = async (name: string) =>
      call(product.url, 'POST', '/api/auth/register', undefined, { name, email: `${name}@example.com`, password: 'correct horse' });
    const owner = await register('Owner');
    const fans = await Promise.all(Array.from({ length: 6 }, (_, n) => register(`Fan${n}`)));
    const postIds: string[] = [];
    for (let n = 0; n < 25; n += 1) postIds.push((await call(product.url, 'POST', '/api/posts', owner.token, { text: `post ${n}` }))._id);
    const { _id: eventId } = await call(product.url, 'POST', '/api/events', owner.token, {
      title: 'Tea',
      startsAt: '2030-01-01T10:00:00Z',
    });

    const device = io(product.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
      auth: { token: owner.token },
    });
    const pushed = new Map<string, number>();
    const bySocket = new Set<string>();
    let twice = 0;
    device.on('notification', ({ _id, version }: { _id: string; version: number }) => {
      pushed.set(_id, (pushed.get(_id) ?? 0) + 1);
      if (bySocket.has(`${device.id} ${_id} ${version}`)) twice += 1;
      bySocket.add(`${device.id} ${_id} ${version}`);
    });
    device.on(
      'connect',
      () =>
        void device
          .timeout(5_000)
          .emitWithAck('subscribe_notifications')
          .catch(() => undefined),
    );

    const killing = (async () => {
      for (let n = 0; n < 3; n += 1) {
        await pause(150 + Math.random() * 150);
        await product.end('SIGKILL');
        await product.start();
      }
    })();
    // Comments are not idempotent for a client that got no answer: only those that were answered
    // are counted.
    const commented: string[] = [];
    await Promise.all(
      fans.map(async ({ token, user }) => {
        for (const postId of postIds) await call(product.url, 'POST', `/api/posts/${postId}/like`, token);
        await call(product.url, 'POST', `/api/events/${eventId}/rsvp`, token, { status: 'going' });
        for (const postId of postIds.slice(0, 5)) {
          await call(product.url, 'POST', `/api/posts/${postId}/comments`, token, { text: `from ${user.name}` });
          commented.push(`${postId} ${user._id}`);
        }
      }),
    );
    await killing;

    const inbox = async () => {
      const all: any[] = [];
      for (let before = ''; ; before = `&before=${all.at(-1)._id}`) {
        const page = await call(product.url, 'GET', `/api/notifications?limit=100${before}`, owner.token);
        if (page.length === 0) return all;
        all.push(...page);
      }
    };
    const of = (rows: any[], type: string) =>
      rows.filter((row) => row.type === type).map(({ referenceId, actorId }) => `${referenceId} ${actorId}`);
    const expectedLikes = postIds.flatMap((postId) => fans.map(({ user }) => `${postId} ${user._id}`)).sort();
    await waitFor(async () => of(await inbox(), 'LIKE').length >= expectedLikes.length, 'every like in the inbox', 30_000);
    await waitFor(async () => of(await inbox(), 'EVENT_RSVP').length >= fans.length, 'every RSVP in the inbox', 30_000);
    // Every comment that is stored, answered or not, counts once in the notification of its author
    // and post.
    const stored = new Map<string, number>();
    for (const postId of postIds)
      for (const { authorId } of await call(product.url, 'GET', `/api/posts/${postId}/comments?limit=100`, owner.token))
        stored.set(`${postId} ${authorId}`, (stored.get(`${postId} ${authorId}`) ?? 0) + 1);
    const comments = async () =>
      new Map(
        (await inbox()).flatMap((row) => (row.type === 'COMMENT' ? [[`${row.referenceId} ${row.actorId}`, row.count as number]] : [])),
      );
    const total = (counts: Map<string, number>) => [...counts.values()].reduce((sum, count) => sum + count, 0);
    await waitFor(async () => total(await comments()) >= total(stored), 'every comment in the inbox', 30_000);

    const rows = await inbox();
    expect(of(rows, 'LIKE').sort()).toEqual(expectedLikes);
    expect(of(rows, 'EVENT_RSVP').sort()).toEqual(fans.map(({ user }) => `${eventId} ${user._id}`).sort());
    expect(of(rows, 'COMMENT').sort()).toEqual([...stored.keys()].sort());
    expect(await comments()).toEqual(stored);
    for (const answered of commented) expect([...stored.keys()]).toContain(answered);
    expect((await call(product.url, 'GET', '/api/notifications/unread-count', owner.token)).unread).toBe(rows.length);
    await waitFor(() => rows.every(({ _id }) => pushed.has(_id)), 'every notification on the device', 30_000);
    expect(twice).toBe(0);
    device.disconnect();
  } finally {
    await product.remove();
  }
}, 120_000);

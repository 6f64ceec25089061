import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinsta } from '@linsta/client';
import { userIdOfSubject } from '@linsta/core';
import { createTemporaryDirectory, waitFor } from '@linsta/testing';
import jwt from 'jsonwebtoken';
import { startProduct, type Product } from '../support/product';
import { AUDIENCE, startIssuer, type Issuer } from './issuer/issuer';

const OWN_SECRET = 'a secret of this installation that is long enough';
const OLD_SECRET = 'the secret of before, which is long enough as well';
const SHARED_SECRET = 'a secret shared with a backend, which is long enough';
const directory = createTemporaryDirectory();
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const unrelated = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let issuer: Issuer;
let product: Product;
beforeAll(async () => {
  const keyFile = join(directory.path, 'es256.pem');
  writeFileSync(keyFile, ec.publicKey.export({ type: 'spki', format: 'pem' }));
  issuer = await startIssuer();
  product = await startProduct({
    JWT_SECRET: `${OWN_SECRET}\n${OLD_SECRET}`,
    JWT_ISSUERS: JSON.stringify([
      { issuer: issuer.url, audience: AUDIENCE, jwksUri: issuer.jwksUri, algorithms: ['RS256'] },
      {
        issuer: 'https://keys.example',
        audience: ['chat', 'web'],
        publicKeyFile: keyFile,
        algorithms: ['ES256'],
        claims: { name: 'https://keys.example/name' },
      },
      { issuer: 'backend', audience: 'chat', secret: SHARED_SECRET, algorithms: ['HS256'], claims: { userId: 'uid' } },
    ]),
  });
}, 60_000);
afterAll(async () => {
  await product.stop();
  await issuer.close();
  directory.remove();
});

const seconds = () => Math.floor(Date.now() / 1000);
const es256 = (claims: object, key: KeyObject = ec.privateKey) =>
  jwt.sign({ iss: 'https://keys.example', aud: 'web', sub: 'u1', exp: seconds() + 600, ...claims }, key, { algorithm: 'ES256' });
const hs256 = (claims: object, secret = SHARED_SECRET) =>
  jwt.sign({ iss: 'backend', aud: 'chat', exp: seconds() + 600, ...claims }, secret, { algorithm: 'HS256' });
const me = (token: string) => product.call('GET', '/api/users/me', token);
const codeOf = async (token: string) => (await me(token)).body.code as string;

describe('users of an OpenID provider', () => {
  test('when a user signs in there, then chat, search, likes, events, notifications and presence work here', async () => {
    const [annToken, benToken] = [await issuer.signIn('Ann of Idp'), await issuer.signIn('Ben of Idp')];
    const annId = userIdOfSubject(issuer.url, 'Ann of Idp');
    expect((await me(annToken)).body).toMatchObject({
      _id: annId,
      name: 'Ann of Idp',
      email: 'ann.of.idp@idp.example',
      avatarUrl: 'https://idp.example/Ann%20of%20Idp.png',
    });
    const ben = (await me(benToken)).body;
    const local = await product.register('Cleo Local');

    expect((await product.call('GET', '/api/users?search=ann+of', local.token)).body).toEqual([expect.objectContaining({ _id: annId })]);
    const { chatRoomId } = (await product.call('POST', '/api/chat/rooms', annToken, { otherUserId: ben._id })).body;
    const [annDevice, benDevice] = [product.device(annToken), product.device(benToken)];
    await Promise.all([annDevice.connected, benDevice.connected]);
    await benDevice.request('subscribe_notifications');
    expect(await annDevice.request('send_message', { chatRoomId, text: 'hello Ben' })).toMatchObject({ ok: true });
    await waitFor(() => benDevice.received.receive_message?.[0]?.text === 'hello Ben', 'the message');
    expect((await benDevice.request('presence_subscribe', { userIds: [annId] })).presence).toEqual([
      expect.objectContaining({ userId: annId, status: 'online' }),
    ]);

    const post = (await product.call('POST', '/api/posts', benToken, { text: 'a post' })).body;
    expect(post.author.name).toBe('Ben of Idp');
    expect((await product.call('POST', `/api/posts/${post._id}/like`, annToken)).body).toMatchObject({ liked: true, likes: 1 });
    const startsAt = new Date(Date.now() + 86_400_000).toISOString();
    const event = (await product.call('POST', '/api/events', benToken, { title: 'a walk', startsAt })).body;
    expect((await product.call('POST', `/api/events/${event._id}/rsvp`, annToken, { status: 'going' })).status).toBe(200);
    await waitFor(() => (benDevice.received.notification?.length ?? 0) >= 2, 'two notifications');
    expect(benDevice.received.notification?.map(({ actor }) => actor.name)).toEqual(['Ann of Idp', 'Ann of Idp']);
    expect((await product.call('GET', '/api/unread', benToken)).body).toEqual({ chat: 1, notifications: 2 });

    const renamed = await product.call('PATCH', '/api/users/me', annToken, { name: 'Ann Renamed' });
    expect(renamed.body.name).toBe('Ann Renamed');
    expect((await me(await issuer.signIn('Ann of Idp'))).body.name).toBe('Ann Renamed');
    expect((await product.call('POST', '/api/auth/logout', annToken, {})).status).toBe(204);
    expect((await product.call('GET', '/api/auth/sessions', annToken)).body).toEqual([]);
  }, 60_000);

  test('when the SDK gets a source of tokens, then it knows its user and sends', async () => {
    const token = await issuer.signIn('Dan of Idp');
    const other = await product.register('Eva Local');
    const linsta = createLinsta({ url: product.url, getToken: () => token });
    linsta.connect();
    await waitFor(() => linsta.userId === userIdOfSubject(issuer.url, 'Dan of Idp'), 'the id of the user');
    const { chatRoomId } = await linsta.call('POST /api/chat/rooms', { body: { otherUserId: other._id } });
    linsta.messages(chatRoomId).send('from the SDK');
    const texts = async () =>
      (await product.call('GET', `/api/chat/messages/${chatRoomId}`, other.token)).body.map(({ text }: { text: string }) => text);
    await waitFor(async () => (await texts()).includes('from the SDK'), 'the message');
    linsta.close();
  });

  test('when the provider is away, then users go on, and a new key is taken up when it is back', async () => {
    const token = await issuer.signIn('Fay of Idp');
    expect((await me(token)).status).toBe(200);
    await issuer.stop();
    expect((await me(token)).status).toBe(200);
    const device = product.device(token);
    await device.connected;

    issuer.rotate('second');
    await issuer.start();
    const renewed = await issuer.signIn('Fay of Idp');
    expect(JSON.parse(Buffer.from(renewed.split('.')[0] ?? '', 'base64url').toString()).kid).toBe('second');
    await issuer.stop();
    // The key is not known and cannot be fetched: a later try may succeed, so this is no refusal.
    expect(await me(renewed)).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect((await me(token)).status).toBe(200);
    await issuer.start();
    await waitFor(async () => (await me(renewed)).status === 200, 'the new key', 20_000);
    expect((await me(token)).status).toBe(200);
  }, 90_000);
});

describe('tokens of other issuers', () => {
  test('when audience, issuer, time, key or algorithm is wrong, then the token is refused', async () => {
    const refused: [what: string, token: string][] = [
      ['another audience', es256({ aud: 'shop' })],
      ['no audience', es256({ aud: undefined })],
      ['another issuer', es256({ iss: 'https://other.example' })],
      ['no end', jwt.sign({ iss: 'https://keys.example', aud: 'web', sub: 'u1' }, ec.privateKey, { algorithm: 'ES256' })],
      ['another key', es256({}, unrelated.privateKey)],
      ['no subject', es256({ sub: undefined })],
      ['not valid yet', es256({ nbf: seconds() + 120 })],
      [
        'its public key as a secret',
        hs256({ iss: 'https://keys.example', aud: 'web', sub: 'u1' }, ec.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
      ],
      ['the secret of Linsta for another issuer', hs256({ uid: 'u1' }, OWN_SECRET)],
    ];
    for (const [what, token] of refused) {
      expect([what, await codeOf(token)]).toEqual([what, 'INVALID_TOKEN']);
      const device = product.device(token);
      await expect(device.connected).rejects.toMatchObject({ data: { code: 'INVALID_TOKEN' } });
      device.socket.disconnect();
    }
    expect(await codeOf(es256({ exp: seconds() - 90 }))).toBe('TOKEN_EXPIRED');
    expect((await me(es256({ exp: seconds() - 30 }))).status).toBe(200);
  });

  test('when a claim is configured, then it names the user: an id as it is, other text by its hash', async () => {
    const id = 'abcdefabcdefabcdefabcdef';
    expect((await me(hs256({ uid: id, name: 'By Id' }))).body).toMatchObject({ _id: id, name: 'By Id', email: '' });
    expect((await me(hs256({ uid: 'u-17', email: 'Zoe@Example.com' }))).body).toMatchObject({
      _id: userIdOfSubject('backend', 'u-17'),
      name: 'Zoe',
      email: 'zoe@example.com',
    });
    expect((await me(es256({ sub: 'named', 'https://keys.example/name': 'Line\nbreak '.repeat(20) }))).body.name).toHaveLength(80);
  });

  test('when a token of JWT_SECRET is of an earlier secret, then it works; for another audience, it does not', async () => {
    const ann = await product.register('Ann Own');
    const own = (claims: object, secret: string) => jwt.sign({ userId: ann._id, ...claims }, secret, { expiresIn: 600 });
    expect((await me(own({}, OWN_SECRET))).status).toBe(200);
    expect((await me(own({}, OLD_SECRET))).status).toBe(200);
    expect((await me(own({ aud: 'linsta' }, OLD_SECRET))).status).toBe(200);
    expect(await codeOf(own({ aud: 'shop' }, OWN_SECRET))).toBe('INVALID_TOKEN');
    expect(await codeOf(own({}, 'a secret that was never configured, long enough'))).toBe('INVALID_TOKEN');
    // The first secret signs.
    expect(() => jwt.verify(ann.token, OWN_SECRET)).not.toThrow();
  });
});

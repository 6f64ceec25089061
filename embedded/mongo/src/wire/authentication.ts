import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Binary, type Doc, Int32, isDocument } from '../bson';
import { badValue, MongoError } from '../errors';

/** The one user of a store with a password. */
export const USER = 'linsta';
const ITERATIONS = 15_000;
const MECHANISM = 'SCRAM-SHA-256';

/** The sign-in of one connection. */
export interface Authentication {
  isSignedIn(): boolean;
  /** The mechanisms that hello names to a driver that requests those of a user. */
  mechanisms(): string[];
  start(command: Doc, db: string): Doc;
  proceed(command: Doc): Doc;
}

const failed = () => new MongoError('AuthenticationFailed', 'Authentication failed.');
const noPassword = () =>
  new MongoError(
    'AuthenticationFailed',
    'saslStart: this address of the embedded store has no password; remove user and password from the URL',
  );
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
const payloadOf = (command: Doc): string => {
  const { payload } = command;
  if (!(payload instanceof Binary)) throw badValue('payload must be binary data');
  return Buffer.from(payload.buffer.subarray(0, payload.position)).toString('utf8');
};
const attributes = (text: string): Record<string, string> =>
  Object.fromEntries(text.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));

/** SCRAM-SHA-256 (RFC 7677) for one user; undefined: every connection is signed in. */
export function createAuthenticator(password: string | undefined): () => Authentication {
  if (password === undefined)
    return () => ({
      isSignedIn: () => true,
      mechanisms: () => [],
      start: () => {
        throw noPassword();
      },
      proceed: () => {
        throw noPassword();
      },
    });
  const salt = randomBytes(28);
  const salted = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const storedKey = sha256(hmac(salted, 'Client Key'));
  const serverKey = hmac(salted, 'Server Key');
  return () => {
    let signedIn = false;
    let pending: { bare: string; serverFirst: string; nonce: string; empty: boolean } | undefined;
    const reply = (text: string, done: boolean): Doc => ({
      conversationId: new Int32(1),
      done,
      payload: new Binary(Buffer.from(text)),
      ok: 1,
    });
    return {
      isSignedIn: () => signedIn,
      mechanisms: () => [MECHANISM],
      start(command, db) {
        if (command.mechanism !== MECHANISM)
          throw new MongoError(334, `the embedded store signs in with ${MECHANISM} alone, not with ${String(command.mechanism)}`);
        const [, bare = ''] = /^[ny],[^,]*,(.*)$/s.exec(payloadOf(command)) ?? [];
        const { n: user = '', r: clientNonce = '' } = attributes(bare);
        if (clientNonce === '') throw badValue('the payload of saslStart is no SCRAM message');
        const nonce = clientNonce + randomBytes(24).toString('base64');
        const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${ITERATIONS}`;
        // An unknown user fails with the password, so that an answer does not say which of the two
        // is wrong.
        const known = user === USER && db === 'admin';
        pending = {
          bare: known ? bare : '',
          serverFirst,
          nonce,
          empty: isDocument(command.options) && command.options.skipEmptyExchange === true,
        };
        return reply(serverFirst, false);
      },
      proceed(command) {
        const current = pending;
        if (current === undefined) {
          if (signedIn) return reply('', true);
          throw failed();
        }
        pending = undefined;
        const text = payloadOf(command);
        const { r: nonce = '', p: proof = '' } = attributes(text);
        const message = `${current.bare},${current.serverFirst},${text.replace(/,p=[^,]*$/, '')}`;
        const signature = hmac(storedKey, message);
        const given = Buffer.from(proof, 'base64');
        const clientKey = Buffer.from(signature.map((byte, at) => byte ^ (given[at] ?? 0)));
        if (nonce !== current.nonce || current.bare === '' || given.length !== 32 || !timingSafeEqual(sha256(clientKey), storedKey))
          throw failed();
        signedIn = true;
        return reply(`v=${hmac(serverKey, message).toString('base64')}`, current.empty);
      },
    };
  };
}

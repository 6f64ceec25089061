import { type Doc, firstKey, Int32, isDocument, Long } from '../bson';
import { MongoError } from '../errors';
import { MAX_MESSAGE_BYTES } from '../wire/messages';
import * as collections from './collections';
import type { Command, CommandContext } from './command';
import * as indexes from './indexes';
import { assertConcerns, assertOptions } from './options';
import * as read from './read';
import * as write from './write';

const VERSION = '7.0.0';

/**
 * No topologyVersion and no setName: drivers then take it for a standalone server and do not stream
 * its state.
 */
const hello: Command = (context) => ({
  [firstKey(context.command) === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
  helloOk: true,
  maxBsonObjectSize: new Int32(16 * 1024 * 1024),
  maxMessageSizeBytes: new Int32(MAX_MESSAGE_BYTES),
  maxWriteBatchSize: new Int32(100_000),
  localTime: new Date(),
  logicalSessionTimeoutMinutes: new Int32(30),
  connectionId: new Int32(1),
  minWireVersion: new Int32(0),
  maxWireVersion: new Int32(21),
  readOnly: false,
  ...signIn(context),
  ok: 1,
});
/** A driver may begin to sign in with its first message. */
function signIn({ command, authentication }: CommandContext): Doc {
  const { saslSupportedMechs: asked, speculativeAuthenticate: begun } = command;
  const mechanisms = authentication.mechanisms();
  const begins = isDocument(begun) && mechanisms.includes(String(begun.mechanism));
  return {
    ...(asked !== undefined && mechanisms.length > 0 && { saslSupportedMechs: mechanisms }),
    ...(begins && { speculativeAuthenticate: authentication.start(begun, typeof begun.db === 'string' ? begun.db : 'admin') }),
  };
}
const fixed =
  (reply: () => Doc): Command =>
  () => ({ ...reply(), ok: 1 });

const COMMANDS: Record<string, Command> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping: fixed(() => ({})),
  saslStart: ({ authentication, command, db }) => authentication.start(command, db),
  saslContinue: ({ authentication, command }) => authentication.proceed(command),
  buildInfo: fixed(() => ({
    version: VERSION,
    versionArray: [7, 0, 0, 0].map((part) => new Int32(part)),
    gitVersion: 'embedded',
    modules: ['linsta-embedded'],
    bits: new Int32(64),
    debug: false,
    maxBsonObjectSize: new Int32(16 * 1024 * 1024),
  })),
  serverStatus: fixed(() => ({
    host: 'embedded',
    version: VERSION,
    process: 'linsta-store',
    pid: Long.fromNumber(process.pid),
    uptime: process.uptime(),
  })),
  connectionStatus: fixed(() => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } })),
  getParameter: fixed(() => ({ featureCompatibilityVersion: { version: '7.0' } })),
  hostInfo: fixed(() => ({ system: {}, os: {}, extra: {} })),
  getCmdLineOpts: fixed(() => ({ argv: [], parsed: {} })),
  getLog: fixed(() => ({ totalLinesWritten: new Int32(0), log: [] })),
  endSessions: fixed(() => ({})),
  killSessions: fixed(() => ({})),
  refreshSessions: fixed(() => ({})),
  insert: write.insert,
  update: write.update,
  delete: write.remove,
  findAndModify: write.findAndModify,
  find: read.find,
  getMore: read.getMore,
  killCursors: read.killCursors,
  count: read.count,
  distinct: read.distinct,
  aggregate: read.aggregate,
  explain: read.explain,
  create: collections.create,
  drop: collections.drop,
  dropDatabase: collections.dropDatabase,
  renameCollection: collections.renameCollection,
  listCollections: collections.listCollections,
  listDatabases: collections.listDatabases,
  listIndexes: indexes.listIndexes,
  createIndexes: indexes.createIndexes,
  dropIndexes: indexes.dropIndexes,
  collMod: indexes.collMod,
  collStats: collections.collStats,
  dbStats: collections.dbStats,
};
const ALIASES: Record<string, string> = {
  findandmodify: 'findAndModify',
  buildinfo: 'buildInfo',
  dbstats: 'dbStats',
  collstats: 'collStats',
  listcollections: 'listCollections',
  deleteIndexes: 'dropIndexes',
};
export const COMMAND_NAMES = Object.keys(COMMANDS);
/** What a connection may send before it has signed in. */
const BEFORE_SIGN_IN = ['hello', 'isMaster', 'ismaster', 'saslStart', 'saslContinue', 'ping', 'endSessions', 'buildInfo'];

/** The command of this name, behind the checks of sign-in and options. */
export function commandOf(name: string): Command {
  const key = ALIASES[name] ?? name;
  const command = Object.hasOwn(COMMANDS, key) ? COMMANDS[key] : undefined;
  if (command === undefined)
    throw new MongoError(
      'CommandNotFound',
      `no such command: '${name}'; if MongoDB has it, it is not in the embedded store: set MONGO_URL`,
    );
  return (context) => {
    if (!context.authentication.isSignedIn() && !BEFORE_SIGN_IN.includes(key))
      throw new MongoError(
        'Unauthorized',
        `Command ${key} requires authentication; the URL with the password is in the file url of the data directory`,
      );
    const given = { ...context.command, ...(name !== key && { [key]: context.command[name] }) };
    if (name !== key) delete given[name];
    assertConcerns(given);
    assertOptions(key, given);
    return command({ ...context, command: given });
  };
}

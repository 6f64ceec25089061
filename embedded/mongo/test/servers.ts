import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient, type Db } from 'mongodb';
import { createStore } from '../src';

/**
 * The reference server: an independent MongoDB-compatible server; `.ci/run` starts one. `none`:
 * there is none, and the suites that need it say nothing of it. JUDGE_MONGO_URL is the older name.
 */
export const referenceUrl = process.env.REFERENCE_MONGO_URL ?? process.env.JUDGE_MONGO_URL ?? process.env.MONGO_URL;
export const noReference =
  referenceUrl === undefined ? 'REFERENCE_MONGO_URL names no MongoDB-compatible server to compare with' : undefined;

let serial = 0;
export interface TestServer {
  url: string;
  client: MongoClient;
  db: Db;
  close(): Promise<void>;
}

const connect = async (url: string) => {
  const client = await MongoClient.connect(url, { serverSelectionTimeoutMS: 10_000, monitorCommands: true });
  serial += 1;
  const db = client.db(`store_test_${process.pid}_${Date.now()}_${serial}`);
  return { client, db };
};

/** The embedded store on a directory of its own, and a database in it. */
export async function startEmbedded(): Promise<TestServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'linsta-store-'));
  const store = await createStore({ dataDir });
  const { client, db } = await connect(store.url);
  return {
    url: store.url,
    client,
    db,
    async close() {
      await client.close();
      await store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A database of its own on the reference server. */
export async function connectReference(): Promise<TestServer> {
  if (referenceUrl === undefined) throw new Error(noReference);
  const { client, db } = await connect(referenceUrl);
  return {
    url: referenceUrl,
    client,
    db,
    async close() {
      await db.dropDatabase();
      await client.close();
    },
  };
}

/** The same suite on the embedded store, and on the other server where there is one. */
export function describeServers(name: string, suite: (server: () => TestServer, kind: 'embedded' | 'reference') => void): void {
  for (const [kind, start, missing] of [
    ['embedded', startEmbedded, undefined],
    ['reference', connectReference, noReference],
  ] as const) {
    const title = `${name} on the ${kind === 'embedded' ? 'embedded store' : 'MongoDB-compatible server'}`;
    if (kind === 'reference' && referenceUrl === 'none') continue;
    if (missing !== undefined) describe.skip(`${title} (skipped: ${missing})`, () => suite(() => undefined as never, kind));
    else
      describe(title, () => {
        let running: TestServer;
        beforeAll(async () => {
          running = await start();
        }, 60_000);
        afterAll(() => running.close());
        suite(() => running, kind);
      });
  }
}

/** A collection that no other test has. */
export const freshCollection = (server: TestServer) => {
  serial += 1;
  return server.db.collection<any>(`c${serial}`);
};

/** A directory for a store that a test starts itself, and a way to connect to it. */
export function createTemporary() {
  const path = mkdtempSync(join(tmpdir(), 'linsta-store-'));
  return {
    path,
    remove: () => rmSync(path, { recursive: true, force: true }),
    async connect(url: string): Promise<TestServer> {
      const { client, db } = await connect(url);
      return { url, client, db, close: () => client.close() };
    },
  };
}

import { mongo } from 'mongoose';

const SERVICES = ['users', 'posts', 'events', 'chat', 'notification'];
let serial = 0;

/**
 * Where MONGO_URL names a server for the tests: databases of this product's own on it, so that no
 * other product's relays empty its outboxes.
 */
export function sharedDatabase(): { env: { MONGO_URL?: string; DATABASE_PREFIX?: string }; drop(): Promise<void> } {
  const url = process.env.MONGO_URL ?? '';
  serial += 1;
  const prefix = `t${process.pid}_${Date.now()}_${serial}`;
  return {
    env: url === '' ? {} : { MONGO_URL: url, DATABASE_PREFIX: prefix },
    async drop() {
      if (url === '') return;
      const client = await mongo.MongoClient.connect(url);
      for (const service of SERVICES) await client.db(`${prefix}_${service}`).dropDatabase();
      await client.close();
    },
  };
}

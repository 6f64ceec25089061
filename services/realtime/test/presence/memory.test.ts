import { createMemoryPresence } from '../../src/presence/memory';
import { presenceContract } from './contract';

describe('presence in memory', () =>
  presenceContract(async () => {
    const node = createMemoryPresence({ graceMs: 200, now: () => new Date() });
    return { nodes: [node], close: () => node.close() };
  }));

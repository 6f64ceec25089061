import { benchBus } from './bus';
import { benchChat } from './chat';
import { benchNodes } from './nodes';

const BENCHES: Record<string, () => Promise<void>> = { chat: benchChat, nodes: benchNodes, bus: benchBus };

async function main() {
  const [name = ''] = process.argv.slice(2);
  const bench = BENCHES[name];
  if (bench === undefined) {
    process.stderr.write(`Which? npm run bench -- ${Object.keys(BENCHES).join(' | ')}\n`);
    process.exit(1);
  }
  await bench();
  process.exit(0);
}
void main();

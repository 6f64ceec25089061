import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@linsta/testing';
import { createProductProcess } from '../support/product-process';

const root = join(__dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('when the example of the README is run twice as it stands, then a message is stored and arrives each time', async () => {
  const [, example = ''] = /```js\n([\s\S]+?)```/.exec(readme) ?? [];
  // Demo users exist on the embedded default alone.
  const product = await createProductProcess({ MONGO_URL: '' });
  // Beside the README, as the reader saves it: that is where its import resolves.
  const file = join(root, `readme-example-${process.pid}.mjs`);
  try {
    await product.start();
    // The screen comes last, after the demo users.
    await waitFor(() => product.output().includes('Linsta is running'), 'the screen');
    expect(example).toContain('http://localhost:5000');
    writeFileSync(file, example.replace('http://localhost:5000', product.url));
    for (const seq of [1, 2]) {
      const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 20_000 });
      expect(stdout.split('\n').sort()).toEqual(
        ['', `Ben got message ${seq} from Ann Demo: Hello Ben!`, `Stored as number ${seq} of the room: true`].sort(),
      );
    }
  } finally {
    rmSync(file, { force: true });
    await product.remove();
  }
}, 60_000);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates a temporary directory; `remove` deletes it with its content. */
export function createTemporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'linsta-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

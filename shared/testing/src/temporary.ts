import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of one's own; `remove` takes it away with all that is in it. */
export function createTemporaryDirectory() {
  const path = mkdtempSync(join(tmpdir(), 'linsta-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

// Releases the contract: writes it as it is now to docs/contract, which a test holds later changes
// against.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const load = createRequire(join(root, 'gateway', 'dist', 'index.js'));
const { CONTRACT_VERSION } = load('./contract/contract.js');
const documents = {
  openapi: load('./contract/openapi.js').createOpenApi(CONTRACT_VERSION),
  asyncapi: load('./contract/asyncapi.js').createAsyncApi(CONTRACT_VERSION),
};
for (const [name, document] of Object.entries(documents)) {
  const path = join(root, 'docs', 'contract', `${name}.json`);
  writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
  process.stdout.write(`${path}\n`);
}
writeFileSync(join(root, 'client', 'src', 'error-codes.ts'), load('./contract/sdk-codes.js').createSdkCodes());
writeFileSync(join(root, 'docs', 'errors.md'), load('./contract/errors-page.js').createErrorsPage());

import { build, compile, fail, setup } from './setup.mjs';

setup();
build({ always: true });
// The tests are checked, not built: jest runs them from their sources.
if (process.argv.includes('--tests')) {
  if (!compile(['-p', 'tsconfig.tests.json'])) fail('The tests do not type-check.');
  if (!compile(['-p', 'web'])) fail('The web app does not type-check.');
}

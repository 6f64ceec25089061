// Writes docs/configuration.md from the configuration schemas; a test holds the page against them.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, setup } from './setup.mjs';

setup();
const { createConfigurationPage } = createRequire(import.meta.url)(join(root, 'tools', 'cli', 'dist', 'index.js'));
writeFileSync(join(root, 'docs', 'configuration.md'), await createConfigurationPage());

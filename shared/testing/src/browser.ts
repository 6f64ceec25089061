import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where a Chromium is installed; undefined where there is none. */
export const chromiumPath = (process.env.PATH ?? '')
  .split(delimiter)
  .flatMap((folder) => NAMES.map((name) => join(folder, name)))
  .find((path) => existsSync(path));

/** Why tests in a browser cannot run here; undefined where they can. */
export const noBrowser = chromiumPath === undefined ? 'no Chromium is installed (Debian: apt-get install chromium)' : undefined;

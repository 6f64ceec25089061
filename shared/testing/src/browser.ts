import { findProgram } from './programs';

/** Where a Chromium is installed; undefined where none is. */
export const chromiumPath = findProgram('chromium', 'chromium-browser', 'google-chrome');

/** Why tests in a browser cannot run here; undefined where they can. */
export const noBrowser = chromiumPath === undefined ? 'no Chromium is installed (Debian: apt-get install chromium)' : undefined;

import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config';

const secretsFile = z.object({ JWT_SECRET: z.string().min(32).optional(), SERVICE_SECRET: z.string().min(32).optional() });
type Secrets = Partial<z.output<typeof secretsFile>>;

/** Throws a ConfigError that names the file if it is damaged. */
function readSecrets(path: string): Secrets {
  if (!existsSync(path)) return {};
  try {
    const { JWT_SECRET, SERVICE_SECRET } = secretsFile.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { ...(JWT_SECRET !== undefined && { JWT_SECRET }), ...(SERVICE_SECRET !== undefined && { SERVICE_SECRET }) };
  } catch {
    throw new ConfigError([`${path} is damaged; restore it, or remove it to make new secrets, which ends all sessions`]);
  }
}

const pathIn = (dataDir: string) => join(dataDir, 'secrets.json');
/** Without those that the environment gives, as themselves or as a file. */
const notGiven = (secrets: Secrets, env: NodeJS.ProcessEnv): Secrets =>
  Object.fromEntries(Object.entries(secrets).filter(([name]) => !env[name] && !env[`${name}_FILE`]));

/** The secrets that a data directory holds and the environment does not give. */
export const keptSecrets = (dataDir: string, env: NodeJS.ProcessEnv): Secrets => notGiven(readSecrets(pathIn(dataDir)), env);

/**
 * Made once and kept beside the data, readable by the owner alone; variables of the environment
 * come first.
 */
export function loadSecrets(dataDir: string, env: NodeJS.ProcessEnv): Secrets {
  const path = pathIn(dataDir);
  const create = () => randomBytes(48).toString('base64url');
  const kept = readSecrets(path);
  const secrets = { JWT_SECRET: kept.JWT_SECRET ?? create(), SERVICE_SECRET: kept.SERVICE_SECRET ?? create() };
  if (kept.JWT_SECRET === undefined || kept.SERVICE_SECRET === undefined)
    writeFileSync(path, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return notGiven(secrets, env);
}

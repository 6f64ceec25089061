import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Secrets {
  JWT_SECRET: string;
  SERVICE_SECRET: string;
}

/** Made once and kept beside the data, readable by its owner alone; the environment's own come first. */
export function loadSecrets(dataDir: string, env: NodeJS.ProcessEnv): Secrets {
  const path = join(dataDir, 'secrets.json');
  const fresh = () => randomBytes(48).toString('base64url');
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<Secrets>) : {};
  const secrets = { JWT_SECRET: kept.JWT_SECRET ?? fresh(), SERVICE_SECRET: kept.SERVICE_SECRET ?? fresh() };
  if (kept.JWT_SECRET === undefined || kept.SERVICE_SECRET === undefined)
    writeFileSync(path, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return { JWT_SECRET: env.JWT_SECRET ?? secrets.JWT_SECRET, SERVICE_SECRET: env.SERVICE_SECRET ?? secrets.SERVICE_SECRET };
}

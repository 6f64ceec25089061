import { keptSecrets, maskValue, misspeltVariables, parseEnv, variablesOf } from '@linsta/core';
import { CommandError } from '../command-error';
import { loadSchemas } from './schemas';

const sourceOf = (name: string, env: NodeJS.ProcessEnv, kept: object): string => {
  if ((env[name] ?? '') !== '' || (env[`${name}_FILE`] ?? '') !== '') return 'set';
  return name in kept ? 'data directory' : 'default';
};

/**
 * The configuration in force, for one service or for all, and where each value comes from. The
 * secrets of an installation in one process come from its data directory. Throws a ConfigError.
 */
export async function describeConfiguration([service, ...more]: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const schemas = await loadSchemas();
  if (more.length > 0 || (service !== undefined && !schemas.has(service)))
    throw new CommandError(`linsta config takes one of ${[...schemas.keys()].join(', ')}.`);
  const kept = keptSecrets(env.DATA_DIR ?? '.linsta', env);
  const lines: string[] = [];
  for (const [name, schema] of schemas) {
    if (service !== undefined && name !== service) continue;
    const config = parseEnv(schema, { ...env, ...kept });
    lines.push(name);
    for (const variable of variablesOf(schema))
      lines.push(`  ${variable.name}=${maskValue(variable, config[variable.name])}  (${sourceOf(variable.name, env, kept)})`);
  }
  const names = [...schemas.values()].flatMap((schema) => Object.keys(schema.shape));
  for (const { given, meant } of misspeltVariables(env, names)) lines.push(`${given} is not known; ${meant} is`);
  return `${lines.join('\n')}\n`;
}

/** Prints the configuration in force. */
export const runConfig = async (args: string[]): Promise<void> => void process.stdout.write(await describeConfiguration(args, process.env));

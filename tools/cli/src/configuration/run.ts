import { maskValue, misspeltVariables, parseEnv, variablesOf } from '@linsta/core';
import { CommandError } from '../command-error';
import { loadSchemas } from './schemas';

/**
 * Prints the configuration in force, for one service or for all, and where each value comes from.
 * Throws a ConfigError.
 */
export async function runConfig([service, ...more]: string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const schemas = await loadSchemas();
  if (more.length > 0 || (service !== undefined && !schemas.has(service)))
    throw new CommandError(`linsta config takes one of ${[...schemas.keys()].join(', ')}.`);
  for (const [name, schema] of schemas) {
    if (service !== undefined && name !== service) continue;
    const config = parseEnv(schema, env);
    process.stdout.write(`${name}\n`);
    for (const variable of variablesOf(schema)) {
      const given = (env[variable.name] ?? '') !== '' || (env[`${variable.name}_FILE`] ?? '') !== '';
      process.stdout.write(`  ${variable.name}=${maskValue(variable, config[variable.name])}  (${given ? 'set' : 'default'})\n`);
    }
  }
  const names = [...schemas.values()].flatMap((schema) => Object.keys(schema.shape));
  for (const { given, meant } of misspeltVariables(env, names)) process.stdout.write(`${given} is not known; ${meant} is\n`);
}

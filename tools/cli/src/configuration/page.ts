import { variablesOf, type Variable } from '@linsta/core';
import { loadSchemas } from './schemas';

const ALL_IN_ONE: Variable[] = [
  {
    name: 'DATA_DIR',
    description: 'Data and secrets of the embedded defaults (`npm start`, `npm run stack`, `npm run store`).',
    fallback: '.linsta',
    required: false,
    secret: false,
  },
  {
    name: 'DATABASE_PREFIX',
    description: 'Begins the names of all databases, so that several installations can share a server.',
    fallback: undefined,
    required: false,
    secret: false,
  },
];

const cell = (text: string) => text.replaceAll('|', '\\|');
const fallbackOf = ({ required, fallback }: Variable) =>
  required ? 'required' : fallback === undefined || fallback === '' ? '' : `\`${fallback}\``;
const table = (variables: (Variable & { services?: string })[]): string[] => [
  variables.some(({ services }) => services !== undefined)
    ? '| variable | services | default | meaning |'
    : '| variable | default | meaning |',
  variables.some(({ services }) => services !== undefined) ? '| --- | --- | --- | --- |' : '| --- | --- | --- |',
  ...variables.map(
    (variable) =>
      `| \`${variable.name}\` | ${variable.services === undefined ? '' : `${variable.services} | `}${fallbackOf(variable)} | ${cell(variable.description)} |`,
  ),
];

/** The reference page, docs/configuration.md, from the schemas themselves. */
export async function createConfigurationPage(): Promise<string> {
  const schemas = await loadSchemas();
  const uses = new Map<string, { variable: Variable; services: string[] }>();
  for (const [service, schema] of schemas)
    for (const variable of variablesOf(schema)) {
      const known = uses.get(variable.name);
      if (known === undefined) uses.set(variable.name, { variable, services: [service] });
      else known.services.push(service);
    }
  const shared = [...uses.values()]
    .filter(({ services }) => services.length > 1)
    .map(({ variable, services }) => {
      const defaults = new Set(
        services.map((service) => variablesOf(schemas.get(service) ?? never()).find(({ name }) => name === variable.name)?.fallback),
      );
      return {
        ...variable,
        fallback: defaults.size > 1 ? 'its own' : variable.fallback,
        services: services.length === schemas.size ? 'all' : services.join(', '),
      };
    });
  const sections = [...schemas].map(([service, schema]) => {
    const own = variablesOf(schema).filter(({ name }) => uses.get(name)?.services.length === 1);
    return [`## ${service}`, '', ...table(own), ''];
  });
  return [
    '# Configuration',
    '',
    '<!-- Generated from the schemas by `npm run configuration`; a test compares. -->',
    '',
    'Every service reads environment variables. All faults of a configuration are reported together, each with its variable,',
    'and the process exits with status 78. A variable that resembles a known one is reported at start. Every variable may be',
    'given as a file by its name with `_FILE`, e.g. `JWT_SECRET_FILE=/run/secrets/jwt`. `linsta config` prints the values in force.',
    '',
    '## Several services',
    '',
    ...table(shared),
    '',
    ...sections.flat(),
    '## Embedded defaults',
    '',
    ...table(ALL_IN_ONE),
    '',
  ].join('\n');
}
const never = (): never => {
  throw new Error('a service without a schema');
};

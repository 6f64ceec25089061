/** What tells a service its database where several installations share a server: `DATABASE_PREFIX` names all of one. Empty where it is not set: each service has a default. */
export const databaseEnv = ({ DATABASE_PREFIX: prefix = '' }: NodeJS.ProcessEnv, service: string): { DATABASE?: string } =>
  prefix === '' ? {} : { DATABASE: `${prefix}_${service}` };

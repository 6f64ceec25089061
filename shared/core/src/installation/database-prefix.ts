/**
 * The DATABASE variable of a service where several installations share a server: `DATABASE_PREFIX`
 * begins the names of all databases of one installation. Empty without a prefix: each service has a
 * default name.
 */
export const databaseEnv = ({ DATABASE_PREFIX: prefix = '' }: NodeJS.ProcessEnv, service: string): { DATABASE?: string } =>
  prefix === '' ? {} : { DATABASE: `${prefix}_${service}` };

import mongoose from 'mongoose';

type Doc = Record<string, any>;

/** One query of a service as it went over the wire, whatever command carried it. */
export interface Statement {
  /** The service whose database it is. */
  service: string;
  database: string;
  collection: string;
  kind: 'find' | 'count' | 'aggregate' | 'update' | 'delete' | 'findAndModify' | 'insert';
  filter: Doc;
  sort: Doc;
  upsert: boolean;
  many: boolean;
  /** What it writes: an update's operators, an insert's document. */
  change?: Doc;
}

/** mongoose sorts by a Map. */
const sortOf = (sort: unknown): Doc => (sort instanceof Map ? Object.fromEntries(sort) : (sort ?? {}));

const SILENT = ['createIndexes', 'create', 'hello', 'ping', 'endSessions', 'getMore', 'killCursors', 'dropDatabase', 'ismaster'];

function statementsOf(commandName: string, command: Doc): Omit<Statement, 'service' | 'database' | 'collection'>[] {
  const one = { sort: {}, upsert: false, many: false };
  switch (commandName) {
    case 'find':
      return [{ ...one, kind: 'find', filter: command.filter ?? {}, sort: sortOf(command.sort), many: true }];
    case 'count':
      return [{ ...one, kind: 'count', filter: command.query ?? {}, many: true }];
    case 'aggregate': {
      const [first, ...rest] = command.pipeline as Doc[];
      const counts = rest.length === 1 && rest[0]?.$group?._id === 1;
      return [{ ...one, kind: counts ? 'count' : 'aggregate', filter: first?.$match ?? {}, many: true }];
    }
    case 'insert':
      return (command.documents as Doc[]).map((change) => ({ ...one, kind: 'insert', filter: {}, change }));
    case 'update':
      return (command.updates as Doc[]).map(({ q, u, upsert, multi }) => ({
        ...one,
        kind: 'update',
        filter: q,
        change: u,
        upsert: upsert === true,
        many: multi === true,
      }));
    case 'delete':
      return (command.deletes as Doc[]).map(({ q, limit }) => ({ ...one, kind: 'delete', filter: q, many: limit === 0 }));
    case 'findAndModify':
      return [
        {
          ...one,
          kind: 'findAndModify',
          filter: command.query,
          sort: sortOf(command.sort),
          change: command.update,
          upsert: command.upsert === true,
        },
      ];
    default:
      if (SILENT.includes(commandName)) return [];
      throw new Error(`a service sends ${commandName}, and nobody said whether it uses an index`);
  }
}

/** Listens to every connection that services open from now on. */
export function captureStatements() {
  const captured = new Map<string, Statement>();
  const failures: Error[] = [];
  const open = mongoose.createConnection.bind(mongoose);
  const spy = jest.spyOn(mongoose, 'createConnection').mockImplementation(((url: string, options: object) => {
    const connection = open(url, { ...options, monitorCommands: true });
    connection.getClient().on('commandStarted', ({ commandName, databaseName, command }) => {
      try {
        for (const statement of statementsOf(commandName, command)) {
          const whole = {
            ...statement,
            database: databaseName,
            service: /[^_]+$/.exec(databaseName)?.[0] ?? databaseName,
            collection: String(command[commandName]),
          };
          captured.set(shapeOf(whole), whole);
        }
      } catch (error) {
        failures.push(error as Error);
      }
    });
    return connection;
  }) as never);
  return {
    statements: () => {
      if (failures[0] !== undefined) throw failures[0];
      return [...captured.values()];
    },
    stop: () => spy.mockRestore(),
  };
}

const isOperators = (value: unknown): value is Doc =>
  typeof value === 'object' && value !== null && Object.keys(value)[0]?.startsWith('$') === true;
const conditionOf = (value: unknown): string =>
  isOperators(value)
    ? Object.entries(value)
        .map(([operator, operand]) =>
          operator === '$elemMatch' ? `$elemMatch(${conditionOf(operand)})` : operator === '$eq' ? '=' : operator,
        )
        .join(' ')
    : '=';

/** The filter without its values: two statements of one shape use the same plan. */
export const filterShape = ({ kind, filter }: Statement): string =>
  kind === 'insert'
    ? ''
    : Object.entries(filter)
        .map(([path, condition]) => `${path} ${conditionOf(condition)}`)
        .join(', ') || 'everything';
export const sortShape = ({ sort }: Statement): string =>
  Object.entries(sort)
    .map(([path, direction]) => `${path} ${Number(direction) > 0 ? '↑' : '↓'}`)
    .join(', ');
export const shapeOf = (statement: Statement): string =>
  [
    statement.service,
    statement.collection,
    statement.kind,
    statement.many ? 'many' : 'one',
    statement.upsert ? 'upsert' : '',
    filterShape(statement),
    sortShape(statement),
  ].join(' | ');

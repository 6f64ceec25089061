type Json = any;

const list = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

/** The forms a value may take: one schema, or each branch of anyOf/oneOf. */
const branches = (schema: Json): Json[] => schema.anyOf ?? schema.oneOf ?? [schema];
const typesOf = (schema: Json): unknown[] =>
  branches(schema).flatMap((branch: Json) => list(branch.type ?? (branch.const === undefined ? undefined : typeof branch.const)));

function createComparison(before: Json, after: Json) {
  const found: string[] = [];
  const resolve = (document: Json, schema: Json): Json =>
    typeof schema?.$ref === 'string'
      ? resolve(
          document,
          schema.$ref
            .slice(2)
            .split('/')
            .reduce((at: Json, key: string) => at?.[key], document),
        )
      : schema;

  /**
   * `sent`: by clients, who must not be asked for more; `received`: by clients, who must not be
   * given less.
   */
  const compare = (was: Json, is: Json, direction: 'sent' | 'received', at: string): void => {
    const [old, now] = [resolve(before, was), resolve(after, is)];
    if (old === undefined) return;
    if (now === undefined) return void found.push(`${at} is gone`);
    const [narrow, wide] = direction === 'sent' ? [old, now] : [now, old];
    const lost = typesOf(narrow).filter(
      (type) => !typesOf(wide).includes(type) && !(type === 'integer' && typesOf(wide).includes('number')),
    );
    if (typesOf(wide).length > 0 && lost.length > 0)
      found.push(`${at}: ${direction === 'sent' ? 'no longer takes' : 'may now be'} ${lost.join(', ')}`);
    if (direction === 'sent') {
      for (const [limit, tighter] of [
        ['maxLength', -1],
        ['maximum', -1],
        ['maxItems', -1],
        ['minLength', 1],
        ['minimum', 1],
        ['minItems', 1],
      ] as const)
        if (now[limit] !== undefined && (old[limit] === undefined || Math.sign(now[limit] - old[limit]) === tighter))
          found.push(`${at}: ${limit} was ${old[limit]}, is ${now[limit]}`);
      if (now.pattern !== undefined && now.pattern !== old.pattern) found.push(`${at}: another pattern`);
    }
    const gone = list(direction === 'sent' ? old.enum : undefined).filter((value) => !list(now.enum).includes(value));
    if (gone.length > 0 && now.enum !== undefined) found.push(`${at}: no longer takes ${gone.join(', ')}`);
    for (const [name, field] of Object.entries<Json>(old.properties ?? {})) {
      const field2 = now.properties?.[name];
      if (field2 === undefined) found.push(`${at}.${name} is gone`);
      else compare(field, field2, direction, `${at}.${name}`);
      if (direction === 'received' && list(old.required).includes(name) && !list(now.required).includes(name) && field2 !== undefined)
        found.push(`${at}.${name} may now be missing`);
    }
    if (direction === 'sent')
      for (const name of list(now.required) as string[])
        if (!list(old.required).includes(name)) found.push(`${at}.${name} is now required`);
    if (old.items !== undefined) compare(old.items, now.items, direction, `${at}[]`);
    const [oldBranches, newBranches] = [branches(old), branches(now)];
    if (oldBranches.length > 1) oldBranches.forEach((branch: Json, i: number) => compare(branch, newBranches[i], direction, `${at}|${i}`));
  };
  return { found, compare, resolve };
}

/** What a client of the contract as it was would stumble over in the contract as it is. */
export function breakingRestChanges(before: Json, after: Json): string[] {
  const { found, compare } = createComparison(before, after);
  for (const [path, item] of Object.entries<Json>(before.paths))
    for (const [method, was] of Object.entries<Json>(item)) {
      const at = `${method.toUpperCase()} ${path}`;
      const is = after.paths[path]?.[method];
      if (is === undefined) {
        found.push(`${at} is gone`);
        continue;
      }
      if (was.security !== undefined && is.security === undefined) found.push(`${at} now needs a token`);
      const parameter = (of: Json, name: string) => list(of.parameters).find((one: Json) => one.name === name) as Json;
      for (const one of list(was.parameters) as Json[]) compare(one.schema, parameter(is, one.name)?.schema, 'sent', `${at} ?${one.name}`);
      for (const one of list(is.parameters) as Json[])
        if (one.required && parameter(was, one.name)?.required !== true) found.push(`${at} ?${one.name} is now required`);
      const bodyOf = (of: Json) => of.requestBody?.content['application/json'].schema;
      if (bodyOf(was) === undefined && bodyOf(is)?.required !== undefined) found.push(`${at} now needs a body`);
      compare(bodyOf(was), bodyOf(is), 'sent', `${at} body`);
      for (const [status, answer] of Object.entries<Json>(was.responses).filter(([status]) => status.startsWith('2')))
        if (is.responses[status] === undefined) found.push(`${at} no longer answers ${status}`);
        else
          compare(
            answer.content?.['application/json'].schema,
            is.responses[status].content?.['application/json'].schema,
            'received',
            `${at} ${status}`,
          );
    }
  return found;
}

/**
 * The same for sockets and bus. What others publish on the bus is sent as well as received: neither
 * may change.
 */
export function breakingEventChanges(before: Json, after: Json): string[] {
  const { found, compare, resolve } = createComparison(before, after);
  for (const [name, was] of Object.entries<Json>(before.operations)) {
    const is = after.operations[name];
    if (is === undefined) {
      found.push(`${name} is gone`);
      continue;
    }
    const payload = (document: Json, operation: Json) => resolve(document, operation?.messages[0])?.payload;
    compare(payload(before, was), payload(after, is), was.action === 'receive' ? 'sent' : 'received', name);
    if (was.reply !== undefined) compare(payload(before, was.reply), payload(after, is.reply), 'received', `${name} acknowledgement`);
  }
  return found;
}

/** Whether the version says that something broke: the first number, or the second before 1.0. */
export function saysBroken(before: string, after: string): boolean {
  const [[major = 0, minor = 0], [newMajor = 0, newMinor = 0]] = [before, after].map((text) => text.split('.').map(Number)) as [
    number[],
    number[],
  ];
  return newMajor > major || (major === 0 && newMajor === 0 && newMinor > minor);
}

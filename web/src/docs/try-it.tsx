import { useState } from 'react';
import { session } from '../session';
import { basePath } from '../settings';
import { Button, Field } from '../ui/controls';
import type { Parameter } from './documents';

interface TryItProps {
  method: string;
  path: string;
  parameters: Parameter[];
  body: unknown;
  /** Needs no token. */
  open: boolean;
}

/** Makes the call as it stands, with the signed-in token. */
export function TryIt({ method, path, parameters, body, open }: TryItProps) {
  const [values, setValues] = useState<Record<string, string>>({});
  const [text, setText] = useState(body === undefined ? '' : JSON.stringify(body, null, 2));
  const [answer, setAnswer] = useState('');
  const run = async () => {
    try {
      const target = parameters
        .filter((parameter) => parameter.in === 'path')
        .reduce((made, { name }) => made.replace(`{${name}}`, encodeURIComponent(values[name] ?? '')), basePath + path);
      const query = new URLSearchParams(
        parameters.flatMap(({ name, in: where }) => (where === 'query' && (values[name] ?? '') !== '' ? [[name, values[name] ?? '']] : [])),
      );
      const response = await fetch(query.size === 0 ? target : `${target}?${query.toString()}`, {
        method,
        headers: {
          ...(!open && { authorization: `Bearer ${await session.getToken()}` }),
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: text }),
      });
      const received = await response.text();
      setAnswer(`${response.status}\n${received === '' ? '' : JSON.stringify(JSON.parse(received), null, 2)}`);
    } catch (error) {
      setAnswer(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      {parameters.map(({ name }) => (
        <Field key={name} label={name} value={values[name] ?? ''} onChange={(value) => setValues({ ...values, [name]: value })} />
      ))}
      {body !== undefined && <Field label="Body" multiline value={text} onChange={setText} />}
      <div>
        <Button type="submit">Try it</Button>
      </div>
      {answer !== '' && (
        <pre role="status" tabIndex={0} aria-label="Answer">
          {answer}
        </pre>
      )}
    </form>
  );
}

import { exampleOf, toTypeText, type OpenApi, type Operation } from './documents';
import { TryIt } from './try-it';

function OperationView({ method, path, operation, document }: { method: string; path: string; operation: Operation; document: OpenApi }) {
  const { schemas } = document.components;
  const body = operation.requestBody?.content['application/json'].schema;
  const [status = '200', answer] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? [];
  const refusals = Object.keys(operation.responses).filter((code) => !code.startsWith('2'));
  return (
    <details>
      <summary>
        <span className="method">{method.toUpperCase()}</span>
        <code>{path}</code>
        <span className="soft small">{operation.summary}</span>
      </summary>
      <div className="operation">
        {(operation.parameters ?? []).length > 0 && (
          <pre>
            {(operation.parameters ?? [])
              .map(
                ({ name, in: where, required, schema }) => `${name}${required ? '' : '?'}: ${toTypeText(schema, schemas, 1)}  (${where})`,
              )
              .join('\n')}
          </pre>
        )}
        {body !== undefined && <pre>{`body: ${toTypeText(body, schemas)}`}</pre>}
        <pre>{`${status}: ${toTypeText(answer?.content?.['application/json']?.schema, schemas)}`}</pre>
        <p className="small soft">Refusals: {refusals.join(', ')}</p>
        <TryIt
          method={method.toUpperCase()}
          path={path}
          parameters={operation.parameters ?? []}
          body={exampleOf(body, schemas)}
          open={operation.security !== undefined}
        />
      </div>
    </details>
  );
}

export function RestReference({ document }: { document: OpenApi }) {
  const groups = new Map<string, [string, string, Operation][]>();
  for (const [path, item] of Object.entries(document.paths))
    for (const [method, operation] of Object.entries(item)) {
      const tag = operation.tags?.[0] ?? 'Health';
      groups.set(tag, [...(groups.get(tag) ?? []), [method, path, operation]]);
    }
  return [...groups].map(([tag, operations]) => (
    <section key={tag} className="card">
      <h2>{tag}</h2>
      {operations.map(([method, path, operation]) => (
        <OperationView method={method} path={path} operation={operation} document={document} key={`${method} ${path}`} />
      ))}
    </section>
  ));
}

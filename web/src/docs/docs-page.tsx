import { useEffect, useState } from 'react';
import { useSession } from '../session';
import { basePath } from '../settings';
import { PageHead } from '../ui/page-head';
import { ErrorNote, Skeletons } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import { EventsReference } from './events-reference';
import { RestReference } from './rest-reference';
import type { AsyncApi, OpenApi } from './documents';
import '../styles/docs.css';

const fetchJson = async <T,>(path: string): Promise<T> => (await fetch(basePath + path)).json() as Promise<T>;

/** The published contract, readable; REST calls can be tried with the signed-in token. */
export function DocsPage() {
  const { status } = useSession();
  const [documents, setDocuments] = useState<{ rest: OpenApi; events: AsyncApi }>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    Promise.all([fetchJson<OpenApi>('/openapi.json'), fetchJson<AsyncApi>('/asyncapi.json')]).then(
      ([rest, events]) => setDocuments({ rest, events }),
      (failure: unknown) => setError(asLinstaError(failure)),
    );
  }, []);
  return (
    <div className="page docs">
      <PageHead title="API">
        <span className="small">
          <a href={`${basePath}/openapi.json`}>openapi.json</a> · <a href={`${basePath}/asyncapi.json`}>asyncapi.json</a>
        </span>
      </PageHead>
      {error !== undefined && <ErrorNote error={error} />}
      {documents === undefined && error === undefined && <Skeletons />}
      {documents !== undefined && (
        <>
          <p className="soft">{documents.rest.info.description}</p>
          {status === 'signed-out' && <p className="soft">Sign in, and the calls below can be tried with your token.</p>}
          <RestReference document={documents.rest} />
          <EventsReference document={documents.events} />
        </>
      )}
    </div>
  );
}

import { useEffect, useState, type ComponentType } from 'react';
import { PageFault } from './error-boundary';
import { PageSkeleton } from './states';

const RETRY_AFTER_MS = [300, 1_500];

async function loadWithRetry<T>(load: () => Promise<T>): Promise<T> {
  for (const ms of RETRY_AFTER_MS) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, ms));
    }
  }
  return load();
}

/**
 * A page whose script is loaded when it is first shown. Without a network, or after a new version
 * was deployed, the script may be missing: it is retried, and then the fault is shown with the way
 * on.
 */
export function lazyPage<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Page: ComponentType<P> | undefined;
  return function LazyPage(props: P) {
    const [status, setStatus] = useState<'loading' | 'ready' | 'failed'>(Page === undefined ? 'loading' : 'ready');
    useEffect(() => {
      if (Page !== undefined) return;
      let gone = false;
      loadWithRetry(load).then(
        (loaded) => {
          Page = loaded;
          if (!gone) setStatus('ready');
        },
        () => !gone && setStatus('failed'),
      );
      return () => {
        gone = true;
      };
    }, []);
    if (Page !== undefined) return <Page {...props} />;
    if (status === 'loading') return <PageSkeleton />;
    return (
      <PageFault title="This page could not be loaded" onRetry={() => location.reload()}>
        The network may be away, or there is a newer version of the app.
      </PageFault>
    );
  };
}

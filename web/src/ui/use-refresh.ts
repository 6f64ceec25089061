import { useConnection } from '@linsta/client/react';
import { useEffect, useRef } from 'react';

const REFRESH_MS = 30_000;

/**
 * Calls `refresh` after a reconnect, when the page is seen again, and regularly while it is seen.
 */
export function useRefresh(refresh: () => void): void {
  const { status } = useConnection();
  const wasOffline = useRef(false);
  useEffect(() => {
    if (status === 'offline') wasOffline.current = true;
    if (status !== 'online' || !wasOffline.current) return;
    wasOffline.current = false;
    refresh();
  }, [status, refresh]);
  useEffect(() => {
    const onSeen = () => {
      if (document.visibilityState === 'visible') refresh();
    };
    const timer = setInterval(onSeen, REFRESH_MS);
    document.addEventListener('visibilitychange', onSeen);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onSeen);
    };
  }, [refresh]);
}

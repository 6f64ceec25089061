import type { ReactNode } from 'react';
import { Button } from './controls';
import { Icon, type IconName } from './icons';

interface Fault extends Error {
  retryable?: boolean;
  retryAfterMs?: number | undefined;
}
const waitOf = ({ retryAfterMs }: Fault): string => {
  if (retryAfterMs === undefined || retryAfterMs < 2_000) return '';
  const minutes = Math.ceil(retryAfterMs / 60_000);
  const words = retryAfterMs < 60_000 ? `${Math.ceil(retryAfterMs / 1_000)} seconds` : minutes === 1 ? '1 minute' : `${minutes} minutes`;
  return ` Try again in ${words}.`;
};

/** A failure in words, how long it lasts where that is known, and the way on. */
export function ErrorNote({ error, onRetry }: { error: Fault; onRetry?: () => void }) {
  return (
    <div className="note" role="alert">
      <span className="grow">
        {error.message}
        {waitOf(error)}
      </span>
      {onRetry !== undefined && error.retryable !== false && <Button onPress={onRetry}>Try again</Button>}
    </div>
  );
}

export function Empty({ icon, title, children }: { icon: IconName; title: string; children: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      <div>{children}</div>
    </div>
  );
}

/** Placeholder of content that is loading: an avatar, a name, lines of text. */
export function Skeletons({ count = 3, kind = 'card' }: { count?: number; kind?: 'card' | 'row' }) {
  return (
    <div className={kind === 'card' ? 'stack' : 'skeleton-rows'} role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, at) => (
        <div className={`skeleton-${kind} skeleton-host`} key={at}>
          <span className="skeleton round" />
          <span className="skeleton-lines">
            <span className="skeleton short" />
            <span className="skeleton" />
            {kind === 'card' && <span className="skeleton half" />}
          </span>
        </div>
      ))}
    </div>
  );
}

export const PageSkeleton = () => (
  <div className="page">
    <Skeletons />
  </div>
);

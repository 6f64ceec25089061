import type { ReactNode } from 'react';
import { Button } from './controls';
import { Icon, type IconName } from './icons';

/** Something went wrong, in words, with a way on. */
export function ErrorNote({ error, onRetry }: { error: Error; onRetry?: () => void }) {
  return (
    <div className="note" role="alert">
      <span className="grow">{error.message}</span>
      {onRetry !== undefined && (error as { retryable?: boolean }).retryable !== false && <Button onPress={onRetry}>Try again</Button>}
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

const HEIGHTS = { card: 128, row: 56 };
/** The shape of what is coming. */
export function Skeletons({ count = 4, kind = 'card' }: { count?: number; kind?: keyof typeof HEIGHTS }) {
  return (
    <div className="stack" role="status" aria-label="Loading">
      {Array.from({ length: count }, (_, at) => (
        <div className="skeleton" style={{ height: HEIGHTS[kind] }} key={at} />
      ))}
    </div>
  );
}

export const PageSkeleton = () => (
  <div className="page">
    <Skeletons />
  </div>
);

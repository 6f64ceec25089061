import { Component, type ReactNode } from 'react';
import { Button } from './controls';
import { Icon } from './icons';

/** A fault in words, with the way on. Standing alone, it is what a whole page shows. */
export function PageFault({ title, children, onRetry }: { title: string; children: ReactNode; onRetry: () => void }) {
  return (
    <div className="page">
      <div className="empty" role="alert">
        <Icon name="offline" />
        <h1>{title}</h1>
        <p>{children}</p>
        <Button look={['primary']} onPress={onRetry}>
          Try again
        </Button>
      </div>
    </div>
  );
}

/**
 * Shows a fault of the components below instead of a white page; a new `resetKey` tries them again.
 */
export class ErrorBoundary extends Component<
  { children: ReactNode; resetKey?: string },
  { failedAt?: string | undefined; failed: boolean }
> {
  override state = { failed: false, failedAt: undefined };
  static getDerivedStateFromError = () => ({ failed: true });
  static getDerivedStateFromProps(
    { resetKey }: { resetKey?: string },
    { failed, failedAt }: { failed: boolean; failedAt?: string | undefined },
  ) {
    if (!failed) return { failedAt: resetKey };
    return failedAt === resetKey ? null : { failed: false, failedAt: resetKey };
  }
  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <PageFault title="This page has a fault" onRetry={() => location.reload()}>
        It is not your doing. Loading it again helps most of the time; what you typed is kept.
      </PageFault>
    );
  }
}

import type { Notification } from '@linsta/contracts';
import { useLinsta, useNotifications } from '@linsta/client/react';
import { Button as AriaButton } from 'react-aria-components';
import { useLocation } from 'wouter';
import { useSubmit } from '../account/use-submit';
import { Button } from '../ui/controls';
import { Icon, type IconName } from '../ui/icons';
import { PageHead } from '../ui/page-head';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { ago } from '../ui/time';
import '../styles/feed.css';

const ICONS: Record<Notification['type'], IconName> = { LIKE: 'heart', COMMENT: 'comment', EVENT_RSVP: 'events' };
const targetOf = ({ type, referenceId }: Notification) => (type === 'EVENT_RSVP' ? `/events/${referenceId}` : `/posts/${referenceId}`);

export function BellPage() {
  const { notifications: bell } = useLinsta();
  const { status, error, notifications, unread, hasMore } = useNotifications();
  const more = useSubmit(bell.loadMore);
  const [, navigate] = useLocation();
  const open = (notification: Notification) => {
    void bell.markRead(notification._id).catch(() => undefined);
    navigate(targetOf(notification));
  };
  return (
    <div className="page">
      <PageHead title="Notifications">
        {unread > 0 && <Button onPress={() => void bell.markAllRead().catch(() => undefined)}>Mark all as read</Button>}
      </PageHead>
      {status === 'failed' && error !== undefined && <ErrorNote error={error} onRetry={() => void bell.retry()} />}
      {status === 'loading' && <Skeletons kind="row" />}
      {status === 'ready' && notifications.length === 0 && (
        <Empty icon="bell" title="All quiet">
          Likes, comments and answers to your events ring here, the moment they happen.
        </Empty>
      )}
      {notifications.length > 0 && (
        <ul className="card bells">
          {notifications.map((notification) => (
            <li key={notification._id}>
              <AriaButton className={`bell-row ${notification.isRead ? '' : 'unread'}`} onPress={() => open(notification)}>
                <span className={`bell-kind ${notification.type.toLowerCase()}`}>
                  <Icon name={ICONS[notification.type]} />
                </span>
                <span>
                  {notification.message}
                  <span className="bell-time soft small">{ago(notification.createdAt)}</span>
                </span>
                {!notification.isRead && (
                  <span className="unread-dot">
                    <span className="hidden-text">unread</span>
                  </span>
                )}
              </AriaButton>
            </li>
          ))}
        </ul>
      )}
      {more.error !== undefined && <ErrorNote error={more.error} />}
      {hasMore && (
        <Button onPress={more.run} isDisabled={more.busy}>
          Older
        </Button>
      )}
    </div>
  );
}

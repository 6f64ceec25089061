import type { NotificationView } from '@linsta/client';
import { useLinsta, useNotifications } from '@linsta/client/react';
import { useState } from 'react';
import { Button as AriaButton, ToggleButton } from 'react-aria-components';
import { useLocation } from 'wouter';
import { useSubmit } from '../account/use-submit';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { Icon, type IconName } from '../ui/icons';
import { PageHead } from '../ui/page-head';
import { TimeAgo } from '../ui/people';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { dayName, sameDay } from '../ui/time';
import '../styles/feed.css';
import '../styles/notifications.css';

const ICONS: Partial<Record<string, IconName>> = { LIKE: 'heart', COMMENT: 'comment', EVENT_RSVP: 'events' };
const targetOf = ({ type, referenceId }: NotificationView) => (type === 'EVENT_RSVP' ? `/events/${referenceId}` : `/posts/${referenceId}`);
/** Notifications name their actor in the sentence alone. */
const actorOf = ({ message }: NotificationView) => message.split(/ (?:liked|commented|is going|might|is not) /)[0] ?? '';

/** In days, the newest first. */
const byDay = (notifications: NotificationView[]): NotificationView[][] => {
  const days: NotificationView[][] = [];
  for (const notification of notifications) {
    const day = days.at(-1);
    if (day?.[0] !== undefined && sameDay(day[0].createdAt, notification.createdAt)) day.push(notification);
    else days.push([notification]);
  }
  return days;
};

function NotificationRow({ notification, onOpen }: { notification: NotificationView; onOpen: () => void }) {
  const { type, message, isRead, createdAt, actorId } = notification;
  return (
    <li>
      <AriaButton className={`notification-row ${isRead ? '' : 'unread'}`} onPress={onOpen}>
        <span className="notification-face">
          <Avatar id={actorId} name={actorOf(notification)} />
          <span className={`notification-kind ${type.toLowerCase()}`}>
            <Icon name={ICONS[type] ?? 'notifications'} size={14} />
          </span>
        </span>
        <span className="wrap">
          <bdi>{message}</bdi>
          <span className="notification-time soft small">
            <TimeAgo iso={createdAt} />
          </span>
        </span>
        {!isRead && (
          <span className="unread-dot">
            <span className="hidden-text">unread</span>
          </span>
        )}
      </AriaButton>
    </li>
  );
}

export function NotificationsPage() {
  const { notifications: list } = useLinsta();
  const { status, error, notifications, unread, hasMore } = useNotifications();
  const [unreadOnly, setUnreadOnly] = useState(false);
  const more = useSubmit(list.loadMore);
  const readAll = useSubmit(list.markAllRead);
  const [, navigate] = useLocation();
  const open = (notification: NotificationView) => {
    void list.markRead(notification._id).catch(() => undefined);
    navigate(targetOf(notification));
  };
  const shown = unreadOnly ? notifications.filter(({ isRead }) => !isRead) : notifications;
  return (
    <div className="page">
      <PageHead title="Notifications">
        <ToggleButton className="button" isSelected={unreadOnly} onChange={setUnreadOnly}>
          Unread
        </ToggleButton>
        {unread > 0 && (
          <Button onPress={readAll.run} isDisabled={readAll.busy}>
            Mark all as read
          </Button>
        )}
      </PageHead>
      {readAll.error !== undefined && <ErrorNote error={readAll.error} onRetry={readAll.run} />}
      {status === 'failed' && <ErrorNote error={error} onRetry={() => void list.retry()} />}
      {status === 'loading' && <Skeletons kind="row" count={5} />}
      {status === 'ready' && shown.length === 0 && (
        <Empty icon="notifications" title="All quiet">
          {unreadOnly ? 'You have read everything.' : 'Likes, comments and answers to your events appear here, the moment they happen.'}
        </Empty>
      )}
      {byDay(shown).map((day) => (
        <section key={day[0]?._id} aria-label={dayName(day[0]?.createdAt ?? '')}>
          <h2 className="day-name">{dayName(day[0]?.createdAt ?? '')}</h2>
          <ul className="card notification-list">
            {day.map((notification) => (
              <NotificationRow notification={notification} onOpen={() => open(notification)} key={notification._id} />
            ))}
          </ul>
        </section>
      ))}
      {more.error !== undefined && <ErrorNote error={more.error} onRetry={more.run} />}
      {hasMore && (
        <Button onPress={more.run} isDisabled={more.busy}>
          Older
        </Button>
      )}
    </div>
  );
}

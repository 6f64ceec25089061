import { useNotifications, useRooms } from '@linsta/client/react';
import { useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession } from '../session';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { Icon, type IconName } from '../ui/icons';
import { useTheme } from '../ui/theme';
import { ConnectionNote } from './connection-note';
import { useUnreadTitle } from './unread-title';

const isCurrent = (href: string, location: string) =>
  href === '/' ? location === '/' || location.startsWith('/posts') : location.startsWith(href);

function NavLink({ href, icon, label, unread = 0 }: { href: string; icon: IconName; label: string; unread?: number }) {
  const [location] = useLocation();
  const current = isCurrent(href, location);
  return (
    <li>
      <Link href={href} className={`nav-link ${current ? 'current' : ''}`} aria-current={current ? 'page' : undefined}>
        <Icon name={icon} />
        <span>{label}</span>
        {unread > 0 && (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="hidden-text"> unread</span>
          </span>
        )}
      </Link>
    </li>
  );
}

/** Navigation beside or below every page, and what is always true: unread numbers and the state of the connection. */
export function Shell({ children }: { children: ReactNode }) {
  const { user } = useSession();
  const rooms = useRooms();
  const notifications = useNotifications();
  const [theme, toggleTheme] = useTheme();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  useUnreadTitle(rooms.unread + notifications.unread);
  useEffect(() => {
    // Newer browsers answer a promise here, which React would take for a clean-up.
    void main.current?.scrollTo({ top: 0 });
  }, [location]);
  return (
    <div className="shell">
      <div className="content">
        <ConnectionNote />
        <main className="main" ref={main}>
          {children}
        </main>
      </div>
      <nav className="nav" aria-label="Main">
        <Link href="/" className="brand">
          <img src="/favicon.svg" alt="" />
          Linsta
        </Link>
        <ul>
          <NavLink href="/" icon="feed" label="Feed" />
          <NavLink href="/events" icon="events" label="Events" />
          <NavLink href="/chat" icon="chat" label="Chat" unread={rooms.unread} />
          <NavLink href="/notifications" icon="bell" label="Bell" unread={notifications.unread} />
          <NavLink href="/profile" icon="person" label="You" />
        </ul>
        <div className="nav-foot">
          <div className="foot-links">
            <Link href="/docs">API</Link>
            <Link href="/demo">Demo</Link>
            <span className="grow" />
            <Button look={['quiet', 'icon']} onPress={toggleTheme} aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}>
              <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
            </Button>
          </div>
          {user !== undefined && (
            <Link href="/profile" className="who">
              <Avatar id={user._id} name={user.name} url={user.avatarUrl} small />
              <span className="cut">{user.name}</span>
            </Link>
          )}
        </div>
      </nav>
    </div>
  );
}

import { useNotifications, useRooms } from '@linsta/client/react';
import { lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession } from '../session';
import { basePath } from '../settings';
import { Avatar } from '../ui/avatar';
import { Button } from '../ui/controls';
import { ErrorBoundary } from '../ui/error-boundary';
import { Icon, type IconName } from '../ui/icons';
import { useCurrentTitle } from '../ui/page-title';
import { Name } from '../ui/people';
import { useTheme } from '../ui/theme';
import { ConnectionNote } from './connection-note';
import { useScrollMemory } from './scroll-memory';
import { useUnreadInTab } from './unread-icon';

const Rail = lazy(() => import('./rail').then(({ Rail }) => ({ default: Rail })));

const isCurrent = (href: string, location: string) =>
  href === '/' ? location === '/' || location.startsWith('/posts') : location.startsWith(href);

function NavLink({ href, icon, label, unread = 0 }: { href: string; icon: IconName; label: string; unread?: number }) {
  const [location] = useLocation();
  const current = isCurrent(href, location);
  return (
    <li>
      <Link href={href} className={`nav-link ${current ? 'current' : ''}`} aria-current={current ? 'page' : undefined}>
        <span className="nav-icon">
          <Icon name={icon} />
          {unread > 0 && (
            <span className="badge" aria-hidden="true">
              {unread > 99 ? '99+' : unread}
            </span>
          )}
        </span>
        <span className="nav-label">{label}</span>
        {unread > 0 && <span className="hidden-text"> {unread > 99 ? '99+' : unread} unread</span>}
      </Link>
    </li>
  );
}

/**
 * Says the new page's name and moves the focus to its beginning, so that the keyboard goes on from
 * there.
 */
function RouteAnnouncer({ main }: { main: React.RefObject<HTMLElement | null> }) {
  const [location] = useLocation();
  const title = useCurrentTitle();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) return void (first.current = false);
    if (document.activeElement === null || document.activeElement === document.body || document.activeElement.closest('.nav') !== null)
      main.current?.focus({ preventScroll: true });
  }, [location, main]);
  return (
    <div className="hidden-text" aria-live="polite">
      {title}
    </div>
  );
}

/**
 * Navigation beside or below every page, with the unread counts and the state of the connection.
 */
export function Shell({ children }: { children: ReactNode }) {
  const { user } = useSession();
  const rooms = useRooms();
  const notifications = useNotifications();
  const [theme, toggleTheme] = useTheme();
  const [location] = useLocation();
  const main = useRef<HTMLElement>(null);
  useUnreadInTab(rooms.unread + notifications.unread);
  useScrollMemory(main);
  const isChat = location.startsWith('/chat');
  const isReference = location === '/docs';
  return (
    <div className={`shell ${/^\/chat\/./.test(location) ? 'in-room' : ''}`}>
      <a className="skip-link" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        To the content
      </a>
      <nav className="nav" aria-label="Main">
        <Link href="/" className="brand" aria-label="Linsta">
          <img src={`${basePath}/favicon.svg`} alt="" />
          <span className="nav-label">Linsta</span>
        </Link>
        <ul>
          <NavLink href="/" icon="feed" label="Feed" />
          <NavLink href="/events" icon="events" label="Events" />
          <NavLink href="/chat" icon="chat" label="Chat" unread={rooms.unread} />
          <NavLink href="/notifications" icon="notifications" label="Notifications" unread={notifications.unread} />
          <NavLink href="/profile" icon="person" label="You" />
        </ul>
        <div className="nav-foot">
          <Button look={['quiet', 'icon']} onPress={toggleTheme} aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}>
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
          </Button>
          {user !== undefined && (
            <Link href="/profile" className="who">
              <Avatar id={user._id} name={user.name} url={user.avatarUrl} small />
              <span className="cut nav-label">
                <Name>{user.name}</Name>
              </span>
            </Link>
          )}
        </div>
      </nav>
      <div className="content">
        <ConnectionNote />
        <main className="main" id="main" ref={main} tabIndex={-1}>
          <div className={isChat ? 'full' : 'columns'}>
            {children}
            {!isChat && !isReference && (
              <ErrorBoundary resetKey={location}>
                <Suspense fallback={null}>
                  <Rail />
                </Suspense>
              </ErrorBoundary>
            )}
          </div>
        </main>
      </div>
      <RouteAnnouncer main={main} />
    </div>
  );
}

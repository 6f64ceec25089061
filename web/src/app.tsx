import { createLinsta, type Linsta } from '@linsta/client';
import { LinstaProvider } from '@linsta/client/react';
import { useEffect, useState } from 'react';
import { Link, Route, Switch, useLocation } from 'wouter';
import { session, useSession } from './session';
import { basePath, hasLocalAccounts } from './settings';
import { Shell } from './shell/shell';
import { ErrorBoundary } from './ui/error-boundary';
import { lazyPage } from './ui/lazy-page';
import { PageHead } from './ui/page-head';
import { Empty } from './ui/states';
import { forgetLists } from './ui/use-pages';

const SignIn = lazyPage(async () => (await import('./account/sign-in')).SignIn);
const SignUp = lazyPage(async () => (await import('./account/sign-up')).SignUp);
const Profile = lazyPage(async () => (await import('./account/profile')).Profile);
const FeedPage = lazyPage(async () => (await import('./feed/feed-page')).FeedPage);
const PostPage = lazyPage(async () => (await import('./feed/post-page')).PostPage);
const EventsPage = lazyPage(async () => (await import('./events/events-page')).EventsPage);
const EventPage = lazyPage(async () => (await import('./events/event-page')).EventPage);
const ChatPage = lazyPage(async () => (await import('./chat/chat-page')).ChatPage);
const NotificationsPage = lazyPage(async () => (await import('./notifications/notifications-page')).NotificationsPage);
const DemoPage = lazyPage(async () => (await import('./demo/demo-page')).DemoPage);
const DocsPage = lazyPage(async () => (await import('./docs/docs-page')).DocsPage);

/** One live client for the account; closed with it. */
function useLinstaOf(userId: string): Linsta | undefined {
  const [linsta, setLinsta] = useState<Linsta>();
  useEffect(() => {
    const live = createLinsta({ url: basePath, getToken: session.getToken, userId });
    live.connect();
    setLinsta(live);
    return () => {
      live.close();
      setLinsta(undefined);
      forgetLists();
    };
  }, [userId]);
  return linsta;
}

function NotFound() {
  return (
    <div className="page">
      <PageHead title="Not found" />
      <Empty icon="search" title="There is no such page">
        The address may be mistyped. <Link href="/">To the feed</Link>
      </Empty>
    </div>
  );
}

function SignedIn({ userId }: { userId: string }) {
  const linsta = useLinstaOf(userId);
  const [location] = useLocation();
  if (linsta === undefined || linsta.userId !== userId) return null;
  return (
    <LinstaProvider linsta={linsta}>
      <Shell>
        <ErrorBoundary resetKey={location}>
          <Switch>
            <Route path="/" component={FeedPage} />
            <Route path="/sign-in" component={FeedPage} />
            <Route path="/sign-up" component={FeedPage} />
            <Route path="/posts/:id">{({ id }) => <PostPage id={id} key={id} />}</Route>
            <Route path="/events" component={EventsPage} />
            <Route path="/events/:id">{({ id }) => <EventPage id={id} key={id} />}</Route>
            <Route path="/chat">
              <ChatPage />
            </Route>
            <Route path="/chat/:roomId">{({ roomId }) => <ChatPage roomId={roomId} />}</Route>
            <Route path="/notifications" component={NotificationsPage} />
            <Route path="/profile" component={Profile} />
            <Route path="/docs" component={DocsPage} />
            <Route component={NotFound} />
          </Switch>
        </ErrorBoundary>
      </Shell>
    </LinstaProvider>
  );
}

export function App() {
  const { status, user } = useSession();
  const [location] = useLocation();
  if (location === '/demo') return <DemoPage />;
  if (status === 'signed-in') return <SignedIn userId={user._id} />;
  return (
    <Switch>
      <Route path="/sign-up" component={hasLocalAccounts ? SignUp : SignIn} />
      <Route path="/docs">
        <main className="main">
          <DocsPage />
        </main>
      </Route>
      <Route component={SignIn} />
    </Switch>
  );
}

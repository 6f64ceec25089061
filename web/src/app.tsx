import { createLinsta, type Linsta } from '@linsta/client';
import { LinstaProvider } from '@linsta/client/react';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { session, useSession } from './session';
import { Shell } from './shell/shell';
import { PageSkeleton } from './ui/states';

const SignIn = lazy(() => import('./account/sign-in').then(({ SignIn }) => ({ default: SignIn })));
const SignUp = lazy(() => import('./account/sign-up').then(({ SignUp }) => ({ default: SignUp })));
const Profile = lazy(() => import('./account/profile').then(({ Profile }) => ({ default: Profile })));
const FeedPage = lazy(() => import('./feed/feed-page').then(({ FeedPage }) => ({ default: FeedPage })));
const PostPage = lazy(() => import('./feed/post-page').then(({ PostPage }) => ({ default: PostPage })));
const EventsPage = lazy(() => import('./events/events-page').then(({ EventsPage }) => ({ default: EventsPage })));
const EventPage = lazy(() => import('./events/event-page').then(({ EventPage }) => ({ default: EventPage })));
const ChatPage = lazy(() => import('./chat/chat-page').then(({ ChatPage }) => ({ default: ChatPage })));
const BellPage = lazy(() => import('./bell/bell-page').then(({ BellPage }) => ({ default: BellPage })));
const DemoPage = lazy(() => import('./demo/demo-page').then(({ DemoPage }) => ({ default: DemoPage })));
const DocsPage = lazy(() => import('./docs/docs-page').then(({ DocsPage }) => ({ default: DocsPage })));

/** One live client for whoever is signed in; gone with him. */
function useLinstaOf(userId: string | undefined): Linsta | undefined {
  const [linsta, setLinsta] = useState<Linsta>();
  useEffect(() => {
    if (userId === undefined) return;
    const live = createLinsta({ getToken: session.getToken, userId });
    live.connect();
    setLinsta(live);
    return () => {
      live.close();
      setLinsta(undefined);
    };
  }, [userId]);
  return linsta;
}

function SignedIn({ userId }: { userId: string }) {
  const linsta = useLinstaOf(userId);
  if (linsta === undefined || linsta.userId !== userId) return null;
  return (
    <LinstaProvider linsta={linsta}>
      <Shell>
        <Suspense fallback={<PageSkeleton />}>
          <Switch>
            <Route path="/" component={FeedPage} />
            <Route path="/posts/:id">{({ id }) => <PostPage id={id} key={id} />}</Route>
            <Route path="/events" component={EventsPage} />
            <Route path="/events/:id">{({ id }) => <EventPage id={id} key={id} />}</Route>
            <Route path="/chat">
              <ChatPage />
            </Route>
            <Route path="/chat/:roomId">{({ roomId }) => <ChatPage roomId={roomId} />}</Route>
            <Route path="/notifications" component={BellPage} />
            <Route path="/profile" component={Profile} />
            <Route path="/docs" component={DocsPage} />
            <Route>
              <Redirect to="/" replace />
            </Route>
          </Switch>
        </Suspense>
      </Shell>
    </LinstaProvider>
  );
}

export function App() {
  const { status, user } = useSession();
  const [location] = useLocation();
  if (location === '/demo')
    return (
      <Suspense fallback={<PageSkeleton />}>
        <DemoPage />
      </Suspense>
    );
  if (status === 'signed-in' && user !== undefined) return <SignedIn userId={user._id} />;
  return (
    <Suspense fallback={null}>
      <Switch>
        <Route path="/sign-up" component={SignUp} />
        <Route path="/docs">
          <main className="main">
            <DocsPage />
          </main>
        </Route>
        <Route component={SignIn} />
      </Switch>
    </Suspense>
  );
}

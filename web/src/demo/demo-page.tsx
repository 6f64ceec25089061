import { createLinsta, createMemoryOutbox, createSession, type Linsta } from '@linsta/client';
import { LinstaProvider, useConnection } from '@linsta/client/react';
import { useEffect, useState } from 'react';
import { Switch } from 'react-aria-components';
import { Link } from 'wouter';
import { useDemoUsers, type DemoUser } from '../account/demo-users';
import { Conversation } from '../chat/conversation';
import { describeConnection } from '../shell/connection-note';
import { Avatar } from '../ui/avatar';
import { basePath } from '../settings';
import { usePageTitle } from '../ui/page-title';
import { Empty, ErrorNote, Skeletons } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import '../styles/chat.css';
import '../styles/messages.css';

interface Side {
  user: DemoUser;
  linsta: Linsta;
}

/** A real session through the gateway, one for each of the two people. */
async function enter(user: DemoUser): Promise<Side> {
  const session = createSession({ url: basePath, storage: 'memory' });
  await session.login({ email: user.email, password: user.password });
  const userId = session.get().user?._id ?? '';
  const linsta = createLinsta({ url: basePath, getToken: session.getToken, userId, outbox: createMemoryOutbox() });
  linsta.connect();
  return { user, linsta };
}

function SideView({ side, chatRoomId }: { side: Side; chatRoomId: string }) {
  const state = useConnection();
  const [cut, setCut] = useState(false);
  const toggle = (on: boolean) => {
    setCut(!on);
    if (on) side.linsta.goOnline();
    else side.linsta.goOffline();
  };
  return (
    <section className="card demo-side" aria-label={side.user.name}>
      <div className="demo-state">
        <div className="row">
          <Avatar id={side.user.email} name={side.user.name} online={!cut && state.status === 'online'} />
          <div>
            <strong>{side.user.name}</strong>
            <div className="soft small" role="status">
              {describeConnection(state) ?? 'Online'}
            </div>
          </div>
        </div>
        <Switch className="switch" isSelected={!cut} onChange={toggle}>
          <span className="track" /> Network
        </Switch>
      </div>
      <Conversation chatRoomId={chatRoomId} plain />
    </section>
  );
}

export function DemoPage() {
  usePageTitle('Demo');
  const users = useDemoUsers();
  const [sides, setSides] = useState<{ left: Side; right: Side; chatRoomId: string }>();
  const [error, setError] = useState<Error>();
  useEffect(() => {
    const [left, right] = users ?? [];
    if (left === undefined || right === undefined) return;
    let gone = false;
    const entered: Side[] = [];
    void (async () => {
      try {
        for (const user of [left, right]) entered.push(await enter(user));
        const [one, other] = entered;
        if (one === undefined || other === undefined) return;
        const chatRoomId = await one.linsta.rooms.open(other.linsta.userId);
        await other.linsta.rooms.retry();
        if (!gone) setSides({ left: one, right: other, chatRoomId });
      } catch (failure) {
        if (!gone) setError(asLinstaError(failure));
      }
    })();
    return () => {
      gone = true;
      for (const { linsta } of entered) linsta.close();
    };
  }, [users]);
  return (
    <main className="demo">
      <header className="stack">
        <div className="page-head">
          <h1 className="grow">Two people, two networks, nothing lost</h1>
          <Link href="/" className="nowrap">
            Open the app
          </Link>
        </div>
        <p className="soft">
          Switch one network off, keep writing on both sides, switch it on again: everything arrives, once and in the same order.
        </p>
      </header>
      {error !== undefined && <ErrorNote error={error} />}
      {users?.length === 0 && (
        <Empty icon="chat" title="No demo accounts here">
          They exist where Linsta runs on its embedded defaults, with <code>npm start</code>.
        </Empty>
      )}
      {sides === undefined && error === undefined && users?.length !== 0 && <Skeletons count={2} />}
      {sides !== undefined && (
        <div className="demo-sides">
          {[sides.left, sides.right].map((side) => (
            <LinstaProvider linsta={side.linsta} key={side.user.email}>
              <SideView side={side} chatRoomId={sides.chatRoomId} />
            </LinstaProvider>
          ))}
        </div>
      )}
    </main>
  );
}

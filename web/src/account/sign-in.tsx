import type { LinstaError } from '@linsta/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { session, useSession } from '../session';
import { hasLocalAccounts, signInUrl } from '../settings';
import { Avatar } from '../ui/avatar';
import { Button, Field, isWholeForm } from '../ui/controls';
import { Name } from '../ui/people';
import { ErrorNote } from '../ui/states';
import { asLinstaError } from '../ui/use-load';
import { useDemoUsers, type DemoUser } from './demo-users';
import { Gate } from './gate';
import { useSubmit } from './use-submit';

/** Why the user is signed out, where that is not obvious. */
function SessionNote() {
  const state = useSession();
  if (state.status !== 'signed-out') return null;
  if (state.ended === true)
    return (
      <p className="info" role="status">
        Your session has ended: it expired, or it was ended on another device.
      </p>
    );
  if (state.logoutPending === true)
    return (
      <p className="info" role="status">
        Signed out here. The server could not be told yet; this goes on in the background.
      </p>
    );
  return null;
}

/** Where users sign in elsewhere: their host page hands over a token. */
function SignInElsewhere() {
  return (
    <Gate title="Sign in to Linsta">
      <SessionNote />
      <p>{signInUrl === '' ? 'Sign in on the page that you came from, and open this one from there.' : <a href={signInUrl}>Sign in</a>}</p>
      <p className="small soft">
        <Link href="/docs">API</Link>
      </p>
    </Gate>
  );
}

export const SignIn = () => (hasLocalAccounts ? <SignInForm /> : <SignInElsewhere />);

function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, onSubmit } = useSubmit(() => session.login({ email, password }));
  const demoUsers = useDemoUsers() ?? [];
  return (
    <Gate title="Sign in to Linsta">
      <SessionNote />
      {isWholeForm(error) && <ErrorNote error={error} />}
      <form onSubmit={onSubmit}>
        <Field label="E-mail" type="email" autoComplete="email" value={email} onChange={setEmail} error={error} path="email" isRequired />
        <Field
          label="Password"
          type="password"
          autoComplete="current-password"
          value={password}
          onChange={setPassword}
          error={error}
          path="password"
          isRequired
        />
        <Button type="submit" look={['primary', 'wide']} isDisabled={busy}>
          {busy ? 'Signing in …' : 'Sign in'}
        </Button>
      </form>
      <p className="soft">
        New here? <Link href="/sign-up">Open an account</Link>
      </p>
      {demoUsers.length > 0 && <DemoUsers users={demoUsers} />}
      <p className="small soft">
        <Link href="/docs">API</Link>
      </p>
    </Gate>
  );
}

function DemoUsers({ users }: { users: DemoUser[] }) {
  const [error, setError] = useState<LinstaError>();
  const enter = ({ email, password }: DemoUser) => session.login({ email, password }).catch((failure) => setError(asLinstaError(failure)));
  return (
    <section className="gate-demo" aria-labelledby="demo-heading">
      <h2 id="demo-heading">Just looking?</h2>
      {error !== undefined && <ErrorNote error={error} />}
      <div className="demo-users">
        {users.map((user) => (
          <Button key={user.email} onPress={() => void enter(user)}>
            <Avatar id={user.email} name={user.name} small />
            <span className="cut">
              <Name>{user.name}</Name>
            </span>
          </Button>
        ))}
      </div>
      <p className="small soft">
        Or watch <Link href="/demo">two people side by side</Link>, with a switch that cuts the network.
      </p>
    </section>
  );
}

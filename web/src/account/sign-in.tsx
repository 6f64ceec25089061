import type { LinstaError } from '@linsta/client';
import { useState } from 'react';
import { Link } from 'wouter';
import { session } from '../session';
import { Avatar } from '../ui/avatar';
import { Button, Field } from '../ui/controls';
import { ErrorNote } from '../ui/states';
import { useDemoUsers, type DemoUser } from './demo-users';
import { Gate } from './gate';
import { asLinstaError } from '../ui/use-load';
import { useSubmit } from './use-submit';

export function SignIn() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, onSubmit } = useSubmit(() => session.login({ email, password }));
  const demoUsers = useDemoUsers() ?? [];
  return (
    <Gate title="Sign in to Linsta">
      {error !== undefined && <ErrorNote error={error} />}
      <form onSubmit={onSubmit}>
        <Field label="E-mail" type="email" autoComplete="email" value={email} onChange={setEmail} isRequired />
        <Field label="Password" type="password" autoComplete="current-password" value={password} onChange={setPassword} isRequired />
        <Button type="submit" look={['primary', 'wide']} isDisabled={busy}>
          {busy ? 'Signing in …' : 'Sign in'}
        </Button>
      </form>
      {demoUsers.length > 0 && <DemoUsers users={demoUsers} />}
      <p className="soft">
        New here? <Link href="/sign-up">Open an account</Link>
      </p>
    </Gate>
  );
}

function DemoUsers({ users }: { users: DemoUser[] }) {
  const [error, setError] = useState<LinstaError>();
  const enter = ({ email, password }: DemoUser) => session.login({ email, password }).catch((failure) => setError(asLinstaError(failure)));
  return (
    <section className="card stack" aria-labelledby="demo-heading">
      <h2 id="demo-heading">Just looking?</h2>
      {error !== undefined && <ErrorNote error={error} />}
      <div className="row">
        {users.map((user) => (
          <Button key={user.email} onPress={() => void enter(user)}>
            <Avatar id={user.email} name={user.name} small /> {user.name}
          </Button>
        ))}
      </div>
      <p className="small soft">
        Or watch <Link href="/demo">two people side by side</Link>, with a switch that cuts the network.
      </p>
    </section>
  );
}

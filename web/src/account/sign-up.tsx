import { useState } from 'react';
import { Link } from 'wouter';
import { session } from '../session';
import { Button, Field, isWholeForm } from '../ui/controls';
import { ErrorNote } from '../ui/states';
import { Gate } from './gate';
import { useSubmit } from './use-submit';

export function SignUp() {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { busy, error, onSubmit } = useSubmit(() => session.register({ name, email, password }));
  return (
    <Gate title="Open an account">
      {isWholeForm(error) && <ErrorNote error={error} />}
      <form onSubmit={onSubmit}>
        <Field label="Name" autoComplete="name" value={name} onChange={setName} error={error} path="name" maxLength={80} isRequired />
        <Field label="E-mail" type="email" autoComplete="email" value={email} onChange={setEmail} error={error} path="email" isRequired />
        <Field
          label="Password, 8 characters or more"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          error={error}
          path="password"
          isRequired
        />
        <Button type="submit" look={['primary', 'wide']} isDisabled={busy}>
          {busy ? 'Opening …' : 'Open account'}
        </Button>
      </form>
      <p className="soft">
        Here before? <Link href="/">Sign in</Link>
      </p>
    </Gate>
  );
}

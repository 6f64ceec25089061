import { useState } from 'react';
import { Link } from 'wouter';
import { session, useSession } from '../session';
import { Avatar } from '../ui/avatar';
import { Button, Field, faultOf } from '../ui/controls';
import { PageHead } from '../ui/page-head';
import { ErrorNote } from '../ui/states';
import { useTheme } from '../ui/theme';
import { useSubmit } from './use-submit';

export function Profile() {
  const { user } = useSession();
  const [name, setName] = useState(user?.name ?? '');
  const [avatarUrl, setAvatarUrl] = useState(user?.avatarUrl ?? '');
  const [theme, toggleTheme] = useTheme();
  const { busy, error, onSubmit } = useSubmit(() =>
    session.updateProfile({ name, avatarUrl: avatarUrl.trim() === '' ? null : avatarUrl.trim() }),
  );
  if (user === undefined) return null;
  const changed = name !== user.name || avatarUrl !== (user.avatarUrl ?? '');
  return (
    <div className="page">
      <PageHead title="You" />
      <form className="card stack" onSubmit={onSubmit}>
        <div className="row">
          <Avatar id={user._id} name={user.name} url={user.avatarUrl} />
          <div className="grow">
            <strong className="cut">{user.name}</strong>
            <div className="soft small cut">{user.email}</div>
          </div>
        </div>
        {error !== undefined && error.errors.length === 0 && <ErrorNote error={error} />}
        <Field label="Name" value={name} onChange={setName} fault={faultOf(error, 'name')} isRequired />
        <Field
          label="Picture"
          type="url"
          placeholder={`${location.origin}/…`}
          hint="An address on this site. Pictures from elsewhere are not loaded: their servers would learn who looks."
          value={avatarUrl}
          onChange={setAvatarUrl}
          fault={faultOf(error, 'avatarUrl')}
        />
        <Button type="submit" look={['primary']} isDisabled={busy || !changed}>
          {busy ? 'Saving …' : 'Save'}
        </Button>
      </form>
      <div className="card row">
        <span className="grow">Colours</span>
        <Button onPress={toggleTheme}>{theme === 'dark' ? 'Light' : 'Dark'}</Button>
      </div>
      <div className="card row">
        <span className="grow">Signing out ends this session in every tab.</span>
        <Button onPress={() => void session.logout()}>Sign out</Button>
      </div>
      <p className="small soft">
        <Link href="/docs">API</Link> · <Link href="/demo">Demo</Link>
      </p>
    </div>
  );
}

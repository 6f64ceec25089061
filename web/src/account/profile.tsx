import { useEffect, useState } from 'react';
import { Link } from 'wouter';
import { session, useSession } from '../session';
import { Avatar } from '../ui/avatar';
import { Button, Field, isWholeForm } from '../ui/controls';
import { Icon } from '../ui/icons';
import { PageHead } from '../ui/page-head';
import { Name } from '../ui/people';
import { ErrorNote } from '../ui/states';
import { useTheme } from '../ui/theme';
import { PrivacySwitch } from './privacy-switch';
import { useSubmit } from './use-submit';

const SAVED_MS = 4_000;

export function Profile() {
  const { user } = useSession();
  const [name, setName] = useState(user?.name ?? '');
  const [avatarUrl, setAvatarUrl] = useState(user?.avatarUrl ?? '');
  const [theme, toggleTheme] = useTheme();
  const [saved, setSaved] = useState(false);
  const { busy, error, onSubmit } = useSubmit(async () => {
    await session.updateProfile({ name, avatarUrl: avatarUrl.trim() === '' ? null : avatarUrl.trim() });
    setSaved(true);
  });
  useEffect(() => {
    if (!saved) return;
    const timer = setTimeout(() => setSaved(false), SAVED_MS);
    return () => clearTimeout(timer);
  }, [saved]);
  if (user === undefined) return null;
  const changed = name !== user.name || avatarUrl !== (user.avatarUrl ?? '');
  return (
    <div className="page">
      <PageHead title="You" />
      <form className="card stack" onSubmit={onSubmit}>
        <div className="row">
          <Avatar id={user._id} name={user.name} url={user.avatarUrl} />
          <div className="grow">
            <strong className="cut">
              <Name>{user.name}</Name>
            </strong>
            <div className="soft small cut">{user.email}</div>
          </div>
        </div>
        {isWholeForm(error) && <ErrorNote error={error} />}
        <Field label="Name" value={name} onChange={setName} error={error} path="name" maxLength={80} isRequired />
        <Field
          label="Picture"
          type="url"
          placeholder={`${location.origin}/…`}
          hint="An address on this site. Pictures from elsewhere are not loaded: their servers would learn who looks."
          value={avatarUrl}
          onChange={setAvatarUrl}
          error={error}
          path="avatarUrl"
        />
        <div className="row">
          <Button type="submit" look={['primary']} isDisabled={busy || !changed}>
            {busy ? 'Saving …' : 'Save'}
          </Button>
          <span className="saved small" role="status">
            {saved && !changed && (
              <>
                <Icon name="check" size={16} /> Saved
              </>
            )}
          </span>
        </div>
      </form>
      <ul className="card settings">
        <li>
          <PrivacySwitch
            field="readReceipts"
            label="Delivered and read marks"
            hint="Others see how far you have read, and you see how far they have."
          />
        </li>
        <li>
          <PrivacySwitch field="presence" label="Online state" hint="Others see whether you are online, and you see whether they are." />
        </li>
        <li className="row">
          <span className="grow">Colours</span>
          <Button onPress={toggleTheme}>{theme === 'dark' ? 'Light' : 'Dark'}</Button>
        </li>
        <li className="row">
          <span className="grow">Signing out ends this session in every tab.</span>
          <Button onPress={() => void session.logout()}>Sign out</Button>
        </li>
      </ul>
      <p className="small soft">
        For developers: <Link href="/docs">API</Link>
      </p>
    </div>
  );
}

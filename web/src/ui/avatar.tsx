const HUES = 8;

const hueOf = (id: string) => [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7) % HUES;
const initialsOf = (name: string) =>
  name
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();

/** A face, or initials in a colour that stays with the person. The name stands beside it, so it says nothing itself. */
export function Avatar({
  id,
  name,
  url,
  online,
  small,
}: {
  id: string;
  name: string;
  url?: string | null;
  online?: boolean | undefined;
  small?: boolean;
}) {
  return (
    <span className={`avatar hue-${hueOf(id)} ${small === true ? 'small-size' : ''}`} aria-hidden="true">
      {url === undefined || url === null ? initialsOf(name) : <img src={url} alt="" referrerPolicy="no-referrer" />}
      {online !== undefined && <span className={`dot ${online ? 'online' : ''}`} />}
    </span>
  );
}

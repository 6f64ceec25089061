const HUES = 8;

const hueOf = (id: string) => [...id].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) >>> 0, 7) % HUES;
const initialsOf = (name: string) =>
  name
    .trim()
    .split(/\s+/)
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();

/** Pictures from elsewhere are not loaded: their servers would learn who looks. */
const isOurs = (url: string | null | undefined): url is string => typeof url === 'string' && url.startsWith(`${location.origin}/`);

/**
 * A face, or initials in a colour that stays with the person. The name stands beside it; only who
 * is online has a dot.
 */
export function Avatar({
  id,
  name,
  url,
  online = false,
  small,
}: {
  id: string;
  name: string;
  url?: string | null;
  online?: boolean;
  small?: boolean;
}) {
  return (
    <span className={`avatar hue-${hueOf(id)} ${small === true ? 'small-size' : ''}`} aria-hidden="true">
      {isOurs(url) ? <img src={url} alt="" loading="lazy" /> : initialsOf(name)}
      {online && <span className="dot" />}
    </span>
  );
}

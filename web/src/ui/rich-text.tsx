import { splitLinks } from './links';

/** Text as given, in its own direction, with its links clickable; it is never read as HTML. */
export function RichText({ text }: { text: string }) {
  return (
    <span className="prose" dir="auto">
      {splitLinks(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <a href={part.href} target="_blank" rel="noopener noreferrer nofollow" key={index}>
            {part.text}
          </a>
        ),
      )}
    </span>
  );
}

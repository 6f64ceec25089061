import type { Gathering, RsvpStatus } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Link } from 'wouter';
import { RichText } from '../ui/rich-text';
import { ErrorNote } from '../ui/states';
import { dayOfMonth, fullTime, monthOf } from '../ui/time';
import { asLinstaError } from '../ui/use-load';

const ANSWERS: [RsvpStatus, string][] = [
  ['going', 'Going'],
  ['maybe', 'Maybe'],
  ['declined', 'Not going'],
];

/** Shows the answer at once and rolls back if refused. */
export function EventCard({ event, onAnswered }: { event: Gathering; onAnswered?: () => void }) {
  const { call } = useLinsta();
  const [shown, setShown] = useState({ mine: event.myRsvp, counts: event.counts });
  const [error, setError] = useState<Error>();
  const answer = async (status: RsvpStatus | undefined) => {
    // A second press on the same answer would be none at all, which nobody can give.
    if (status === undefined || status === shown.mine) return;
    const before = shown;
    setError(undefined);
    setShown({
      mine: status,
      counts: {
        ...before.counts,
        [status]: before.counts[status] + 1,
        ...(before.mine !== null && { [before.mine]: before.counts[before.mine] - 1 }),
      },
    });
    try {
      const { counts } = await call('POST /api/events/:id/rsvp', { params: { id: event._id }, body: { status } });
      setShown({ mine: status, counts });
      onAnswered?.();
    } catch (failure) {
      setShown(before);
      setError(asLinstaError(failure));
    }
  };
  return (
    <article className="card event" aria-label={event.title}>
      <div className="event-date" aria-hidden="true">
        <span>{monthOf(event.startsAt)}</span>
        <strong>{dayOfMonth(event.startsAt)}</strong>
      </div>
      <div className="event-body">
        <div>
          <h2>
            <Link href={`/events/${event._id}`}>{event.title}</Link>
          </h2>
          <p className="soft small">
            {fullTime(event.startsAt)}
            {event.location !== null && ` · ${event.location}`} · by {event.host.name}
          </p>
        </div>
        {event.description !== null && <RichText text={event.description} />}
        {error !== undefined && <ErrorNote error={error} />}
      </div>
      <ToggleButtonGroup
        className="rsvps"
        aria-label="Are you coming?"
        selectionMode="single"
        selectedKeys={shown.mine === null ? [] : [shown.mine]}
        onSelectionChange={([status]) => void answer(status as RsvpStatus | undefined)}
      >
        {ANSWERS.map(([status, label]) => (
          <ToggleButton key={status} id={status} className="button rsvp">
            {label}
            {shown.counts[status] > 0 && <span className="count">{shown.counts[status]}</span>}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </article>
  );
}

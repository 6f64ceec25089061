import type { Gathering, RsvpStatus } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useState } from 'react';
import { Link } from 'wouter';
import { Button } from '../ui/controls';
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
  const answer = async (status: RsvpStatus) => {
    if (status === shown.mine) return;
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
        <div className="rsvps" role="group" aria-label="Are you coming?">
          {ANSWERS.map(([status, label]) => (
            <Button
              key={status}
              look={shown.mine === status ? ['on'] : []}
              onPress={() => void answer(status)}
              aria-pressed={shown.mine === status}
            >
              {label}
              {shown.counts[status] > 0 && <span className="small">{shown.counts[status]}</span>}
            </Button>
          ))}
        </div>
      </div>
    </article>
  );
}

import type { Gathering, RsvpStatus } from '@linsta/contracts';
import { useLinsta } from '@linsta/client/react';
import { useRef, useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import { Link } from 'wouter';
import { Name, useNow } from '../ui/people';
import { RichText } from '../ui/rich-text';
import { ErrorNote } from '../ui/states';
import { dayOfMonth, fullTime, monthOf } from '../ui/time';
import { asLinstaError } from '../ui/use-load';

type Answers = Pick<Gathering, 'myRsvp' | 'counts'>;

const CHOICES: [RsvpStatus, string][] = [
  ['going', 'Going'],
  ['maybe', 'Maybe'],
  ['declined', 'Not going'],
];

const withAnswer = ({ myRsvp, counts }: Answers, status: RsvpStatus): Answers => ({
  myRsvp: status,
  counts: { ...counts, [status]: counts[status] + 1, ...(myRsvp !== null && { [myRsvp]: counts[myRsvp] - 1 }) },
});

/**
 * Shows the answer at once and takes it back if the server refuses; of several answers the last one
 * counts.
 */
function useRsvp(event: Gathering, onAnswered: (answers: Answers) => void) {
  const { call } = useLinsta();
  const [pending, setPending] = useState<Answers>();
  const [error, setError] = useState<Error>();
  const presses = useRef(0);
  const shown: Answers = pending ?? event;
  const answer = async (status: RsvpStatus | undefined) => {
    // Pressing the chosen answer again would be no answer, which the server does not know.
    if (status === undefined || status === shown.myRsvp) return;
    const press = (presses.current += 1);
    setError(undefined);
    setPending(withAnswer(shown, status));
    try {
      const { counts } = await call('POST /api/events/:id/rsvp', { params: { id: event._id }, body: { status } });
      if (press === presses.current) onAnswered({ myRsvp: status, counts });
    } catch (failure) {
      if (press === presses.current) setError(asLinstaError(failure));
    } finally {
      if (press === presses.current) setPending(undefined);
    }
  };
  return { shown, error, answer };
}

export function EventCard({ event, onAnswered }: { event: Gathering; onAnswered: (answers: Answers) => void }) {
  const { shown, error, answer } = useRsvp(event, onAnswered);
  const isPast = new Date(event.startsAt).getTime() < useNow();
  return (
    <article className="card event" aria-label={event.title}>
      <div className="event-date" aria-hidden="true">
        <span>{monthOf(event.startsAt)}</span>
        <strong>{dayOfMonth(event.startsAt)}</strong>
      </div>
      <div className="event-body">
        <div>
          <h2 className="wrap">
            <Link href={`/events/${event._id}`}>
              <bdi>{event.title}</bdi>
            </Link>
          </h2>
          <p className="soft small wrap">
            <time dateTime={event.startsAt}>{fullTime(event.startsAt)}</time>
            {event.location !== null && (
              <>
                {' · '}
                <bdi>{event.location}</bdi>
              </>
            )}
            {' · by '}
            <Name>{event.host.name}</Name>
          </p>
        </div>
        {event.description !== null && <RichText text={event.description} />}
        {error !== undefined && <ErrorNote error={error} />}
      </div>
      {isPast ? (
        <p className="event-past soft small">
          {shown.counts.going === 0 ? 'This event is over.' : `This event is over; ${shown.counts.going} said they would come.`}
        </p>
      ) : (
        <ToggleButtonGroup
          className="rsvps"
          aria-label="Are you coming?"
          selectionMode="single"
          selectedKeys={shown.myRsvp === null ? [] : [shown.myRsvp]}
          onSelectionChange={([status]) => void answer(status as RsvpStatus | undefined)}
        >
          {CHOICES.map(([status, label]) => (
            <ToggleButton key={status} id={status} className="button rsvp">
              {label}
              {shown.counts[status] > 0 && <span className="count">{shown.counts[status]}</span>}
            </ToggleButton>
          ))}
        </ToggleButtonGroup>
      )}
    </article>
  );
}

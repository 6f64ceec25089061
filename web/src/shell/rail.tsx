import type { Gathering } from '@linsta/contracts';
import { useLinsta, usePresence, useRooms } from '@linsta/client/react';
import { useCallback, useEffect, useState } from 'react';
import { Link } from 'wouter';
import { Avatar } from '../ui/avatar';
import { Name } from '../ui/people';
import { fullTime } from '../ui/time';
import { useLoad } from '../ui/use-load';

const WIDE = '(min-width: 75rem)';
const EVENTS = 3;
const PEOPLE = 8;

function NextEvents() {
  const { call } = useLinsta();
  const { data } = useLoad(useCallback(() => call('GET /api/events', { query: { limit: 100 } }), [call]));
  const next = (data ?? [])
    .filter((event: Gathering) => new Date(event.startsAt).getTime() > Date.now())
    .sort((a, b) => (a.startsAt < b.startsAt ? -1 : 1))
    .slice(0, EVENTS);
  if (next.length === 0) return null;
  return (
    <section aria-labelledby="rail-events">
      <h2 id="rail-events">Next events</h2>
      <ul>
        {next.map((event) => (
          <li key={event._id}>
            <Link href={`/events/${event._id}`} className="rail-row">
              <span className="grow">
                <strong className="cut" dir="auto">
                  {event.title}
                </strong>
                <span className="soft small">{fullTime(event.startsAt)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function OnlinePeople() {
  const { rooms } = useRooms();
  const people = rooms.flatMap(({ other, _id }) => (other === undefined ? [] : [{ ...other, roomId: _id }])).slice(0, 50);
  const presence = usePresence(people.map(({ _id }) => _id));
  const online = people.filter(({ _id }) => presence[_id]?.status === 'online').slice(0, PEOPLE);
  if (online.length === 0) return null;
  return (
    <section aria-labelledby="rail-online">
      <h2 id="rail-online">Online now</h2>
      <ul>
        {online.map(({ _id, name, roomId }) => (
          <li key={_id}>
            <Link href={`/chat/${roomId}`} className="rail-row">
              <Avatar id={_id} name={name} online small />
              <span className="cut grow">
                <Name>{name}</Name>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Beside the page where there is room for it: upcoming events and users online. */
export function Rail() {
  const [wide, setWide] = useState(() => matchMedia(WIDE).matches);
  useEffect(() => {
    const query = matchMedia(WIDE);
    const onChange = () => setWide(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, []);
  if (!wide) return null;
  return (
    <aside className="rail" aria-label="At a glance">
      <OnlinePeople />
      <NextEvents />
    </aside>
  );
}

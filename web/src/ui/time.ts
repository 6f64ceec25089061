const MINUTE = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const shortDayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const longDayOfYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' });
const full = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });
const fullOfYear = new Intl.DateTimeFormat(undefined, {
  ...{ weekday: 'short', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' },
});
const month = new Intl.DateTimeFormat(undefined, { month: 'short' });

const dayOf = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date: Date) => Math.round((dayOf(new Date()) - dayOf(date)) / 86_400_000);
const isThisYear = (date: Date) => date.getFullYear() === new Date().getFullYear();

export const timeOfDay = (iso: string) => clock.format(new Date(iso));
export const monthOf = (iso: string) => month.format(new Date(iso));
export const dayOfMonth = (iso: string) => new Date(iso).getDate();
/** With the year where it is not this one. */
export const fullTime = (iso: string) => (isThisYear(new Date(iso)) ? full : fullOfYear).format(new Date(iso));
export const sameDay = (a: string, b: string) => dayOf(new Date(a)) === dayOf(new Date(b));

/** "now", "5 min", the time today, else the day. */
export function ago(iso: string): string {
  const date = new Date(iso);
  const minutes = Math.floor((Date.now() - date.getTime()) / MINUTE);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (daysAgo(date) === 0) return clock.format(date);
  if (daysAgo(date) === 1) return 'yesterday';
  return (isThisYear(date) ? shortDay : shortDayOfYear).format(date);
}

/** How long a user has been away: "5 min ago", "yesterday". */
export function activeAgo(iso: string): string {
  const words = ago(iso);
  if (words === 'now') return 'Active a moment ago';
  return words.endsWith('min') ? `Active ${words} ago` : `Active ${words}`;
}

/** Above what happened on a day. */
export function dayName(iso: string): string {
  const date = new Date(iso);
  const days = daysAgo(date);
  if (days === 0) return 'Today';
  return days === 1 ? 'Yesterday' : (isThisYear(date) ? longDay : longDayOfYear).format(date);
}

const MINUTE = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const full = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' });
const month = new Intl.DateTimeFormat(undefined, { month: 'short' });

const dayOf = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
const daysAgo = (date: Date) => Math.round((dayOf(new Date()) - dayOf(date)) / 86_400_000);

export const timeOfDay = (iso: string) => clock.format(new Date(iso));
export const monthOf = (iso: string) => month.format(new Date(iso));
export const dayOfMonth = (iso: string) => new Date(iso).getDate();
export const fullTime = (iso: string) => full.format(new Date(iso));
export const sameDay = (a: string, b: string) => dayOf(new Date(a)) === dayOf(new Date(b));

/** "now", "5 min", the time today, else the day. */
export function ago(iso: string): string {
  const date = new Date(iso);
  const minutes = Math.floor((Date.now() - date.getTime()) / MINUTE);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  if (daysAgo(date) === 0) return clock.format(date);
  return daysAgo(date) === 1 ? 'yesterday' : shortDay.format(date);
}

/** Above the messages of a day. */
export function dayName(iso: string): string {
  const date = new Date(iso);
  const days = daysAgo(date);
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : longDay.format(date);
}

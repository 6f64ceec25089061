/** A message typed on one device; messages are listed in the order of typing. */
export interface Typed {
  device: string;
  chatRoomId: string;
  text: string;
}
export interface Reacted {
  emoji: string;
  userIds: readonly string[];
}
export interface Stored {
  seq: number;
  text: string;
  reactions?: readonly Reacted[] | undefined;
}
export interface Shown {
  text: string;
  status: string;
  error?: { code: string; message: string } | undefined;
  seq?: number | undefined;
  reactions?: readonly Reacted[] | undefined;
}
export interface Outcome {
  typed: Typed[];
  /** By room, as the server pages it. */
  server: Record<string, Stored[]>;
  /** What each device shows, by room. */
  devices: Record<string, Record<string, Shown[]>>;
}
export interface Fault {
  kind: 'lost' | 'doubled' | 'reordered' | 'differs' | 'unexpected' | 'gap';
  what: string;
}

/** Everything of a message that users see, in one line. */
const stateOf = ({ seq, text, reactions = [] }: Stored | Shown): string =>
  [seq, text, ...reactions.map(({ emoji, userIds }) => `${emoji}${userIds.join('+')}`)].join(' ');
/** An edit marks its text; the message is still the one that was typed. */
const EDITED = / \(edited \d+\)$/;
export const typedText = (text: string): string => text.replace(EDITED, '');

const seqsOf = (messages: { seq?: number | undefined }[]) => messages.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));

/**
 * Checks the messages that a device shows at any moment, also during faults: no gap, repeat or step
 * back among the stored ones.
 */
export function checkMoment(device: string, messages: readonly Shown[]): Fault[] {
  const seqs = seqsOf([...messages]);
  const faults: Fault[] = [];
  seqs.forEach((seq, at) => {
    const before = seqs[at - 1];
    if (before === undefined || seq === before + 1) return;
    faults.push({ kind: seq === before ? 'doubled' : seq < before ? 'reordered' : 'gap', what: `${device} shows ${seq} after ${before}` });
  });
  const texts = messages.map(({ text }) => typedText(text));
  for (const text of new Set(texts.filter((text, at) => texts.indexOf(text) !== at)))
    faults.push({ kind: 'doubled', what: `${device} shows “${text}” twice` });
  return faults;
}

/**
 * Checks the state after healing: every typed message is stored exactly once, in the order of its
 * device, and every device shows the state of the server.
 */
export function checkOutcome({ typed, server, devices }: Outcome): Fault[] {
  const faults: Fault[] = [];
  for (const [room, stored] of Object.entries(server)) {
    stored.forEach(({ seq }, at) => {
      if (seq !== at + 1) faults.push({ kind: 'gap', what: `position ${at + 1} of ${room} holds ${seq}` });
    });
    const times = new Map<string, number[]>();
    for (const { text, seq } of stored) times.set(typedText(text), [...(times.get(typedText(text)) ?? []), seq]);
    const typedHere = typed.filter(({ chatRoomId }) => chatRoomId === room);
    for (const { text } of typedHere) {
      const places = times.get(text) ?? [];
      if (places.length === 0) faults.push({ kind: 'lost', what: `“${text}” was never stored` });
      if (places.length > 1) faults.push({ kind: 'doubled', what: `“${text}” was stored as ${places.join(' and ')}` });
    }
    const known = new Set(typedHere.map(({ text }) => text));
    for (const text of times.keys())
      if (!known.has(text)) faults.push({ kind: 'unexpected', what: `“${text}” is stored and was never typed` });
    for (const device of new Set(typedHere.map((entry) => entry.device))) {
      let last = 0;
      for (const { text } of typedHere.filter((entry) => entry.device === device)) {
        const [place] = times.get(text) ?? [];
        if (place === undefined) continue;
        if (place < last) faults.push({ kind: 'reordered', what: `“${text}” of ${device} was stored before a message typed earlier` });
        last = Math.max(last, place);
      }
    }
    for (const [device, rooms] of Object.entries(devices)) {
      const shown = rooms[room];
      if (shown === undefined) continue;
      faults.push(...checkMoment(device, shown));
      const waiting = shown.filter(({ status }) => status !== 'sent');
      if (waiting.length > 0)
        faults.push({
          kind: 'differs',
          what: `${device} still has “${waiting[0]?.text}” as ${waiting[0]?.status} ${waiting[0]?.error?.code ?? ''}`,
        });
      const [held, there] = [shown.map(stateOf), stored.map(stateOf)];
      // A device may hold the newest part alone; this part must equal the end of the server's list.
      const end = there.slice(there.length - held.length);
      const differs = held.findIndex((entry, at) => entry !== end[at]);
      if (differs !== -1 || held.length > there.length || (held.length === 0 && there.length > 0))
        faults.push({
          kind: 'differs',
          what: `${device} shows “${held[differs] ?? 'nothing'}” where the server has “${end[differs] ?? there.at(-1)}”`,
        });
    }
  }
  return faults;
}

/** The last thing that was wanted of a reaction, or of the text of a message. */
export interface Wanted {
  chatRoomId: string;
  seq: number;
  userId: string;
  change: { kind: 'react'; emoji: string; on: boolean } | { kind: 'edit'; text: string };
}

/**
 * Checks the changes after healing. `wanted` has the last wish of each thing that one device alone
 * changed: it is what the server has.
 */
export function checkChanges(wanted: readonly Wanted[], server: Record<string, Stored[]>): Fault[] {
  return wanted.flatMap(({ chatRoomId, seq, userId, change }): Fault[] => {
    const message = server[chatRoomId]?.find((stored) => stored.seq === seq);
    if (change.kind === 'edit')
      return message?.text === change.text ? [] : [{ kind: 'lost', what: `the edit “${change.text}” of ${seq}; it is “${message?.text}”` }];
    const isOn = message?.reactions?.some(({ emoji, userIds }) => emoji === change.emoji && userIds.includes(userId)) === true;
    return isOn === change.on
      ? []
      : [{ kind: 'lost', what: `${change.emoji} of ${userId} at ${seq} should be ${change.on ? 'on' : 'off'}` }];
  });
}

import type { Line } from './history';

/** The state of server and devices after all faults have healed. */
export interface Outcome {
  rooms: { room: string; messages: { seq: number; messageId: string; senderId: string; key: string }[] }[];
  /** Of each device, what it holds of each room: seq and message id, in the order of seq. */
  devices: { device: string; rooms: { room: string; held: [number, string][] }[] }[];
  reads: { user: string; unreadTotal: number; rooms: { room: string; lastSeq: number; unreadCount: number }[] }[];
  /** The inbox of every user; `owners` maps each post to its author. */
  inboxes: { user: string; unread: number; rows: { actor: string; post: string }[] }[];
  owners: Record<string, string>;
  presence: { user: string; connected: boolean; status: 'online' | 'offline' }[];
}
export const FAULTS = ['lost', 'duplicated', 'unexpected', 'reordered', 'gaps', 'unread drift', 'notifications', 'stale presence'] as const;
export type FaultKind = (typeof FAULTS)[number];
export type Report = Record<FaultKind, string[]>;

/** Longest time for which a connected user may be shown offline. */
const FLICKER_MS = 5_000;

const twice = (items: string[]): string[] => {
  const seen = new Set<string>();
  return items.filter((item) => seen.size === seen.add(item).size);
};

function checkMessages(lines: Line[], { rooms, devices }: Outcome, report: Report): void {
  const sends = lines.filter((line) => line.op === 'send');
  const invoked = new Map(
    sends.filter(({ phase }) => phase === 'invoke').map((line, order) => [`${line.room} ${line.key}`, { ...line, order }]),
  );
  const storedRooms = new Map(rooms.map(({ room, messages }) => [room, messages]));

  for (const { room, key, seq, messageId } of sends.filter(({ phase }) => phase === 'ok')) {
    const found = storedRooms.get(room)?.find((message) => message.seq === seq);
    if (found?.messageId !== messageId || found?.key !== key)
      report.lost.push(`acknowledged ${key} is not number ${seq ?? '?'} of ${room}`);
  }
  for (const { room, key } of sends.filter(({ phase }) => phase === 'fail'))
    if (
      storedRooms.get(room)?.some((message) => message.key === key) === true &&
      !sends.some((line) => line.key === key && line.phase === 'ok')
    )
      report.unexpected.push(`refused ${key} is stored in ${room}`);
  for (const { room, messages } of rooms) {
    for (const key of twice(messages.map((message) => `${message.senderId} ${message.key}`)))
      report.duplicated.push(`${key} is stored twice in ${room}`);
    messages.forEach((message, at) => {
      if (message.seq !== at + 1) report.gaps.push(`${room} has number ${message.seq} where ${at + 1} belongs`);
      if (!invoked.has(`${room} ${message.key}`)) report.unexpected.push(`${message.key} is stored in ${room} and was never sent`);
    });
    const bySender = new Map<string, number>();
    for (const { key } of messages) {
      const sent = invoked.get(`${room} ${key}`);
      if (sent === undefined) continue;
      if (sent.order < (bySender.get(sent.device) ?? -1))
        report.reordered.push(`${key} is stored after a later message of ${sent.device} in ${room}`);
      bySender.set(sent.device, Math.max(sent.order, bySender.get(sent.device) ?? -1));
    }
  }
  for (const { device, rooms: views } of devices)
    for (const { room, held } of views) {
      const stored = new Map((storedRooms.get(room) ?? []).map((message) => [message.seq, message.messageId]));
      const has = new Map(held);
      for (const seq of stored.keys()) if (!has.has(seq)) report.lost.push(`${device} lacks number ${seq} of ${room}`);
      for (const [seq, messageId] of held)
        if (stored.get(seq) !== messageId)
          report.unexpected.push(`${device} holds ${messageId} as number ${seq} of ${room}, which is not stored so`);
    }
  for (const copy of twice(lines.flatMap((line) => (line.op === 'receive' ? [`${line.device} ${line.socket} ${line.messageId}`] : []))))
    report.duplicated.push(`pushed twice to one socket: ${copy}`);
  for (const line of lines)
    if (line.op === 'conflict') report.reordered.push(`${line.device} saw two messages as number ${line.seq} of ${line.room}`);
}

function checkUnread(lines: Line[], { reads, inboxes }: Outcome, report: Report): void {
  for (const { user, unreadTotal, rooms } of reads) {
    for (const { room, lastSeq, unreadCount } of rooms) {
      // An unanswered read may have moved the read mark all the same.
      let [surely, possibly] = [0, 0];
      for (const line of lines) {
        if ((line.op !== 'read' && line.op !== 'send') || line.user !== user || line.room !== room || line.seq === undefined) continue;
        if (line.phase === 'ok') surely = Math.max(surely, line.seq);
        possibly = Math.max(possibly, line.seq);
      }
      const read = lastSeq - unreadCount;
      if (read < surely || read > Math.max(surely, possibly))
        report['unread drift'].push(`${user} has read ${read} of ${room} where ${surely} to ${possibly} was read`);
    }
    const sum = rooms.reduce((total, { unreadCount }) => total + unreadCount, 0);
    if (unreadTotal !== sum) report['unread drift'].push(`${user} has ${unreadTotal} unread in total where the rooms have ${sum}`);
  }
  for (const { user, unread, rows } of inboxes)
    if (unread !== rows.length) report['unread drift'].push(`${user} has an unread count of ${unread} where the inbox has ${rows.length}`);
}

function checkNotifications(lines: Line[], { inboxes, owners }: Outcome, report: Report): void {
  const liked = new Set<string>();
  const maybe = new Set<string>();
  for (const line of lines)
    if (line.op === 'like' && owners[line.post] !== line.user)
      (line.phase === 'ok' ? liked : maybe).add(`${owners[line.post] ?? ''} ${line.user} ${line.post}`);
  const listed = inboxes.flatMap(({ user, rows }) => rows.map(({ actor, post }) => `${user} ${actor} ${post}`));
  const known = new Set(listed);
  for (const entry of liked) if (!known.has(entry)) report.notifications.push(`missing: ${entry}`);
  for (const entry of known) if (!liked.has(entry) && !maybe.has(entry)) report.notifications.push(`unexpected: ${entry}`);
  for (const entry of twice(listed)) report.notifications.push(`twice: ${entry}`);
  for (const copy of twice(
    lines.flatMap((line) => (line.op === 'notification' ? [`${line.device} ${line.socket} ${line.notificationId}`] : [])),
  ))
    report.duplicated.push(`notified twice on one socket: ${copy}`);
}

function checkPresence(lines: Line[], { presence }: Outcome, report: Report): void {
  for (const { user, connected, status } of presence)
    if (connected !== (status === 'online'))
      report['stale presence'].push(`${user} is shown ${status} and is ${connected ? '' : 'not '}connected`);
  /** Since when each device is connected without a break; undefined while it is not. */
  const since = new Map<string, { user: string; at: number }>();
  /** Since when each watcher is shown a user offline. */
  const offlineSince = new Map<string, number>();
  const flag = (watcher: string, user: string, from: number, to: number) => {
    const steady = [...since.values()].some((device) => device.user === user && device.at < from);
    if (steady && to - from > FLICKER_MS)
      report['stale presence'].push(`${watcher} was shown ${user} offline for ${to - from} ms while connected`);
  };
  for (const line of lines) {
    if (line.op === 'connect') since.set(line.device, { user: line.user, at: line.at });
    if (line.op === 'disconnect') since.delete(line.device);
    if (line.op !== 'presence') continue;
    const key = `${line.watcher} ${line.user}`;
    const from = offlineSince.get(key);
    if (line.status === 'offline' && from === undefined) offlineSince.set(key, line.at);
    if (line.status === 'online' && from !== undefined) {
      offlineSince.delete(key);
      flag(line.watcher, line.user, from, line.at);
    }
  }
}

/**
 * Lists every broken promise as a sentence, by kind; all lists are empty after a correct run.
 */
export function check(lines: Line[], outcome: Outcome): Report {
  const report = Object.fromEntries(FAULTS.map((kind) => [kind, [] as string[]])) as Report;
  checkMessages(lines, outcome, report);
  checkUnread(lines, outcome, report);
  checkNotifications(lines, outcome, report);
  checkPresence(lines, outcome, report);
  return report;
}
export const countOf = (report: Report): number => FAULTS.reduce((sum, kind) => sum + report[kind].length, 0);
/** `lost 0, duplicated 0, ...`, then examples of each kind. */
export const toText = (report: Report, examples = 5): string =>
  [
    FAULTS.map((kind) => `${kind} ${report[kind].length}`).join(', '),
    ...FAULTS.flatMap((kind) => report[kind].slice(0, examples).map((sentence) => `  ${kind}: ${sentence}`)),
  ].join('\n');

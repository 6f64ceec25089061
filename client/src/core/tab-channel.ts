/** Messages between the tabs of one browser that are open on the same origin. */
export interface TabChannel<T> {
  post(message: T): void;
  close(): void;
}
export type OpenTabChannel = <T>(name: string, onMessage: (message: T) => void) => TabChannel<T> | undefined;

/** Undefined outside a browser and where the browser forbids it: this tab is then alone. */
export const openTabChannel: OpenTabChannel = <T>(name: string, onMessage: (message: T) => void): TabChannel<T> | undefined => {
  if (typeof window === 'undefined' || typeof BroadcastChannel === 'undefined') return undefined;
  try {
    const channel = new BroadcastChannel(name);
    channel.addEventListener('message', ({ data }: MessageEvent<T>) => onMessage(data));
    return { post: (message) => channel.postMessage(message), close: () => channel.close() };
  } catch {
    return undefined;
  }
};

/** Parts of a browser that Node, React Native and other runtimes lack in part or whole. */
interface Page {
  location?: { origin?: string };
  document?: Partial<Pick<Document, 'visibilityState' | 'addEventListener' | 'removeEventListener'>>;
  addEventListener?: (name: string, listener: (event: never) => void) => void;
  removeEventListener?: (name: string, listener: (event: never) => void) => void;
}
const page = () => globalThis as unknown as Page;

export const pageOrigin = (): string | undefined => page().location?.origin;
export const isPageVisible = (): boolean => page().document?.visibilityState === 'visible';

/**
 * Listens to events of the window; answers a function that stops it. No effect outside a browser.
 */
export function onWindow<E>(name: string, listener: (event: E) => void): () => void {
  page().addEventListener?.(name, listener);
  return () => page().removeEventListener?.(name, listener);
}

/** Calls `listener` each time that the page becomes visible; answers a function that stops it. */
export function onVisible(listener: () => void): () => void {
  const onChange = () => {
    if (isPageVisible()) listener();
  };
  page().document?.addEventListener?.('visibilitychange', onChange);
  return () => page().document?.removeEventListener?.('visibilitychange', onChange);
}

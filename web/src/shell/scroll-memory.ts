import { useLayoutEffect, type RefObject } from 'react';
import { useLocation } from 'wouter';

/** A page that is loaded anew grows for a while; its place is restored until then. */
const RESTORE_MS = 1_500;
const KEPT = 50;
const places = new Map<string, number>();
let wentBack = false;
addEventListener('popstate', () => (wentBack = true));

/** A new page begins at its top; the way back leads to the place where it was left. */
export function useScrollMemory(scroller: RefObject<HTMLElement | null>): void {
  const [location] = useLocation();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const target = wentBack ? (places.get(location) ?? 0) : 0;
    wentBack = false;
    element.scrollTop = target;
    const until = performance.now() + RESTORE_MS;
    let frame = 0;
    const restore = () => {
      if (Math.abs(element.scrollTop - target) > 2) element.scrollTop = target;
      if (target > 0 && element.scrollTop < target - 2 && performance.now() < until) frame = requestAnimationFrame(restore);
    };
    frame = requestAnimationFrame(restore);
    const stop = () => cancelAnimationFrame(frame);
    const remember = () => {
      places.delete(location);
      places.set(location, element.scrollTop);
      const [oldest] = places.size > KEPT ? places.keys() : [];
      if (oldest !== undefined) places.delete(oldest);
    };
    element.addEventListener('scroll', remember, { passive: true });
    for (const name of ['wheel', 'touchmove', 'keydown']) element.addEventListener(name, stop, { passive: true });
    return () => {
      stop();
      element.removeEventListener('scroll', remember);
      for (const name of ['wheel', 'touchmove', 'keydown']) element.removeEventListener(name, stop);
    };
  }, [location, scroller]);
}

import { useEffect } from 'react';
import { basePath } from '../settings';
import { showUnread } from '../ui/page-title';

const FAVICON = `${basePath}/favicon.svg`;

/** The tab's icon with the number in its corner. */
function draw(unread: number): string {
  const label = unread > 99 ? '99' : String(unread);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="#c2410c"/><text x="16" y="23" font-family="sans-serif" font-size="19" font-weight="700" fill="#fff" text-anchor="middle">${label}</text></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
const show = (unread: number) => {
  showUnread(unread);
  document.querySelector('link[rel="icon"]')?.setAttribute('href', unread > 0 ? draw(unread) : FAVICON);
};

/** Shows the unread count in the title and icon of the browser's tab. */
export function useUnreadInTab(unread: number): void {
  useEffect(() => show(unread), [unread]);
  useEffect(() => () => show(0), []);
}

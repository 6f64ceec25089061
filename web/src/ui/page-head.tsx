import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon } from './icons';
import { usePageTitle } from './page-title';

/** A page's name, the way back where there is one, and what can be done here. */
export function PageHead({
  title,
  tabTitle = title,
  back,
  children,
}: {
  title: string;
  /** More exact than the heading, for the browser's tab and history. */
  tabTitle?: string;
  back?: { href: string; label: string };
  children?: ReactNode;
}) {
  usePageTitle(tabTitle);
  return (
    <div className="page-head">
      {back !== undefined && (
        <Link href={back.href} className="back" aria-label={back.label} title={back.label}>
          <Icon name="back" />
        </Link>
      )}
      <h1 className="grow">{title}</h1>
      {children}
    </div>
  );
}

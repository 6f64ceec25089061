import type { ReactNode } from 'react';
import { basePath } from '../settings';
import { usePageTitle } from '../ui/page-title';

/** A page for people who are not signed in. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  usePageTitle(title);
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="brand">
          <img src={`${basePath}/favicon.svg`} alt="" />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

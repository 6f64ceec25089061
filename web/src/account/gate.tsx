import { useEffect, type ReactNode } from 'react';

/** The page before one is in. */
export function Gate({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Linsta`;
  }, [title]);
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="brand">
          <img src="/favicon.svg" alt="" />
          <h1>{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

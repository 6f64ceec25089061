import { useEffect, useState } from 'react';
import { basePath } from '../settings';

export interface DemoUser {
  name: string;
  email: string;
  password: string;
}

/** Ready accounts, on an installation that has them; elsewhere none. */
export async function fetchDemoUsers(): Promise<DemoUser[]> {
  try {
    const response = await fetch(`${basePath}/demo-users.json`);
    return response.ok && response.headers.get('content-type')?.includes('json') === true ? ((await response.json()) as DemoUser[]) : [];
  } catch {
    return [];
  }
}

/** Undefined until it is known. */
export function useDemoUsers(): DemoUser[] | undefined {
  const [users, setUsers] = useState<DemoUser[]>();
  useEffect(() => {
    void fetchDemoUsers().then(setUsers);
  }, []);
  return users;
}

import { isDemoPassword } from './demo';

let known: Promise<ReadonlySet<string>> | undefined;

/** 49,000 passwords, most common first, from the lists of zxcvbn. Loaded at the first use: 5 MB. */
async function load(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return new Set<string>(dictionary['passwords-common'].map(String));
}

/** Whether attackers try this password first. Case is ignored. */
export async function isCommonPassword(password: string): Promise<boolean> {
  known ??= load();
  return isDemoPassword(password) || (await known).has(password.normalize('NFKC').toLowerCase());
}

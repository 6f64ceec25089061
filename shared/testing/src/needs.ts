/**
 * `describe` for a suite that needs something of the machine: runs it, or skips it by name with the
 * reason. Where nothing may be skipped (LINSTA_CI), a missing part is a failure.
 */
export function describeWith(missing: string | undefined, name: string, suite: () => void): void {
  if (missing === undefined) describe(name, suite);
  else if (process.env.LINSTA_CI === undefined) describe.skip(`${name} (skipped: ${missing})`, suite);
  else
    describe(name, () => {
      test('when nothing may be skipped, then what it needs is there', () => {
        throw new Error(missing);
      });
    });
}

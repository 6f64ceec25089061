import { branch, hashOf, newToken, rotate, standingOf, type RefreshChain } from '../src/sessions/refresh-chain';

const SID = 'a'.repeat(24);
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);
const open = () => {
  const token = newToken(SID);
  return { token, chain: { current: hashOf(token), replaced: [] } as RefreshChain };
};

describe('given a token that was replaced', () => {
  test('when its successor is unused, then it leads to the successor, however late', () => {
    const { token, chain } = open();
    const first = rotate(chain, SID, token, at(0));
    expect(standingOf(first.chain, SID, token, at(1_000_000))).toEqual({ kind: 'replaced', newest: first.next });
  });
  test('when its successor was used less than 60 s ago, then it leads to the newest token', () => {
    const { token, chain } = open();
    const first = rotate(chain, SID, token, at(0));
    const second = rotate(first.chain, SID, first.next, at(1_000));
    expect(standingOf(second.chain, SID, token, at(1_059))).toEqual({ kind: 'replaced', newest: second.next });
    expect(standingOf(second.chain, SID, first.next, at(9_999))).toEqual({ kind: 'replaced', newest: second.next });
  });
  test('when its successor was used 60 s ago, then it is reused; a token of no session is unknown', () => {
    const { token, chain } = open();
    const first = rotate(chain, SID, token, at(0));
    const second = rotate(first.chain, SID, first.next, at(1_000));
    expect(standingOf(second.chain, SID, token, at(1_060))).toEqual({ kind: 'reused' });
    expect(standingOf(second.chain, SID, newToken(SID), at(1_060))).toEqual({ kind: 'unknown' });
  });
  test('when the successor cannot be derived, then it is replaced by an unrelated token, and both lead on', () => {
    const { token, chain } = open();
    // As version 0.2 stored it: hashes only.
    const old: RefreshChain = { current: hashOf('successor'), replaced: [{ hash: chain.current }] };
    expect(standingOf(old, SID, token, at(0))).toEqual({ kind: 'replaced', newest: undefined });
    const branched = branch(old, SID);
    expect(standingOf(branched.chain, SID, 'successor', at(0))).toEqual({ kind: 'replaced', newest: undefined });
    expect(standingOf(branched.chain, SID, branched.next, at(0))).toEqual({ kind: 'current' });
    const used = rotate(branched.chain, SID, branched.next, at(0));
    expect(standingOf(used.chain, SID, token, at(60))).toEqual({ kind: 'reused' });
  });
});

test('given many rotations, then the chain is bounded', () => {
  let { token, chain } = open();
  for (let n = 0; n < 200; n += 1) ({ chain, next: token } = rotate(chain, SID, token, at(n)));
  expect(chain.replaced).toHaveLength(50);
  expect(standingOf(chain, SID, token, at(200))).toEqual({ kind: 'current' });
});

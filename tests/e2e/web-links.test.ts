import { isOnlyEmoji, lengthOf, splitLinks } from '../../web/src/ui/links';

const linksOf = (text: string) => splitLinks(text).flatMap((part) => (part.kind === 'link' ? [`${part.text} > ${part.href}`] : []));

test.each<[string, string[]]>([
  ['see https://example.com.', ['https://example.com > https://example.com']],
  ['HTTPS://EXAMPLE.COM/A', ['HTTPS://EXAMPLE.COM/A > HTTPS://EXAMPLE.COM/A']],
  ['www.example.com, and more', ['www.example.com > https://www.example.com']],
  [
    '(https://en.wikipedia.org/wiki/Linz_(Austria))',
    ['https://en.wikipedia.org/wiki/Linz_(Austria) > https://en.wikipedia.org/wiki/Linz_(Austria)'],
  ],
  ['「https://例え.jp/路」です', ['https://例え.jp/路 > https://例え.jp/路']],
  ['https://example.com/你好。再见', ['https://example.com/你好 > https://example.com/你好']],
  ['two: http://a.example http://b.example!', ['http://a.example > http://a.example', 'http://b.example > http://b.example']],
  ['javascript:alert(1) and swww.example.com and https://', []],
  ['a@www.example.com', []],
])('given %j, then its links are %j', (text, links) => {
  expect(linksOf(text)).toEqual(links);
  expect(
    splitLinks(text)
      .map((part) => part.text)
      .join(''),
  ).toBe(text);
});

test.each([
  ['❤\ufe0f', true],
  ['🇩🇪', true],
  ['👨‍👩‍👧 👍🏽', true],
  ['🏴󠁧󠁢󠁳󠁣󠁴󠁿', true],
  ['1️⃣', true],
  ['😀😀😀', true],
  ['😀😀😀😀', false],
  ['ok 😀', false],
  ['12', false],
  ['', false],
])('given %j, then it is shown large: %s', (text, large) => expect(isOnlyEmoji(text)).toBe(large));

test('given emoji, then they count as the server counts', () => expect(lengthOf(' 😀a ')).toBe(2));

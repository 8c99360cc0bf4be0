import { describe, expect, it } from 'vitest';
import { parseRange } from '../../../src/files/byte-range.ts';
import { assertFileName, givenNameOf, storedNameOf } from '../../../src/files/file-name.ts';
import { assertAllowedType, servedTypeOf } from '../../../src/files/file-type.ts';

describe('a name', () => {
  it.for(['a', '_a', '9', 'a b~c@d-e_f.txt', 'a'.repeat(128)])('is taken: %.20s', (name) => {
    expect(() => {
      assertFileName(name);
    }).not.toThrow();
  });

  it.for(['', ' a', '~a', 'a/b', 'a\\b', 'a\n', 'a%20', 'a'.repeat(129)])(
    'is refused: %.20j',
    (name) => {
      expect(() => {
        assertFileName(name);
      }).toThrow(/Filename/);
    },
  );

  it('is stored behind a random part, which its reader does not see', () => {
    const names = [1, 2].map(() => storedNameOf('cat.png', '', { preserveFileName: false }));
    expect(new Set(names).size).toBe(2);
    expect(names.map(givenNameOf)).toEqual(['cat.png', 'cat.png']);
    expect(givenNameOf(`folder/${names[0]!}`)).toBe('cat.png');
    expect(givenNameOf('cat.png')).toBe('cat.png');
    expect(storedNameOf('cat.png', 'text/plain', { preserveFileName: true })).toBe('cat.png');
  });
});

describe('a type', () => {
  const onlyPng = { extensions: [/^png$/] };
  it('is judged by the extension, else by the content type', () => {
    const judge = (name: string, type: string) => () => {
      assertAllowedType(name, type, onlyPng);
    };
    expect(judge('a.png', 'text/html')).not.toThrow();
    expect(judge('a', 'image/png')).not.toThrow();
    expect(judge('a', '')).not.toThrow();
    expect(judge('a', 'text/html')).toThrow('File upload of extension html is disabled.');
    expect(judge('a.jpg', 'image/png')).toThrow('File upload of extension jpg is disabled.');
    expect(() => {
      assertAllowedType('a.html', 'nonsense', { extensions: undefined });
    }).not.toThrow();
  });

  it.for([
    ['a.html', false],
    ['a.svg', false],
    ['a.xml', false],
    ['a.js', false],
    ['a.unknownkind', false],
    ['a.png', true],
    ['a.mp4', true],
    ['a.pdf', true],
    ['a.txt', true],
  ] as const)('is opened in the browser only where that runs no code: %s', ([name, isHarmless]) => {
    expect(servedTypeOf(name).isHarmless).toBe(isHarmless);
  });
});

describe('a range', () => {
  it.for([
    ['bytes=0-4', { start: 0, end: 5 }],
    ['bytes=9-', { start: 9, end: 10 }],
    ['bytes=-3', { start: 7, end: 10 }],
    ['bytes=-30', { start: 0, end: 10 }],
    ['bytes=2-99', { start: 2, end: 10 }],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-0', 'unsatisfiable'],
    ['bytes=3-2', 'whole'],
    ['bytes=0-1,2-3', 'whole'],
    ['bytes=-', 'whole'],
    ['lines=0-1', 'whole'],
    [undefined, 'whole'],
  ] as const)('%s of ten bytes', ([header, range]) => {
    expect(parseRange(header, 10)).toEqual(range);
  });

  it('of nothing is nothing', () => {
    expect(parseRange('bytes=0-', 0)).toBe('unsatisfiable');
  });
});

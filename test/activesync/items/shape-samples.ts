/** Every message of the corpus, rendered for every version, with and without truncation, with flags; and what is found in that. */
import { expect } from 'vitest';
import { children, type Element, type ProtocolVersion, type TagName } from '../../../lib/activesync/protocol/index.ts';
import { CORPUS_NAMES, corpus, preference, rendered, VERSIONS } from './support.ts';

const FLAGS = [
  '\\Flagged',
  '\\Answered',
  'Work',
  '$CvFlag-D.mm2sqtc0.mm2sqtc0.mm2sqtc0.mm2sqtc0',
  '$CvFlag-R.1.mm2sqtc0',
  '$CvFlag-O.mm2sqtc0',
  '$CvFlag-S0.gu2tknjv',
];
const COMPLETE = ['\\Seen', '$Forwarded', '$CvFlag-C.mm2sqtc0.mm2sqtc0'];

export interface Sample {
  readonly version: ProtocolVersion;
  readonly data: Element;
}

const part = { bodyParts: [preference(2, 200, false, 40)] };
export const samples: readonly Sample[] = VERSIONS.flatMap((version) =>
  CORPUS_NAMES.flatMap((name) => {
    const raw = corpus(name);
    return [
      rendered(raw, {
        version,
        flags: FLAGS,
        options: { bodies: [preference(1, 100), preference(2, 100, false, 80)], ...part },
      }),
      rendered(raw, { version, flags: COMPLETE, options: { bodies: [preference(2)], ...part } }),
      rendered(raw, {
        version,
        flags: ['\\Draft'],
        options: { mimeSupport: 2, bodies: [preference(4, 500, false, 20)], ...part },
      }),
      rendered(raw, { version, flags: [], options: { mimeSupport: 1, bodies: [preference(4), preference(1)] } }),
    ].map((data) => ({ version, data }));
  }),
);

export interface Found {
  readonly it: Element;
  readonly parent: Element;
  readonly version: ProtocolVersion;
}

function collect(): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>();
  for (const { version, data } of samples) {
    const visit = (parent: Element) => {
      for (const it of children(parent)) {
        const key = `${parent.tag}/${it.tag}`;
        const list = found.get(key) ?? [];
        found.set(key, list);
        list.push({ it, parent, version });
        visit(it);
      }
    };
    visit(data);
  }
  return found;
}

export const FOUND = collect();
export const at = (parent: TagName, tag: TagName): readonly Found[] => {
  const found = FOUND.get(`${parent}/${tag}`) ?? [];
  expect(found.length, `no ${tag} in any ${parent}`).toBeGreaterThan(0);
  return found;
};
export const anywhere = (tag: TagName): boolean => [...FOUND.keys()].some((key) => key.endsWith(`/${tag}`));

export const nameOf = (tag: string): string => tag.split(':')[1] ?? tag;

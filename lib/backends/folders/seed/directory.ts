/** The seeded directory: the people of the seeded mailboxes, as vCards. */
import { PEOPLE } from './people.ts';

/** In the root of seeded folders. */
export const SEEDED_DIRECTORY = 'directory.vcf';

const OFFICES = ['Room 101', 'Room 204', 'Harbour office'] as const;

export const directoryCards = (): string =>
  Object.values(PEOPLE)
    .map((person, index) => {
      const [, name = '', address = ''] = /^"?(.*?)"? <(.*)>$/.exec(person) ?? [];
      const [last, first] = name.includes(', ') ? name.split(', ') : [name.split(' ').at(-1), name.split(' ')[0]];
      return [
        'BEGIN:VCARD',
        'VERSION:4.0',
        `FN:${escaped(name)}`,
        `N:${escaped(last ?? '')};${escaped(first ?? '')};;;`,
        `EMAIL:${address}`,
        `ORG:${escaped(address.split('@')[1]?.split('.')[0] ?? '')}`,
        `X-OFFICE:${OFFICES[index % OFFICES.length]}`,
        `TEL;TYPE=work:+1 555 01${String(index).padStart(2, '0')}`,
        'END:VCARD',
        '',
      ].join('\r\n');
    })
    .join('');

const escaped = (text: string): string => text.replace(/[\\,;]/g, '\\$&');

/** The people of the directory's contract as vCards, of both versions that are about; one of them has no address. */
import { ADA, CERTIFICATE, CREW_COUNT, crewName, PHOTO } from './directory.ts';

const card = (...lines: readonly string[]) => ['BEGIN:VCARD', ...lines, 'END:VCARD', ''].join('\r\n');
export const CARDS = [
  card(
    'VERSION:3.0',
    `FN:${ADA.displayName}`,
    'N:Lovelace;Ada;;;',
    `NICKNAME:${ADA.alias}`,
    `EMAIL;TYPE=INTERNET:${ADA.email}`,
    `TITLE:${ADA.title}`,
    `ORG:${ADA.company};Analysis`,
    `X-OFFICE:${ADA.office}`,
    `TEL;TYPE=WORK,VOICE:${ADA.phone}`,
    `TEL;TYPE=HOME:${ADA.homePhone}`,
    `TEL;TYPE=CELL:${ADA.mobilePhone}`,
    `PHOTO;ENCODING=b;TYPE=JPEG:${PHOTO.toString('base64')}`,
    `KEY;ENCODING=b;TYPE=X509:${CERTIFICATE.toString('base64')}`,
  ),
  card('VERSION:4.0', 'FN:Gråce Höpper', 'EMAIL:grace@example.org', 'PHOTO:https://example.org/grace.jpg'),
  card('VERSION:4.0', 'FN:Nobody'),
  ...Array.from({ length: CREW_COUNT }, (_, number) =>
    card('VERSION:4.0', `FN:${crewName(number)}`, `EMAIL:crew${number}@example.org`),
  ),
];

// What fewer sites have: notes in a folder of a real Dovecot; on a real Radicale the directory, and a contact that is too large.
import { afterAll, beforeAll, describe } from 'vitest';
import { describeDirectoryJourney, putBusyHour } from '../support/end-to-end/directory-journey.ts';
import { describeLargePhotoJourney, putContacts } from '../support/end-to-end/large-photo-journey.ts';
import { notesInMail } from '../support/end-to-end/mail-system.ts';
import { describeNotesJourney } from '../support/end-to-end/notes-journey.ts';
import { Served, TOPOLOGIES } from '../support/end-to-end/served.ts';

const START_LIMIT_MS = 300_000;

let mail: Awaited<ReturnType<typeof notesInMail>>;
beforeAll(async () => {
  mail = await notesInMail();
  await putBusyHour(mail.radicale);
  await putContacts(mail.radicale);
}, START_LIMIT_MS);
afterAll(() => mail?.stop());

describe.each(TOPOLOGIES)('%s', (topology) => {
  let served: Served;
  beforeAll(async () => {
    served = await Served.start(topology, mail);
  }, START_LIMIT_MS);
  afterAll(async () => {
    if (served) process.stdout.write(`Notes in mail, ${topology}: ${await served.stop()}\n`);
  }, START_LIMIT_MS);

  const isAdas = topology === 'a standalone server';
  describeNotesJourney(() => ({
    device: () => served.device({ version: '14.1', user: isAdas ? 'ada' : 'bob' }),
    other: isAdas ? mail.other : mail.othersOfBob,
  }));
  describeDirectoryJourney(() => served);
  describeLargePhotoJourney(() => served);
});

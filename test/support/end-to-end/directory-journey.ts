/** Whom a phone finds in the organisation's directory, an address book on a CardDAV server: Search, Find and ResolveRecipients. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../../lib/activesync/client/index.ts';
import {
  bytes,
  child,
  children,
  element,
  type Element,
  type TagName,
  text,
} from '../../../lib/activesync/protocol/index.ts';
import { eventText } from '../../contract/resources.ts';
import { ADA, CERTIFICATE, PHOTO } from '../../contract/directory.ts';
import type { Radicale } from '../radicale.ts';
import type { Served } from './served.ts';

const PATIENCE = { timeout: 120_000 };
const ENTRY: Readonly<Record<string, string>> = {
  'GAL:DisplayName': ADA.displayName,
  'GAL:Phone': ADA.phone,
  'GAL:Office': ADA.office,
  'GAL:Title': ADA.title,
  'GAL:Company': ADA.company,
  'GAL:Alias': ADA.alias,
  'GAL:FirstName': ADA.firstName,
  'GAL:LastName': ADA.lastName,
  'GAL:HomePhone': ADA.homePhone,
  'GAL:MobilePhone': ADA.mobilePhone,
  'GAL:EmailAddress': ADA.email,
};

/** Ada is busy from 10 to 11 on 24 November. */
export const putBusyHour = (radicale: Radicale): Promise<void> =>
  radicale.put('ada', 'default', 'busy.ics', eventText('busy'));

export function describeDirectoryJourney(served: () => Served): void {
  describe('the directory in an address book', () => {
    let phone: DeviceClient;
    beforeAll(() => {
      phone = served().device({ version: '16.1' });
    });
    const ask = async (command: 'Search' | 'Find' | 'ResolveRecipients', document: Element) => {
      const { document: answer } = await phone.raw(command, { document });
      if (answer === undefined) throw new Error(`${command} has no answer`);
      return answer;
    };
    const at = (from: Element | undefined, ...path: readonly TagName[]) =>
      path.reduce<Element | undefined>((it, tag) => child(it, tag), from);
    const entryOf = (properties: Element | undefined) =>
      Object.fromEntries(Object.keys(ENTRY).map((tag) => [tag, text(properties, tag as TagName)]));
    /** Of Search and Find alike. */
    const expectAda = (properties: Element | undefined) => {
      expect(entryOf(properties)).toEqual(ENTRY);
      expect(text(at(properties, 'GAL:Picture'), 'GAL:Status')).toBe('1');
      expect(Buffer.from(bytes(at(properties, 'GAL:Picture'), 'GAL:Data') ?? [])).toEqual(PHOTO);
    };

    it('MS-ASCMD_R5711: Search finds a person by the beginning of a word, with the photo', PATIENCE, async () => {
      const query = (words: string) =>
        element(
          'Search:Search',
          element(
            'Search:Store',
            element('Search:Name', 'GAL'),
            element('Search:Query', words),
            element('Search:Options', element('Search:Range', '0-9'), element('Search:Picture')),
          ),
        );
      const store = at(await ask('Search', query('lovel')), 'Search:Response', 'Search:Store');
      expect([text(store, 'Search:Range'), text(store, 'Search:Total')]).toEqual(['0-0', '1']);
      expectAda(at(store, 'Search:Result', 'Search:Properties'));
      const nobody = at(await ask('Search', query('nobody')), 'Search:Response', 'Search:Store');
      expect(text(nobody, 'Search:Total')).toBe('0');
    });

    it('MS-ASCMD_R1002501: Find finds the same', PATIENCE, async () => {
      const answer = await ask(
        'Find',
        element(
          'Find:Find',
          element('Find:SearchId', 'D1'),
          element(
            'Find:ExecuteSearch',
            element(
              'Find:GALSearchCriterion',
              element('Find:Query', 'ada love'),
              element('Find:Options', element('Find:Range', '0-9'), element('Find:Picture')),
            ),
          ),
        ),
      );
      const response = at(answer, 'Find:Response');
      expect([text(response, 'Find:Range'), text(response, 'Find:Total')]).toEqual(['0-0', '1']);
      expectAda(at(response, 'Find:Result', 'Find:Properties'));
    });

    it('MS-ASCMD_R343: ResolveRecipients tells of certificates, photos and busy times', PATIENCE, async () => {
      const answer = await ask(
        'ResolveRecipients',
        element(
          'ResolveRecipients:ResolveRecipients',
          ['lovelace', 'grace@example.org', 'zzz'].map((it) => element('ResolveRecipients:To', it)),
          element(
            'ResolveRecipients:Options',
            element('ResolveRecipients:CertificateRetrieval', '2'),
            element(
              'ResolveRecipients:Availability',
              element('ResolveRecipients:StartTime', '2026-11-24T09:00:00.000Z'),
              element('ResolveRecipients:EndTime', '2026-11-24T12:00:00.000Z'),
            ),
            element('ResolveRecipients:Picture'),
          ),
        ),
      );
      const responses = children(answer, 'ResolveRecipients:Response');
      expect(responses.map((it) => text(it, 'ResolveRecipients:Status'))).toEqual(['1', '1', '4']);
      const [ada, grace] = responses.map((it) => at(it, 'ResolveRecipients:Recipient'));
      expect(text(ada, 'ResolveRecipients:EmailAddress')).toBe(ADA.email);
      // Ten to eleven, by the half hour from nine on. Of Grace a server that lets nobody schedule tells nothing: 163.
      expect(text(at(ada, 'ResolveRecipients:Availability'), 'ResolveRecipients:MergedFreeBusy')).toBe('002200');
      expect(text(at(grace, 'ResolveRecipients:Availability'), 'ResolveRecipients:Status')).toBe('163');
      const certificates = at(ada, 'ResolveRecipients:Certificates');
      const certificate = text(certificates, 'ResolveRecipients:Certificate') ?? '';
      expect(Buffer.from(certificate, 'base64')).toEqual(CERTIFICATE);
      expect(text(at(grace, 'ResolveRecipients:Certificates'), 'ResolveRecipients:Status')).toBe('7');
      const photo = bytes(at(ada, 'ResolveRecipients:Picture'), 'ResolveRecipients:Data');
      expect(Buffer.from(photo ?? [])).toEqual(PHOTO);
    });
  });
}

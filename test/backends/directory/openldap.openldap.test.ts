// The directory by LDAP, against a real OpenLDAP that answers at most 50 entries to who does not ask for pages.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LdapDirectory, type LdapOptions } from '../../../lib/backends/index.ts';
import { ADA, CERTIFICATE, CREW_COUNT, crewName, describeDirectoryContract, PHOTO } from '../../contract/directory.ts';
import { BASE_DN, BIND_DN, BIND_PASSWORD, OpenLdap } from '../../support/openldap.ts';

const entry = (uid: string, lines: readonly string[]) =>
  [`dn: uid=${uid},ou=people,${BASE_DN}`, 'objectClass: inetOrgPerson', `uid: ${uid}`, ...lines, ''].join('\n');
const base64 = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('base64');

const PEOPLE = [
  entry('ada', [
    'cn: Ada Lovelace',
    `displayName: ${ADA.displayName}`,
    `givenName: ${ADA.firstName}`,
    `sn: ${ADA.lastName}`,
    `mail: ${ADA.email}`,
    `title: ${ADA.title}`,
    `o: ${ADA.company}`,
    `physicalDeliveryOfficeName: ${ADA.office}`,
    `telephoneNumber: ${ADA.phone}`,
    `homePhone: ${ADA.homePhone}`,
    `mobile: ${ADA.mobilePhone}`,
    `jpegPhoto:: ${base64(PHOTO)}`,
    `userCertificate;binary:: ${base64(CERTIFICATE)}`,
  ]),
  entry('grace', [`cn:: ${base64('Gråce Höpper')}`, `sn:: ${base64('Höpper')}`, 'mail: grace@example.org']),
  entry('nobody', ['cn: Nobody', 'sn: Nobody']),
  ...Array.from({ length: CREW_COUNT }, (_, number) =>
    entry(`crew${number}`, [`cn: ${crewName(number)}`, 'sn: Hand', `mail: crew${number}@example.org`]),
  ),
];

let server: OpenLdap;
const open = (options: Partial<LdapOptions> = {}) =>
  new LdapDirectory({
    url: server.url,
    startTls: false,
    checkCertificates: true,
    bind: { dn: BIND_DN, password: BIND_PASSWORD },
    baseDn: BASE_DN,
    filter: '(objectClass=person)',
    timeoutMs: 5_000,
    ...options,
  });

beforeAll(async () => {
  server = await OpenLdap.start(PEOPLE);
});
afterAll(() => server.stop());

describeDirectoryContract('OpenLDAP', async () => {
  const directory = open();
  return { directory, stop: () => directory.close() };
});

describe('the directory by LDAP', () => {
  it('takes the filter of the configuration', async () => {
    const directory = open({ filter: '(&(objectClass=person)(!(uid=ada)))' });
    expect(await directory.find({ words: 'ada', limit: 5 })).toEqual([]);
    await directory.close();
  });

  it('says of a filter that is none that it is none', () => {
    expect(() => open({ filter: '(uid=' })).toThrow(/The filter '\(uid=' of the directory is none/);
  });

  it.each([
    ['a wrong password', { bind: { dn: BIND_DN, password: 'wrong' } }],
    ['nobody signed in where that is asked', { bind: { dn: '', password: '' } }],
    ['a base that is not there', { baseDn: 'dc=elsewhere,dc=example' }],
    ['a port where nobody listens', { url: 'ldap://127.0.0.1:1' }],
    ['encryption where there is none', { startTls: true }],
  ])('%s: unavailable, with what to check', async (_, options) => {
    const directory = open(options);
    await expect(directory.find({ words: 'ada', limit: 5 })).rejects.toMatchObject({
      code: 'unavailable',
      remedy: expect.stringContaining('directory') as string,
    });
    await directory.close();
  });

  it('goes on when the server went away and came back', async () => {
    const directory = open();
    const find = () => directory.find({ words: 'ada', limit: 5 });
    expect(await find()).toHaveLength(1);
    await server.pause();
    await expect(find()).rejects.toMatchObject({ code: 'unavailable' });
    await server.resume();
    expect(await find()).toHaveLength(1);
    await directory.close();
  });

  it('answers many at once over one connection', async () => {
    const directory = open();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, number) => directory.find({ words: crewName(number), limit: 5 })),
    );
    expect(answers.map(([it]) => it?.displayName)).toEqual(Array.from({ length: 20 }, (_, it) => crewName(it)));
    await directory.close();
  });
});

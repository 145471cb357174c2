// Everything beside Sync that a phone does with mail, over HTTP, at every version, with a policy that it must accept first.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  composeMail,
  DeviceClient,
  type DeviceClientOptions,
  FolderType,
  itemText,
} from '../../lib/activesync/client/index.ts';
import { PROTOCOL_VERSIONS } from '../../lib/activesync/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { type CaravanServer, startServer } from '../../lib/server/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { makeRoot, openAs, PASSWORDS, startSystem, type UserName } from '../backends/folders/setup.ts';
import { CheckedResponses } from '../support/checked-responses.ts';

const PDF = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7) % 256));

let directory: string;
let mailRoot: string;
let server: CaravanServer;
const responses = new CheckedResponses();
const devices: DeviceClient[] = [];

beforeAll(async () => {
  mailRoot = await makeRoot();
  directory = await mkdtemp(join(tmpdir(), 'caravan-commands-'));
  const flags = {
    'listen-host': '127.0.0.1',
    'listen-port': '0',
    'listen-tls': 'off',
    data: join(directory, 'data'),
    'mail-kind': 'folders',
    'mail-root': mailRoot,
    'mail-domain': 'example.org',
    'policy-requirement': 'required',
    'policy-settings-device-password-enabled': 'true',
    'policy-settings-min-device-password-length': '6',
    'limits-requests-per-minute': '0',
    'devices-max-per-user': '100',
    'log-level': 'silent',
  };
  server = await startServer(loadConfiguration({ directory, flags }), { log: silentLog });
  const mail = await startSystem({ root: mailRoot });
  const ada = await openAs(mail.system, 'ada');
  for (const version of PROTOCOL_VERSIONS) {
    const message = await composeMail({
      from: 'Bob Moss <bob@example.org>',
      to: 'ada@example.org',
      subject: `Plans for ${version}`,
      text: `Here are the plans for ${version}.`,
      attachments: [{ filename: 'plan.pdf', contentType: 'application/pdf', content: PDF }],
    });
    await ada.append('INBOX', message, { flags: [] });
  }
  await mail.stop();
});

afterAll(async () => {
  for (const device of devices) device.close();
  await server.stop();
  await rm(directory, { recursive: true, force: true });
  await rm(mailRoot, { recursive: true, force: true });
  process.stdout.write(`${responses.finish()}\n`);
});

function device(user: UserName, options: Partial<DeviceClientOptions>): DeviceClient {
  const made = new DeviceClient({
    url: server.url,
    user,
    password: PASSWORDS[user],
    deviceId: `COMMANDS${devices.length}`,
    deviceType: 'TestPhone',
    onExchange: responses.onExchange,
    ...options,
  });
  devices.push(made);
  return made;
}

describe.each(PROTOCOL_VERSIONS)('at %s', (version) => {
  it('a device that was not provisioned is refused, and provisions itself', async () => {
    const stubborn = device('ada', { version, provisions: false });
    await expect(stubborn.folderSync()).rejects.toThrow();
    const phone = device('ada', { version });
    await phone.folderSync();
    expect(phone.state.policyKey).toMatch(/^[1-9]\d*$/);
    expect(await phone.provision()).toMatchObject({ DevicePasswordEnabled: '1', MinDevicePasswordLength: '6' });
  });

  it('what is searched for is found, fetched whole, and its attachment brought in one piece and in ranges', async () => {
    const phone = device('ada', { version });
    const { found } = await phone.search({ text: `Plans for ${version}` });
    const subjects = found.map((it) => itemText(it.item, 'Email:Subject'));
    expect(subjects).toContain(`Plans for ${version}`);
    const longId = found[subjects.indexOf(`Plans for ${version}`)]?.longId;
    const item = await phone.fetchItem({ longId, bodyPreferences: [{ type: 1 }] });
    expect(JSON.stringify(item)).toContain(`Here are the plans for ${version}.`);

    const reference = /\["AirSyncBase:FileReference","([^"]+)"\]/.exec(JSON.stringify(item))?.[1] ?? '';
    for (const multipart of [false, true]) {
      const whole = await phone.fetchAttachment({ fileReference: reference, multipart });
      expect(PDF.equals(whole.bytes)).toBe(true);
      const range = await phone.fetchAttachment({
        fileReference: reference,
        multipart,
        range: { first: 100, last: 199 },
      });
      expect([range.range, range.total, PDF.subarray(100, 200).equals(range.bytes)]).toEqual(['100-199', 5000, true]);
    }
    if (version === '12.1') expect(PDF.equals((await phone.getAttachment(reference)).bytes)).toBe(true);
    if (version === '16.1') {
      const seen = await phone.find({ searchId: 'A1', text: `subject:plans ${version}` });
      expect(seen.found.map((it) => itemText(it.item, 'Email:Subject'))).toContain(`Plans for ${version}`);
    }
  });

  it('what is found is answered and forwarded, and the other user has it', async () => {
    const phone = device('ada', { version });
    const { found } = await phone.search({ text: `Here are the plans for ${version}` });
    const longId = found[0]?.longId ?? '';
    const mail = async (subject: string) => ({
      source: { longId },
      mime: await composeMail({ from: 'ada@example.org', to: 'bob@example.org', subject, text: 'See below.' }),
    });
    await phone.smartReply(await mail(`Re: ${version}`));
    await phone.smartForward(await mail(`Fw: ${version}`));

    const bobs = device('bob', { version });
    await bobs.folderSync();
    const inbox = bobs.folder(FolderType.inbox).serverId;
    await bobs.syncAll({ collectionId: inbox, bodyPreferences: [{ type: 1 }] });
    const received = (subject: string) =>
      JSON.stringify(bobs.items(inbox).find((it) => itemText(it, 'Email:Subject') === subject));
    expect(received(`Re: ${version}`)).toContain(`> Here are the plans for ${version}.`);
    expect(received(`Fw: ${version}`)).toContain('plan.pdf');

    const again = await phone.fetchItem({ longId });
    if (version !== '12.1') expect(itemText(again, 'Email2:LastVerbExecuted')).toMatch(/^[123]$/);
  });

  it('the device tells what it is, and hears whose it is', async () => {
    const phone = device('ada', { version });
    await phone.sendInformation({ model: 'One', userAgent: 'Test/1' });
    expect((await phone.userInformation()).emailAddresses).toEqual(['ada@example.org', 'a.lovelace@example.org']);
  });
});

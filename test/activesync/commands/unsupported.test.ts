// Commands that there is nothing behind for this user say so in their own documents, and a device goes on with its mail.
import { describe, expect, it } from 'vitest';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { fakeUser } from './support/fake-user.ts';
import { TestDevice } from './support/test-device.ts';

const device = (version: ProtocolVersion): TestDevice => new TestDevice(fakeUser().user, { version });
const MODERN: readonly ProtocolVersion[] = ['16.1', '16.0', '14.1', '14.0'];

describe.each(MODERN)('At %s', (version) => {
  it('MS-ASCMD_R3807, MS-ASCMD_R5374, MS-ASCMD_R2467, MS-ASCMD_R2470, MS-ASCMD_R5871: MeetingResponse answers every request with 137, with its RequestId where it had one', async () => {
    const reply = await device(version).post(
      'MeetingResponse',
      '<MeetingResponse><Request><UserResponse>1</UserResponse><CollectionId>1</CollectionId><RequestId>1:5</RequestId></Request>' +
        '<Request><UserResponse>1</UserResponse><search:LongId>L.1:6</search:LongId></Request></MeetingResponse>',
    );
    expect(reply.xml).toBe(
      '<MeetingResponse><Result><RequestId>1:5</RequestId><Status>137</Status></Result><Result><Status>137</Status></Result></MeetingResponse>',
    );
  });

  it('ResolveRecipients and ValidateCert are 137', async () => {
    expect(
      (await device(version).post('ResolveRecipients', '<ResolveRecipients><To>bob</To></ResolveRecipients>')).xml,
    ).toBe('<ResolveRecipients><Status>137</Status></ResolveRecipients>');
    expect((await device(version).post('ValidateCert', '<ValidateCert/>')).xml).toBe(
      '<ValidateCert><Status>137</Status></ValidateCert>',
    );
  });
});

describe('At 12.1, which has no common statuses', () => {
  it('each has its own word for a server that cannot', async () => {
    expect(
      (
        await device('12.1').post(
          'MeetingResponse',
          '<MeetingResponse><Request><RequestId>1:5</RequestId></Request></MeetingResponse>',
        )
      ).xml,
    ).toBe('<MeetingResponse><Result><RequestId>1:5</RequestId><Status>4</Status></Result></MeetingResponse>');
    expect(
      (await device('12.1').post('ResolveRecipients', '<ResolveRecipients><To>bob</To></ResolveRecipients>')).xml,
    ).toBe('<ResolveRecipients><Status>6</Status></ResolveRecipients>');
    expect((await device('12.1').post('ValidateCert', '<ValidateCert/>')).xml).toBe(
      '<ValidateCert><Status>17</Status></ValidateCert>',
    );
  });
});

it('a MeetingResponse without a request is none', async () => {
  expect((await device('16.1').post('MeetingResponse', '<MeetingResponse/>')).xml).toBe(
    '<MeetingResponse><Result><Status>2</Status></Result></MeetingResponse>',
  );
});

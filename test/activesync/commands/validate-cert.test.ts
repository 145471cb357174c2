// ValidateCert (MS-ASCMD 2.2.1.22) on certificates made here: each fault that a chain can have, and none.
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import { certificateCheck } from '../../../lib/backends/index.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeUser } from './support/fake-user.ts';
import { type Reply, TestDevice } from './support/test-device.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 26);

interface Issued {
  readonly cert: string;
  readonly private: string;
}

interface Made {
  readonly isAuthority?: boolean;
  /** Default: what the key may be used for is said. */
  readonly saysUsage?: boolean;
  readonly purpose?: 'emailProtection' | 'serverAuth';
  readonly from?: number;
  readonly to?: number;
}

const issue = (name: string, issuer: Issued | undefined, made: Made = {}): Promise<Issued> => {
  const { isAuthority = false, saysUsage = true, purpose, from = NOW - DAY_MS, to = NOW + DAY_MS } = made;
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(to),
    extensions: [
      { name: 'basicConstraints', cA: isAuthority, critical: true },
      ...(saysUsage ? [{ name: 'keyUsage' as const, digitalSignature: true, keyCertSign: isAuthority }] : []),
      ...(purpose ? [{ name: 'extKeyUsage' as const, [purpose]: true }] : []),
    ],
    ...(issuer && { ca: { key: issuer.private, cert: issuer.cert } }),
  });
};
const der = ({ cert }: Issued) => new X509Certificate(cert).raw.toString('base64');

let root: Issued;
let middle: Issued;
let good: Issued;
beforeAll(async () => {
  root = await issue('The root', undefined, { isAuthority: true });
  middle = await issue('The middle', root, { isAuthority: true });
  good = await issue('ada@example.org', middle, { purpose: 'emailProtection' });
});

const validate = (certificates: readonly string[], chain: readonly string[] = [], more = ''): Promise<Reply> => {
  const list = (tag: string, values: readonly string[]) =>
    `<${tag}>${values.map((it) => `<Certificate>${it}</Certificate>`).join('')}</${tag}>`;
  const phone = new TestDevice(fakeUser().user, {
    certificates: certificateCheck(new ManualClock(NOW), [root.cert]),
  });
  return phone.post(
    'ValidateCert',
    `<ValidateCert>${list('CertificateChain', chain)}${list('Certificates', certificates)}${more}</ValidateCert>`,
  );
};
const verdict = (...statuses: readonly number[]) =>
  `<ValidateCert><Status>1</Status>${statuses.map((it) => `<Certificate><Status>${it}</Status></Certificate>`).join('')}</ValidateCert>`;

describe('ValidateCert', () => {
  it('MS-ASCMD_R4727, MS-ASCMD_R2923, MS-ASCMD_R2924, MS-ASCMD_R2925, MS-ASCMD_R2926, MS-ASCMD_R1119, MS-ASCMD_R1120, MS-ASCMD_R1121, MS-ASCMD_R1122, MS-ASCMD_R4469, MS-ASCMD_R2771, MS-ASCMD_R2772, MS-ASCMD_R2773, MS-ASCMD_R2774, MS-ASCMD_R5387, MS-ASCMD_R5389, MS-ASCMD_R4474: a path to an authority that is trusted', async () => {
    expect((await validate([der(good)], [der(middle)])).xml).toBe(verdict(1));
    expect((await validate([der(good), der(good)], [der(root), der(middle)])).xml).toBe(verdict(1, 1));
  });

  it('MS-ASCMD_R4479: a signature that is not of who is named is 3', async () => {
    const other = await issue('The root', undefined, { isAuthority: true });
    const forged = await issue('eve@example.org', other);
    expect((await validate([der(forged)])).xml).toBe(verdict(3));
  });

  it('nobody known at the end of the path, or no path, is 4', async () => {
    const alone = await issue('eve@example.org', undefined);
    expect((await validate([der(alone), der(good)])).xml).toBe(verdict(4, 4));
  });

  it('for servers and not for mail is 6', async () => {
    const server = await issue('www.example.org', middle, { purpose: 'serverAuth' });
    expect((await validate([der(server)], [der(middle)])).xml).toBe(verdict(6));
  });

  it('expired, and not valid yet, is 7', async () => {
    const past = await issue('past', root, { from: NOW - 2 * DAY_MS, to: NOW - DAY_MS });
    const future = await issue('future', root, { from: NOW + DAY_MS, to: NOW + 2 * DAY_MS });
    expect((await validate([der(past), der(future)])).xml).toBe(verdict(7, 7));
  });

  it('issued by who has expired since is 8', async () => {
    const past = await issue('Past', root, { isAuthority: true, to: NOW - 1 });
    const child = await issue('child', past);
    expect((await validate([der(child)], [der(past)])).xml).toBe(verdict(8));
  });

  it('issued by who is no authority is 11, and by whose key may not sign certificates is 4: it is no path', async () => {
    const person = await issue('Person', middle, { saysUsage: false });
    const child = await issue('child', person);
    expect((await validate([der(child)], [der(person), der(middle)])).xml).toBe(verdict(11));
    const other = await issue('other', good);
    expect((await validate([der(other)], [der(good), der(middle)])).xml).toBe(verdict(4));
  });

  it.each(['AAAA', 'no base64 at all', ''])('%j is no certificate: 10', async (value) => {
    expect((await validate([value])).xml).toBe(verdict(10));
  });

  it('whether it was revoked is not known: 16 where that is asked, and what is wrong besides comes first', async () => {
    expect((await validate([der(good)], [der(middle)], '<CheckCrl>1</CheckCrl>')).xml).toBe(verdict(16));
    expect((await validate([der(good)], [der(middle)], '<CheckCrl>0</CheckCrl>')).xml).toBe(verdict(1));
    expect((await validate([der(good)], [], '<CheckCrl>1</CheckCrl>')).xml).toBe(verdict(4));
  });

  it('MS-ASCMD_R5662: none, and more than a hundred, are 2', async () => {
    const refused = '<ValidateCert><Status>2</Status></ValidateCert>';
    expect((await validate([])).xml).toBe(refused);
    expect((await validate(Array<string>(101).fill('AAAA'))).xml).toBe(refused);
  });
});

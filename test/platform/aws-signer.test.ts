/** Signatures, by the examples that AWS publishes (its Signature Version 4 test suite). */
import { describe, expect, it } from 'vitest';
// What is tested here is not for other rooms.
import { AwsSigner } from '../../lib/platform/aws-signer.ts';

const SESSION_TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/' +
  'qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7Z' +
  'D0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==';

describe('AwsSigner', () => {
  const unsigned = {
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
    region: 'us-east-1',
    path: '/',
    time: new Date('2015-08-30T12:36:00Z'),
    headers: { host: 'example.amazonaws.com' },
    body: new Uint8Array(0),
  };
  const signatureOf = (headers: Readonly<Record<string, string>>) => headers['authorization']?.split('Signature=')[1];

  it('signs as post-vanilla says, however often', () => {
    const signer = new AwsSigner('service');
    for (let time = 0; time < 2; time++) {
      expect(signer.sign(unsigned)).toEqual({
        host: 'example.amazonaws.com',
        'x-amz-date': '20150830T123600Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
          'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
      });
    }
  });

  it('signs as post-sts-header-before says: with the token of a session', () => {
    const credentials = { ...unsigned.credentials, sessionToken: SESSION_TOKEN };
    const signed = new AwsSigner('service').sign({ ...unsigned, credentials });
    expect(signatureOf(signed)).toBe('85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead');
    expect(signed['x-amz-security-token']).toBe(SESSION_TOKEN);
  });

  it('makes another key on another day, and for another secret', () => {
    const signer = new AwsSigner('service');
    const first = signatureOf(signer.sign(unsigned));
    const next = { ...unsigned, time: new Date('2015-08-31T12:36:00Z') };
    expect(signatureOf(signer.sign(next))).toBe(signatureOf(new AwsSigner('service').sign(next)));
    const other = { ...unsigned, credentials: { ...unsigned.credentials, secretAccessKey: 'another' } };
    expect(signatureOf(signer.sign(other))).toBe(signatureOf(new AwsSigner('service').sign(other)));
    expect(signatureOf(signer.sign(unsigned))).toBe(first);
  });
});

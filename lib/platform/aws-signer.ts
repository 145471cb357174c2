/**
 * AWS Signature Version 4 of a request that is one body, without a query
 * (docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). The key of a day is kept.
 */
import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export interface Unsigned {
  readonly credentials: AwsCredentials;
  readonly region: string;
  readonly path: string;
  readonly time: Date;
  /** By lower-case name; all are signed. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

interface DayKey {
  readonly secret: string;
  readonly scope: string;
  /** As an object: a signature with bytes, which are made one each time, takes five times as long. */
  readonly key: KeyObject;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';
const REQUEST = 'aws4_request';

export class AwsSigner {
  readonly #service: string;
  #dayKey: DayKey | undefined;

  constructor(service: string) {
    this.#service = service;
  }

  /** The headers to send. */
  sign({ credentials, region, path, time, headers, body }: Unsigned): Record<string, string> {
    const stamp = time.toISOString().replace(/[-:]|\.\d{3}/g, '');
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const signed: Record<string, string> = { ...headers, 'x-amz-date': stamp };
    if (sessionToken) signed['x-amz-security-token'] = sessionToken;
    const names = Object.keys(signed).toSorted();
    const canonicalHeaders = names.map((name) => `${name}:${signed[name]}\n`).join('');
    const list = names.join(';');
    const canonical = `POST\n${path}\n\n${canonicalHeaders}\n${list}\n${hash('sha256', body, 'hex')}`;
    const scope = `${stamp.slice(0, 8)}/${region}/${this.#service}/${REQUEST}`;
    const text = `${ALGORITHM}\n${stamp}\n${scope}\n${hash('sha256', canonical, 'hex')}`;
    const signature = createHmac('sha256', this.#keyOf(scope, secretAccessKey)).update(text).digest('hex');
    const credential = `Credential=${accessKeyId}/${scope}`;
    signed['authorization'] = `${ALGORITHM} ${credential}, SignedHeaders=${list}, Signature=${signature}`;
    return signed;
  }

  #keyOf(scope: string, secret: string): KeyObject {
    const known = this.#dayKey;
    if (known?.scope === scope && known.secret === secret) return known.key;
    const mac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
    const key = createSecretKey(scope.split('/').reduce<string | Buffer>(mac, `AWS4${secret}`) as Buffer);
    this.#dayKey = { secret, scope, key };
    return key;
  }
}

/** The way to the collector: OTLP over HTTP (opentelemetry.io/docs/specs/otlp), signed where it is AWS that takes the spans. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type AwsCredentials, AwsSigner, type Clock } from '../../platform/index.ts';

export interface SpanSenderOptions {
  /** With its path: `http://127.0.0.1:4318/v1/traces`. */
  readonly endpoint: string;
  /** Signs for X-Ray. Undefined: nobody asks who sends. */
  readonly aws?: { readonly region: string; readonly credentials: () => Promise<AwsCredentials> } | undefined;
  readonly clock: Clock;
}

const SERVICE = 'xray';
/** Of what a collector says instead of taking them. */
const SHOWN_CHARACTERS = 200;
const compress = promisify(gzip);

/** Rejects where the collector is not there, or takes none or not all of it. */
export function spanSender({ endpoint, aws, clock }: SpanSenderOptions) {
  const url = new URL(endpoint);
  const signer = new AwsSigner(SERVICE);
  return async (spans: Buffer, signal: AbortSignal): Promise<void> => {
    const body = await compress(spans);
    const plain = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const headers = aws
      ? signer.sign({
          credentials: await aws.credentials(),
          region: aws.region,
          path: url.pathname,
          time: new Date(clock.now()),
          headers: { ...plain, host: url.host },
          body,
        })
      : plain;
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    const said = await response.text();
    if (!response.ok) throw new Error(`it answered ${response.status} ${said.slice(0, SHOWN_CHARACTERS)}`.trim());
    const rejected = rejectedIn(said);
    if (rejected !== undefined) throw new Error(`it rejected spans: ${rejected}`);
  };
}

/** Why some were not taken, if some were not ("Partial Success"). */
function rejectedIn(said: string): string | undefined {
  try {
    const { partialSuccess } = JSON.parse(said) as {
      readonly partialSuccess?: { readonly rejectedSpans?: string | number; readonly errorMessage?: string };
    };
    const count = Number(partialSuccess?.rejectedSpans ?? 0);
    return count > 0 ? `${count}, ${(partialSuccess?.errorMessage ?? '').slice(0, SHOWN_CHARACTERS)}` : undefined;
  } catch {
    return undefined;
  }
}

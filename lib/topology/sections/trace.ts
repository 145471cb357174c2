import { decimal, optional, section, text, whole, withDefault, yesOrNo } from '../setting.ts';

/** What requests cost, and where, across front and owner: spans for a collector that speaks OTLP. */
export const traceSection = section({
  endpoint: optional(
    text({
      about: 'Where traces are sent: a collector that takes OTLP over HTTP, as JSON.',
      expected: "a URL such as 'http://127.0.0.1:4318/v1/traces'",
      matches: /^https?:\/\/[^/?#\s@]+\/[^?#\s]+$/,
      otherwise: 'X-Ray in `trace.awsRegion`; without that either, nothing is traced',
    }),
  ),
  awsRegion: optional(
    text({
      about:
        'The region of AWS whose X-Ray takes the traces; what is sent is signed for it, with the credentials of the environment, the profile or the role.',
      expected: "a region such as 'eu-central-1'",
      matches: /^[a-z]{2}(-[a-z]+)+-\d$/,
      otherwise: 'nothing is signed',
    }),
  ),
  ratio: withDefault(
    decimal({
      about: 'The share of requests that are traced. Those that fail or are slow are, whatever it is.',
      least: 0,
      most: 1,
    }),
    0.01,
  ),
  slowMs: withDefault(
    whole({
      about: 'What takes longer is slow. The time in which a device waits for news does not count.',
      least: 1,
      most: 600_000,
      unit: 'milliseconds',
    }),
    3_000,
  ),
  believeTraceparent: withDefault(
    yesOrNo({
      about:
        'Whether a `traceparent` that comes through a trusted proxy is believed: its trace, and whether that is kept. Only where the proxy makes it ' +
        'itself: most pass on what a device sends, an AWS load balancer too. Of `X-Amzn-Trace-Id` the `Root` is taken from every trusted proxy.',
    }),
    false,
  ),
});

import { optional, section, text, whole, withDefault } from '../setting.ts';

/** Where sent mail waits that cannot be handed on soon: a queue, and a function that works through it. */
export const outboxSection = section({
  queueUrl: optional(
    text({
      about:
        'The SQS queue in which a message waits that the submission server does not take now, or not soon: the device is told ' +
        "that it is sent. Only where submission does not need the user's own password (`mail.smtp.authentication` is `account` or `none`).",
      expected: "the URL of a queue, such as 'https://sqs.eu-central-1.amazonaws.com/123456789012/outbox'",
      matches: /^https?:\/\/[^?#\s@]+$/,
      otherwise: 'the device keeps the message and is asked to try again',
    }),
  ),
  bucket: optional(
    text({
      about: 'The S3 bucket for messages that are too large for the queue; without one those are not queued.',
      expected: 'the name of a bucket',
      matches: /^[a-z0-9][a-z0-9.-]{2,62}$/,
    }),
  ),
  patienceSeconds: withDefault(
    whole({
      about: 'After so long without an answer of the submission server a message is queued.',
      least: 1,
      most: 60,
      unit: 'seconds',
    }),
    5,
  ),
});

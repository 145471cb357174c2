import { choice, optional, section, text, withDefault } from '../setting.ts';

/** Where what must survive a server is kept. Which settings belong together: check-together.ts. */
export const storeSection = section({
  kind: withDefault(
    choice(['sqlite', 'dynamodb'], {
      about:
        '`sqlite` is a database in `data`, for a server alone; `dynamodb` is a table that the servers of a pool share. ' +
        'Credentials are found as the AWS tools find them: `AWS_…` variables, the profile, the role of the task or machine.',
    }),
    'sqlite',
  ),
  table: optional(
    text({
      about: 'The name of the table, with `dynamodb`.',
      expected: 'a name of 3 to 255 letters, digits, dots, dashes and underscores',
      matches: /^[A-Za-z0-9_.-]{3,255}$/,
    }),
  ),
  region: optional(text({ about: 'Its region.', otherwise: "the environment's or the profile's" })),
  endpoint: optional(
    text({
      about:
        'The address of a DynamoDB of your own, or of a VPC endpoint. With `http:` it counts as a stand-in, which is sent no credentials of this machine.',
      expected: "a URL such as 'http://127.0.0.1:8000'",
      matches: /^https?:\/\/[^/?#\s@]+\/?$/,
      otherwise: "the service's own",
    }),
  ),
});

/** How administrators reach the servers (docs/devices.md, docs/operations-aws.md): a port open to their networks alone, and a token. */
import { CfnOutput, Validations } from 'aws-cdk-lib';
import { Peer, Port, type SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { ADMINISTRATION_PORT, type PlaceTopology } from '../topology/index.ts';

const TOKEN_CHARACTERS = 43;

export class Administration extends Construct {
  /** What servers are given, by their variables. */
  readonly secrets: Readonly<Record<string, ISecret>>;

  /** Of the servers of `group`. */
  constructor(scope: Construct, id: string, props: NonNullable<PlaceTopology['administration']> & Group) {
    super(scope, id);
    const token = new Secret(this, 'Token', {
      description: 'What administrators show to the servers: docs/operations-aws.md, Administer',
      generateSecretString: { passwordLength: TOKEN_CHARACTERS, excludePunctuation: true },
    });
    Validations.of(token).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'It is changed by a new value and a new deployment: docs/operations-aws.md.',
    });
    for (const network of props.from)
      props.group.addIngressRule(Peer.ipv4(network), Port.tcp(ADMINISTRATION_PORT), 'from administrators');
    this.secrets = { CARAVAN_ADMINISTRATION_TOKEN: token };
    new CfnOutput(scope, 'AdministrationToken', { value: token.secretArn });
  }
}

interface Group {
  readonly group: SecurityGroup;
}

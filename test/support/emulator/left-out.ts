/**
 * What the emulator cannot hold, and why: taken out of the templates before they are deployed into it, and nothing else. Types
 * that moto does not know it would pass over in silence; here they are named, so that a type that comes new is found. Some of what
 * stays moto makes without all of its properties: a table's expiry and backups, a load balancer's attributes. Those are looked at in
 * the templates alone (test/stacks).
 */
export interface Template {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, unknown>;
}

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: string | readonly string[];
  readonly Properties?: Record<string, unknown>;
}

const UNKNOWN = "moto's CloudFormation does not know it";

/** By type. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'AWS::ApplicationAutoScaling::ScalableTarget': UNKNOWN,
  'AWS::ApplicationAutoScaling::ScalingPolicy': UNKNOWN,
  'AWS::CloudWatch::Alarm': UNKNOWN,
  'AWS::EC2::FlowLog': 'moto fails (IndexError) on one that goes to a bucket and has tags',
  'AWS::EC2::SecurityGroupEgress': UNKNOWN,
  'AWS::Logs::QueryDefinition': UNKNOWN,
  'AWS::S3::BucketPolicy': UNKNOWN,
  'AWS::SecretsManager::Secret': UNKNOWN,
  'AWS::SNS::Subscription': UNKNOWN,
  'AWS::SNS::TopicPolicy': UNKNOWN,
  'AWS::SQS::QueuePolicy': UNKNOWN,
  'AWS::WAFv2::WebACL': UNKNOWN,
  'AWS::WAFv2::WebACLAssociation': UNKNOWN,
};

/** Properties, by type. */
export const PROPERTIES_LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::KMS::Key': { Tags: "moto wants a key's tags as `TagKey` and `TagValue`, as the API of KMS has them" },
};

/** What `Fn::GetAtt` asks of resources that stay, by type. */
export const ATTRIBUTES_LEFT_OUT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'AWS::EFS::FileSystem': { Arn: "moto's file systems have no attributes" },
  'AWS::ElasticLoadBalancingV2::TargetGroup': { TargetGroupFullName: "moto's target groups have no attributes" },
};

/**
 * moto knows no table that may have replicas (`AWS::DynamoDB::GlobalTable`): it is made as the table of its own region alone. What is
 * said of replicas is looked at in the templates.
 */
function withoutReplicas(resource: Resource): Resource {
  if (resource.Type !== 'AWS::DynamoDB::GlobalTable') return resource;
  const { Replicas, SSESpecification, ...properties } = resource.Properties ?? {};
  const [replica = {}] = Replicas as readonly Record<string, unknown>[];
  const { DeletionProtectionEnabled, PointInTimeRecoverySpecification } = replica;
  return {
    ...resource,
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      ...properties,
      DeletionProtectionEnabled,
      PointInTimeRecoverySpecification,
      SSESpecification: { ...(SSESpecification as object), ...(replica['SSESpecification'] as object | undefined) },
    },
  };
}

const ROUTES = 'moto never takes the routes of a subnet away, and refuses to delete what has any';

/** What cannot be deleted, and so is left behind when a stack is destroyed. */
export const LEFT_BEHIND: Readonly<Record<string, string>> = {
  'AWS::EC2::RouteTable': ROUTES,
  'AWS::EC2::SubnetRouteTableAssociation': ROUTES,
  'AWS::EC2::VPC': ROUTES,
};

/** Where a resource that stays names one that is left out, the name of nothing stands. */
export function fitEmulator(template: Template): Template {
  const all = Object.entries(template.Resources);
  const out = new Set(all.filter(([, { Type }]) => LEFT_OUT[Type] !== undefined).map(([id]) => id));
  const fit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(fit);
    if (typeof value !== 'object' || value === null) return value;
    const { Ref, 'Fn::GetAtt': attribute } = value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] };
    const named = Ref ?? attribute?.[0];
    const left = ATTRIBUTES_LEFT_OUT[template.Resources[attribute?.[0] ?? '']?.Type ?? ''];
    if (named !== undefined && (out.has(named) || left?.[attribute?.[1] ?? ''] !== undefined))
      return `arn:aws:left-out:us-east-1:123456789012:${named}`;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fit(inner)]));
  };
  const Resources = Object.fromEntries(
    Object.entries(template.Resources)
      .filter(([id]) => !out.has(id))
      .map(([id, resource]) => [
        id,
        fit(leftBehind(withoutProperties(withoutReplicas(withoutDependencies(resource, out))))) as Resource,
      ]),
  );
  return { ...template, Resources, ...(template.Outputs && { Outputs: fit(template.Outputs) as Template['Outputs'] }) };
}

function withoutProperties(resource: Resource): Resource {
  const left = PROPERTIES_LEFT_OUT[resource.Type];
  if (!left || !resource.Properties) return resource;
  const Properties = Object.fromEntries(Object.entries(resource.Properties).filter(([name]) => !(name in left)));
  return { ...resource, Properties };
}

function withoutDependencies({ DependsOn, ...resource }: Resource, out: ReadonlySet<string>): Resource {
  const kept = [DependsOn ?? []].flat().filter((id) => !out.has(id));
  return kept.length === 0 ? resource : { ...resource, DependsOn: kept };
}

const leftBehind = (resource: Resource): Resource =>
  LEFT_BEHIND[resource.Type] === undefined ? resource : { ...resource, DeletionPolicy: 'Retain' };

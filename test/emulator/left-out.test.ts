// What the emulator cannot hold is taken out of templates, and nothing else.
import { describe, expect, it } from 'vitest';
import { fitEmulator } from '../support/emulator/left-out.ts';

describe('what is taken out of a template for the emulator', () => {
  const { Resources } = fitEmulator({
    Resources: {
      Table: { Type: 'AWS::DynamoDB::Table', DependsOn: ['Alarm'], Properties: { Name: { Ref: 'Key' } } },
      Alarm: { Type: 'AWS::CloudWatch::Alarm' },
      Page: { Type: 'AWS::CloudWatch::Dashboard', DependsOn: ['Alarm', 'Table'], Properties: { A: { Ref: 'Alarm' } } },
      Group: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup' },
      Key: { Type: 'AWS::KMS::Key', Properties: { Tags: [], EnableKeyRotation: true } },
      Other: { Type: 'X', Properties: { A: [{ 'Fn::GetAtt': ['Group', 'TargetGroupFullName'] }] } },
    },
  });

  it('is what the list names, and what stays refers to nothing of it', () => {
    const nothing = (id: string) => `arn:aws:left-out:us-east-1:123456789012:${id}`;
    expect(Resources).toEqual({
      Table: { Type: 'AWS::DynamoDB::Table', Properties: { Name: { Ref: 'Key' } } },
      Page: { Type: 'AWS::CloudWatch::Dashboard', DependsOn: ['Table'], Properties: { A: nothing('Alarm') } },
      Group: { Type: 'AWS::ElasticLoadBalancingV2::TargetGroup' },
      Key: { Type: 'AWS::KMS::Key', Properties: { EnableKeyRotation: true } },
      Other: { Type: 'X', Properties: { A: [nothing('Group')] } },
    });
  });
});

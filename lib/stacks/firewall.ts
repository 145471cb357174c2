/** A web application firewall that refuses who asks too often. Rules about bodies and headers are left out: they are WBXML, and large. */
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface FirewallProps {
  readonly loadBalancer: ApplicationLoadBalancer;
  /** From one address; beyond, it is answered 429 until it asks less. */
  readonly requestsPerFiveMinutes: number;
}

const visible = (metricName: string) => ({
  cloudWatchMetricsEnabled: true,
  metricName,
  sampledRequestsEnabled: true,
});

export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { loadBalancer, requestsPerFiveMinutes }: FirewallProps) {
    super(scope, id);
    const rules = new CfnWebACL(this, 'Rules', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: visible('Firewall'),
      rules: [
        {
          name: 'rate',
          priority: 0,
          action: { block: { customResponse: { responseCode: 429 } } },
          statement: {
            rateBasedStatement: { aggregateKeyType: 'IP', limit: requestsPerFiveMinutes, evaluationWindowSec: 300 },
          },
          visibilityConfig: visible('FirewallRate'),
        },
      ],
    });
    new CfnWebACLAssociation(this, 'Door', { resourceArn: loadBalancer.loadBalancerArn, webAclArn: rules.attrArn });
  }
}

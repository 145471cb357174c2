// Policies that a test says in a line.
import type { Policies, Policy } from '../../../../lib/activesync/index.ts';

/** Everybody has this policy. `change` gives them another, as a new configuration does. */
export class TestPolicies implements Policies {
  #policy: Policy;

  constructor(policy: Partial<Policy> = {}) {
    this.#policy = { requirement: 'required', digest: 'digest1', settings: {}, ...policy };
  }

  change(policy: Partial<Policy>): void {
    this.#policy = { ...this.#policy, ...policy };
  }

  policyFor(): Policy {
    return this.#policy;
  }

  initialAccess(): 'allowed' {
    return 'allowed';
  }
}

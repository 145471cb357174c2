/** `DEVICE#<id>`: what is known of a device (sync-state.md, Items). */

export interface DeviceRecord {
  readonly id: string;
  readonly user: string;
  readonly type: string;
  readonly userAgent: string | undefined;
  readonly protocolVersion: string | undefined;
  /** The key that the device must send; undefined before it acknowledged a policy. */
  readonly policyKey: string | undefined;
  /** Handed out in the first phase of Provision, not acknowledged yet. */
  readonly pendingPolicyKey: string | undefined;
  /** Of the policy that was acknowledged: a changed policy has another, and the device must provision again. */
  readonly policyDigest: string | undefined;
  readonly access: 'allowed' | 'quarantined' | 'blocked';
  readonly wipe: 'none' | 'pending' | 'sent' | 'done';
  readonly wipeKind: 'device' | 'account' | undefined;
  /** Settings/DeviceInformation: Model, IMEI, FriendlyName, OS, OSLanguage, PhoneNumber, MobileOperator, UserAgent, … */
  readonly information: Readonly<Record<string, string>>;
  /** The recovery password that the device escrowed (Settings/DevicePassword). Never logged. */
  readonly recoveryPassword: string | undefined;
  /** What the last Ping waited for: a Ping without a body goes on with it. */
  readonly ping: { readonly heartbeatSeconds: number; readonly folders: readonly PingFolder[] } | undefined;
  /** Wall clock, milliseconds; written at most once an hour. */
  readonly lastSeen: number;
  readonly firstSeen: number;
}

export interface PingFolder {
  readonly id: string;
  readonly itemClass: string;
}
